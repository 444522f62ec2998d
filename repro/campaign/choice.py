"""Which release a bisection runs next, and why.  Pure: it follows from what was seen."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

from repro.campaign import bisect_words as words
from repro.campaign.belief import best_run
from repro.campaign.bisect_refusal import Refusal
from repro.campaign.seen import Tally
from repro.campaign.view import View, view
from repro.model.case import Repeat
from repro.model.phrase import Said, say
from repro.model.wording import Wording
from repro.stats import clean_runs_needed

#: How likely it should be that the runs of one version that are started at once show the issue.
_AT_ONCE = 0.7
#: The version said to be affected is run until it shows the issue: so often where it is steady;
#: else until an issue of this rate would have shown, this surely.
_TRIES = 3
_RAREST, _SURELY = 0.05, 0.999
#: Without it there is no search: it is tried again where the environment failed.
_SECOND_TRY = 2


@dataclass(frozen=True)
class Asked:
    """What is asked of the releases; ``good`` and ``bad`` by index."""

    versions: Sequence[str]
    good: int | None
    bad: int | None
    repeat: Repeat
    confidence: float
    probes: int
    budget: int
    per_version: int

    @property
    def steady(self) -> bool:
        """Whether the case says, by not asking for several runs, that the issue shows always."""
        return self.repeat.runs == 1

    @property
    def tries(self) -> int:
        """How often the version said to be affected is run until it shows the issue."""
        if self.steady:
            return _TRIES
        return max(self.repeat.runs, clean_runs_needed(_RAREST, _SURELY))


@dataclass(frozen=True)
class Pick:
    """A version that is to be run, how often at once at most, and why."""

    version: int
    why: Said
    copies: int = 1
    probe: bool = False


@dataclass(frozen=True)
class Choice:
    """Where things stand, and what is run next; nothing, where it is found, used up or refused."""

    view: View
    picks: tuple[Pick, ...] = ()
    refusal: Refusal | None = None


def choose(asked: Asked, tallies: Sequence[Tally], probed: Sequence[int]) -> Choice:
    """See where things stand, and choose; ``probed`` are the looks inside that were made."""
    found = view(
        tallies, declared_steady=asked.steady, good=asked.good, confidence=asked.confidence
    )
    if sum(tally.tried for tally in tallies) >= asked.budget:
        return Choice(found)
    chooser = _Chooser(asked, tallies, probed, found)
    if ends := chooser.ends():
        return Choice(found, tuple(ends))
    if refusal := chooser.refusal():
        return Choice(found, refusal=refusal)
    return Choice(found, tuple(chooser.known() if not found.shape.clusters else chooser.next()))


@dataclass(frozen=True)
class _Chooser:
    asked: Asked
    tallies: Sequence[Tally]
    probed: Sequence[int]
    view: View

    def refusal(self) -> Refusal | None:
        """What the ends say against what was asked."""
        good, bad = self.asked.good, self._bad
        if good is not None and self.tallies[good].reproduced:
            swapped = bad is not None and self.tallies[bad].clean
            return Refusal("swapped" if swapped else "good is bad", good)
        if self.view.shape.clusters:
            return None
        if bad is None:
            return Refusal("both ends clean")
        if self.tallies[bad].skipped and self.tallies[bad].tried >= _SECOND_TRY:
            return Refusal("bad cannot be run", bad)
        return Refusal("bad is good", bad) if self.tallies[bad].runs >= self.asked.tries else None

    @property
    def _bad(self) -> int | None:
        """An issue that comes and goes is looked for in the newest, where none is named."""
        if self.asked.bad is None and not self.asked.steady:
            return len(self.tallies) - 1
        return self.asked.bad

    def ends(self) -> list[Pick]:
        """The two ends come first."""
        last, good, bad = len(self.asked.versions) - 1, self.asked.good, self.asked.bad
        return [
            Pick(index, words.end(oldest=index == 0, good=index == good, bad=index == bad))
            for index in (0, last)
            if not self.tallies[index].looked_at
        ]

    def known(self) -> list[Pick]:
        """Nothing reproduced so far: the version that is said to."""
        if self._bad is None:
            return []
        tally, named = self.tallies[self._bad], self._bad == self.asked.bad
        return [Pick(self._bad, words.known(tally, named=named), self._copies(2 * _RAREST))]

    def next(self) -> list[Pick]:
        """Towards the boundaries of what is affected."""
        return self._odd() or self._search() or self._probe() or self._confirm()

    def _odd(self) -> list[Pick]:
        """Versions between affected ones that seem to be clean: once more."""
        open_ = {
            index: chance for index, chance in self.view.shape.odd.items() if self._can_run(index)
        }
        if not open_:
            return []
        index = max(open_, key=lambda index: (open_[index], -index))
        return [Pick(index, words.odd(self.tallies[index]), 3 - min(2, self.tallies[index].clean))]

    def _search(self) -> list[Pick]:
        found = self.view
        best: tuple[float, Pick] | None = None
        for search in found.searches:
            if search.settled:
                continue
            outward = search.where.outward
            runnable = [
                found.chances[each] if self.tallies[each].runs < self.asked.per_version else 0.0
                for each in outward
            ]
            run = best_run(search.weights, found.rate, runnable)
            if run and (best is None or run[0] > best[0]):
                why = words.search(found, search, outward[run[1]], self.tallies)
                best = run[0], Pick(outward[run[1]], why, self._copies(found.rate))
        if best is None:
            return []
        return [self._learn_rate(best[1].version) or best[1]]

    def _learn_rate(self, index: int) -> Pick | None:
        """Clean runs weigh as much as the rate is known: as many runs where the issue is sure."""
        shown = [each for each, tally in enumerate(self.tallies) if tally.reproduced]
        sure = sum(self.tallies[each].runs for each in shown)
        if self.view.steady or sure >= self.tallies[index].clean:
            return None
        able = [each for each in shown if self._can_run(each)]
        if not able:
            return None
        best = max(able, key=lambda each: (self.tallies[each].reproduced, -each))
        return Pick(best, words.learn(self.view.rate), self._copies(self.view.rate))

    def _can_run(self, index: int) -> bool:
        tally = self.tallies[index]
        return not tally.skipped and tally.runs < self.asked.per_version

    def _copies(self, rate: float) -> int:
        if self.view.steady or rate >= _AT_ONCE:
            return 1
        return math.ceil(math.log(1 - _AT_ONCE) / math.log(1 - rate))

    def _probe(self) -> list[Pick]:
        """A look at where nobody looked, once the searches are through."""
        if not all(search.settled for search in self.view.searches):
            return []
        for index in self.probed:
            if self._wants_more(index):
                return [
                    Pick(index, say(Wording.PROBE_AGAIN), self._copies(self.view.rate), probe=True)
                ]
        if len(self.probed) >= self.asked.probes:
            return []
        stretch = self.view.unlooked(self.tallies)
        if stretch is None:
            return []
        older, newer = (self.asked.versions[index] for index in stretch)
        why = words.probe(older, newer, affected=self.view.affected(stretch[0]))
        return [Pick(sum(stretch) // 2, why, self._copies(self.view.rate), probe=True)]

    def _wants_more(self, index: int) -> bool:
        tally = self.tallies[index]
        enough = 1 if self.view.steady else clean_runs_needed(self.view.rate)
        return not tally.reproduced and tally.clean < enough and self._can_run(index)

    def _confirm(self) -> list[Pick]:
        """What the bound leaves goes into the clean releases that the answer stands on: an issue
        that comes and goes, undeclared, may show there.
        """
        found = self.view
        beyond = [each.next(each.far) for each in found.searches if each.settled]
        clean = [index for index in beyond if index is not None]
        bound = len(clean) * math.ceil(math.log2(len(self.asked.versions))) + 3
        if not found.steady or sum(each.runs for each in self.tallies) >= bound:
            return []
        once = (index for index in clean if self.tallies[index].clean == 1)
        return [Pick(index, say(Wording.CONFIRM)) for index in itertools.islice(once, 1)]
