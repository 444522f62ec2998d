"""What a bisection has seen of each version, and what follows of the history's shape.  Pure."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from repro.campaign.belief import Noise, Side
from repro.model.campaign import Outcome
from repro.model.phrase import Said, say, verdict
from repro.model.wording import Wording

#: The chance, before any run, that a version between affected ones is clean; that it needs to
#: have before it is run again to see; and before it is held to be.
_ODD, _ODD_LOOKED_AT, _ODD_HELD = 0.02, 0.2, 0.99
#: Clean runs that such a version needs in any case.
_ODD_RUNS = 3
#: The prior of "affected since ever" and "not fixed", beyond its equal share.
_OPEN = 0.25
#: The prior of "the version named good is affected".
_DISTRUST = 0.02
#: Between two versions that cannot be run, others hardly can; after so many in a row, none can.
_HARDLY, _NONE_AFTER = 0.02, 3
#: A version that ran and then failed so often, and more than it ran, is not run again.
_GIVEN_UP = 3


@dataclass
class Tally:
    """The runs of one version.  ``failed``: the environment's fault; ``unclear``: neither."""

    reproduced: int = 0
    clean: int = 0
    failed: int = 0
    unclear: int = 0
    reason: Said = ""

    def add(self, outcome: Outcome) -> None:
        """Count a run."""
        if outcome.verdict == "reproduced":
            self.reproduced += 1
        elif outcome.verdict == "not-reproduced":
            self.clean += 1
        else:
            self.failed += outcome.verdict == "environment-failed"
            self.unclear += outcome.verdict != "environment-failed"
            shown = verdict(outcome.verdict)
            self.reason = say(Wording.ENDED, verdict=shown, reason=outcome.said("reason"))

    @property
    def runs(self) -> int:
        """The valid ones."""
        return self.reproduced + self.clean

    @property
    def tried(self) -> int:
        """All of them."""
        return self.runs + self.failed + self.unclear

    @property
    def skipped(self) -> bool:
        """It cannot be run, or what it shows is not the issue; an unclear run gets a second try."""
        if not (self.failed or self.unclear):
            return False
        if not self.runs:
            return self.failed >= 1 or self.unclear >= 2
        return self.failed + self.unclear >= max(_GIVEN_UP, self.runs)

    @property
    def looked_at(self) -> bool:
        """Whether it has been run, or was tried and cannot be."""
        return self.runs > 0 or self.skipped


@dataclass(frozen=True)
class Shape:
    """Clusters of affected versions (first and last that reproduced, by index), split where a
    version between them is held to be clean (``holes``); ``odd`` ones may be, with this chance.
    """

    clusters: tuple[tuple[int, int], ...] = ()
    holes: frozenset[int] = frozenset()
    odd: dict[int, float] = field(default_factory=dict)


def shape(tallies: Sequence[Tally], noise: Noise) -> Shape:
    """What the runs say of it."""
    shown = [index for index, tally in enumerate(tallies) if tally.reproduced]
    holes: set[int] = set()
    while True:
        found = Shape(_clusters(shown, holes), frozenset(holes))
        # An issue that comes and goes is missed at affected versions; a steady one never.
        missed = 0 if noise.steady else missed_in(tallies, found)
        odd = {
            index: _clean_chance(noise, missed, tallies[index].clean)
            for first, last in found.clusters
            for index in range(first, last)
            if tallies[index].clean and not tallies[index].reproduced
        }
        sure = max(odd, key=lambda index: (tallies[index].clean, -index), default=None)
        if sure is None or odd[sure] < _ODD_HELD or tallies[sure].clean < _ODD_RUNS:
            odd = {index: chance for index, chance in odd.items() if chance >= _ODD_LOOKED_AT}
            return replace(found, odd=odd)
        holes.add(sure)


def _clean_chance(noise: Noise, missed: int, clean: int) -> float:
    """``missed`` counts these clean runs too, unless the issue is steady."""
    others = max(0, missed - clean)
    return _ODD / (_ODD + (1 - _ODD) * noise.missing(others, clean))


def _clusters(shown: Sequence[int], holes: set[int]) -> tuple[tuple[int, int], ...]:
    clusters: list[list[int]] = []
    for index in shown:
        if not clusters or any(clusters[-1][1] < hole < index for hole in holes):
            clusters.append([index, index])
        clusters[-1][1] = index
    return tuple((first, last) for first, last in clusters)


def sides(tallies: Sequence[Tally], found: Shape, good: int | None) -> list[Side]:
    """The two sides of each cluster, in order of release.  ``good`` is said to be clean."""
    trusted = set(found.holes)
    if good is not None and tallies[good].skipped:
        trusted.add(good)
    return [
        _side(tallies, outward, trusted, good)
        for first, last in found.clusters
        for outward in (range(first - 1, -1, -1), range(last + 1, len(tallies)))
    ]


def _side(tallies: Sequence[Tally], outward: range, trusted: set[int], good: int | None) -> Side:
    barrier = next((index for index in outward if index in trusted), None)
    kept = tuple(outward if barrier is None else outward[: outward.index(barrier)])
    share = 1 / (len(kept) + 1)
    end = share if barrier is not None else _OPEN + (1 - _OPEN) * share
    if kept and kept[-1] == good:
        end = _DISTRUST
    return Side(kept, tuple(tallies[index].clean for index in kept), end, barrier)


def missed_in(tallies: Sequence[Tally], found: Shape) -> int:
    """The clean runs at versions that are affected whatever the sides say."""
    return sum(
        tallies[index].clean for first, last in found.clusters for index in range(first, last + 1)
    )


def chances(tallies: Sequence[Tally]) -> list[float]:
    """The chance that each version can be run.

    Releases that cannot be run lie together, few or many: between one of them and one that runs,
    the chance grows with the logarithm, so that the edge is searched for like a boundary.
    """
    if not any(tally.skipped for tally in tallies):
        return [1.0] * len(tallies)
    known = [index for index, tally in enumerate(tallies) if tally.looked_at]
    found = [0.0 if tally.skipped else 1.0 for tally in tallies]
    for older, newer in itertools.pairwise(known):
        if tallies[older].skipped and not tallies[newer].skipped:
            _slope(found, older, newer)
        elif tallies[newer].skipped and not tallies[older].skipped:
            _slope(found, newer, older)
    for start, end, length in _rows(known, tallies):
        hardly = 0.0 if length >= _NONE_AFTER else _HARDLY
        for index in range(start, end):
            found[index] = 0.0 if tallies[index].skipped else hardly
    return found


def _slope(found: list[float], skipped: int, runs: int) -> None:
    step = 1 if runs > skipped else -1
    for distance, index in enumerate(range(skipped, runs, step)):
        found[index] = math.log1p(distance) / math.log1p(abs(runs - skipped))


def _rows(known: Sequence[int], tallies: Sequence[Tally]) -> list[tuple[int, int, int]]:
    """Rows of at least two versions looked at that could not be run: first, last, how many."""
    rows: list[list[int]] = [[]]
    for index in known:
        if tallies[index].skipped:
            rows[-1].append(index)
        else:
            rows.append([])
    return [(row[0], row[-1], len(row)) for row in rows if len(row) > 1]
