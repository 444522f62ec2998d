"""Which release was the first with an issue, and which the first without it again."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, field, replace

from repro.campaign import bisect_words as words
from repro.campaign.bisect_answer import answer
from repro.campaign.bisect_refusal import refuse
from repro.campaign.choice import Asked, choose
from repro.campaign.seen import Tally
from repro.model.bisection import BisectAnswer, BisectStep
from repro.model.campaign import Outcome
from repro.model.case import Repeat
from repro.model.phrase import Said, say
from repro.model.plan import Cell
from repro.model.wording import Wording


@dataclass(eq=False)
class Bisect:
    """Searches the releases for the boundaries of an issue (see `repro.campaign.belief`).

    ``versions`` are all releases in order, the oldest first.  With ``good`` and ``bad`` only the
    boundary between them is searched; ``bad`` alone, or the version of ``base``, is run where
    neither end shows the issue; ``good`` alone is held against that one, or the newest.  An issue
    is steady unless ``repeat`` asks for several runs.  ``confidence`` is wanted of the whole
    answer; ``probes`` are looks at where nobody looked; ``budget`` and ``per_version`` bound the
    runs, in all and of one version.  Raises VersionError for ends that are no releases or the
    same, and for fewer than two releases.

    A steady issue in one stretch, with releases that can all be run, takes at most
    s·ceil(log2 n) + 3 runs for one probe: s boundaries that are searched, n releases.  What that
    leaves is used to run again the clean releases that the answer stands on.
    """

    base: Cell
    versions: Sequence[str]
    _: KW_ONLY
    good: str | None = None
    bad: str | None = None
    repeat: Repeat = field(default_factory=Repeat)
    confidence: float = 0.99
    probes: int = 1
    budget: int = 3000
    per_version: int = 500
    steps: list[BisectStep] = field(default_factory=list)

    def __post_init__(self) -> None:
        bad = self.bad or (self.base.version if self.base.version in self.versions else None)
        if self.good is not None and bad is None:
            bad = self.versions[-1] if self.versions else None
        refuse(self.versions, self.good, bad)
        if self.good is not None and bad is not None:
            ends = sorted(self.versions.index(each) for each in (self.good, bad))
            self.versions = self.versions[ends[0] : ends[1] + 1]
        self._asked = Asked(
            self.versions,
            None if self.good is None else self.versions.index(self.good),
            None if bad is None else self.versions.index(bad),
            self.repeat,
            self.confidence,
            self.probes,
            self.budget,
            self.per_version,
        )
        self._tallies = [Tally() for _ in self.versions]
        self._probed: list[int] = []
        self._running: Counter[int] = Counter()
        self._why: dict[int, Said] = {}
        self._choice = choose(self._asked, self._tallies, self._probed)

    # -- the strategy --------------------------------------------------------------------

    def wanted(self, room: int) -> Sequence[Cell]:
        """The versions that tell most now; one that comes and goes several times at once."""
        cells: list[Cell] = []
        for pick in self._choice.picks:
            copies = min(pick.copies - self._running[pick.version], room - len(cells))
            if copies <= 0:
                continue
            if pick.probe and pick.version not in self._probed:
                self._probed.append(pick.version)
            self._running[pick.version] += copies
            self._why[pick.version] = pick.why
            cells += [self._cell(pick.version)] * copies
        return cells

    def tell(self, outcome: Outcome) -> None:
        """One of the runs has come to its end; one that was replaced says nothing."""
        if not outcome.counted:
            return
        index = self.versions.index(str(outcome.cell.version))
        self._running[index] = max(0, self._running[index] - 1)
        self._tallies[index].add(outcome)
        self._choice = choose(self._asked, self._tallies, self._probed)
        step = BisectStep.made(
            number=len(self.steps) + 1,
            version=self.versions[index],
            why=self._why.get(index, say(Wording.RUN_BEFORE)),
            verdict=outcome.verdict,
            showed=words.showed(self._tallies[index], outcome),
            left=words.left(self.versions, self._choice.view),
        )
        self.steps.append(step)

    def soon(self) -> Sequence[Cell]:
        """What would come next if the run under way showed the issue, and if it did not."""
        running = [index for index, runs in self._running.items() if runs]
        if not running:
            return [self._cell(pick.version) for pick in self._choice.picks]
        found: Counter[int] = Counter()
        for results in itertools.product(("reproduced", "clean"), repeat=len(running[:2])):
            found.update(self._supposing(dict(zip(running, results, strict=False))))
        likely = [index for index, _ in found.most_common() if index not in running]
        return [self._cell(index) for index in likely[:2]]

    @property
    def done(self) -> bool:
        """Whether nothing more is wanted."""
        return not self._choice.picks

    def answer(self) -> BisectAnswer:
        """What was found, as far as the runs go."""
        return answer(
            self.versions,
            self._tallies,
            self._choice.view,
            self._choice.refusal,
            declared_steady=self._asked.steady,
            good=self._asked.good,
            confidence=self.confidence,
        )

    def _cell(self, index: int) -> Cell:
        return self.base.model_copy(update={"version": self.versions[index]})

    def _supposing(self, results: dict[int, str]) -> list[int]:
        """What would be chosen if these versions showed that."""
        tallies = [
            replace(tally, **{results[index]: getattr(tally, results[index]) + 1})
            if index in results
            else tally
            for index, tally in enumerate(self._tallies)
        ]
        return [pick.version for pick in choose(self._asked, tallies, self._probed).picks]
