"""What the runs of a bisection make likely.  Pure.

Noise has one side: a run that reproduced proves its version affected, one that did not may have
missed the issue.  How often it misses is unknown, and the same for all affected versions.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

#: The prior of a rate below 100 % is Beta(a, 1).  Declared to come and go, it leans towards rare
#: ones: after a lucky first run, Beta(1, 1) would take too few clean runs for proof.  One that is
#: declared steady and is not was still seen in a single try: then it is hardly rare.
RARE, OFTEN = 0.5, 5.0
_B = 1.0
#: What is less likely than the best by this factor counts as impossible.
_NOTHING = 1e-8
#: Bits below which a run is not worth it: then the versions that would tell are used up.
_WORTH = 1e-5


@dataclass(frozen=True)
class Noise:
    """How well so many reproduced runs agree with so many missed ones.

    ``steady`` is the chance, before any run, that the issue shows always; ``lean`` is the first
    parameter of its rate's prior where it does not.
    """

    steady: float
    reproduced: int
    lean: float = RARE

    def likelihoods(self, fewest: int, most: int) -> list[float]:
        """Of ``fewest`` to ``most`` missed runs, up to a common factor; 0 for as good as nothing.

        The marginal likelihood under steady·δ(1) + (1 - steady)·Beta: closed, since Beta is
        conjugate to the runs (A. Gelman et al., "Bayesian Data Analysis", section 2.4).
        """
        found = [0.0] * (most - fewest + 1)
        found[0] = 1.0
        if fewest == 0 and self.steady:
            if self.steady == 1:
                return found
            found[0] += self._steady_odds
        share = 1.0
        for missed in range(fewest, most):
            share *= (missed + _B) / (self.reproduced + missed + self.lean + _B)
            if share < _NOTHING * found[0]:
                break
            found[missed + 1 - fewest] = share
        return found

    def mean(self, missed: int) -> float:
        """The rate to be expected after so many missed runs."""
        rate = (self.reproduced + self.lean) / (self.reproduced + missed + self.lean + _B)
        if missed or not self.steady:
            return rate
        if self.steady == 1:
            return 1.0
        return (self._steady_odds + rate) / (self._steady_odds + 1)

    def missing(self, missed: int, more: int) -> float:
        """The chance that an affected version is missed so many times more."""
        found = self.likelihoods(missed, missed + more)
        return found[more] / found[0]

    @property
    def _steady_odds(self) -> float:
        """Steady against not, when nothing was missed."""
        log_beta = (
            math.lgamma(self.reproduced + self.lean)
            + math.lgamma(self.lean + _B)
            - math.lgamma(self.lean)
        )
        log_beta -= math.lgamma(self.reproduced + self.lean + _B)
        return self.steady / (1 - self.steady) / math.exp(log_beta)


@dataclass(frozen=True)
class Side:
    """One side of a cluster of affected versions, searched for where the cluster ends.

    ``outward`` are the versions away from the cluster, by index, the nearest first, and ``clean``
    the clean runs of each.  A hypothesis is the number of them that are affected too; ``end`` is
    the prior of "all of them".  ``beyond`` is a version that is clean for sure and comes next;
    None: the history ends there.
    """

    outward: tuple[int, ...]
    clean: tuple[int, ...]
    end: float
    beyond: int | None = None

    @property
    def prior(self) -> list[float]:
        """By hypothesis."""
        count = len(self.outward)
        return [*([(1 - self.end) / count] * count), self.end] if count else [1.0]

    @property
    def missed(self) -> list[int]:
        """The runs that missed the issue, by hypothesis."""
        return list(accumulate(self.clean, initial=0))


@dataclass(frozen=True)
class Belief:
    """How likely the hypotheses of each side are, and the rate to be expected."""

    weights: tuple[tuple[float, ...], ...]
    mean: float


def believe(sides: Sequence[Side], missed: int, noise: Noise) -> Belief:
    """The posterior of all sides; ``missed`` runs are missed under every hypothesis.

    Sides share the rate, so a side is judged over all that the others may be: their hypotheses
    count together where they have missed the same number of runs.
    """
    groups = [_grouped(side) for side in sides]
    likely = noise.likelihoods(missed, missed + sum(max(group) for group in groups))
    shows = [chance * noise.mean(missed + more) for more, chance in enumerate(likely)]
    weights = []
    mean = noise.mean(missed)
    for number, (side, group) in enumerate(zip(sides, groups, strict=True)):
        others = _folded([*groups[:number], *groups[number + 1 :]], likely)
        evidence = {more: _over(others, likely, more) for more in group}
        weights.append(_normalised(side, evidence))
        if number == 0:  # the same from every side
            whole = sum(mass * evidence[more] for more, mass in group.items())
            mean = sum(mass * _over(others, shows, more) for more, mass in group.items()) / whole
    return Belief(tuple(weights), mean)


def _over(others: Sequence[tuple[int, float]], chances: Sequence[float], more: int) -> float:
    return sum([mass * chances[more + rest] for rest, mass in others])


def _grouped(side: Side) -> dict[int, float]:
    groups: dict[int, float] = defaultdict(float)
    for missed, mass in zip(side.missed, side.prior, strict=True):
        groups[missed] += mass
    return groups


def _folded(groups: Sequence[dict[int, float]], likely: Sequence[float]) -> list[tuple[int, float]]:
    """The sums of missed runs over all sides with their prior, but for hopeless ones."""
    folded = {0: 1.0}
    for group in groups:
        sums: dict[int, float] = defaultdict(float)
        for missed, mass in folded.items():
            for more, share in group.items():
                if likely[missed + more]:
                    sums[missed + more] += mass * share
        folded = sums
    return list(folded.items())


def _normalised(side: Side, evidence: dict[int, float]) -> tuple[float, ...]:
    found = [mass * evidence[missed] for missed, mass in zip(side.missed, side.prior, strict=True)]
    whole = sum(found)
    return tuple(mass / whole for mass in found)


def _entropy(chance: float) -> float:
    if not 0 < chance < 1:
        return 0.0
    return -chance * math.log2(chance) - (1 - chance) * math.log2(1 - chance)


def information(affected: float, rate: float) -> float:
    """Bits that a run is expected to tell of a version that is affected with this chance."""
    return max(0.0, _entropy(affected * rate) - affected * _entropy(rate))


def most_telling(rate: float) -> float:
    """The chance of being affected at which a run tells most; 1/2 when nothing is missed.

    Where the derivative of `information` is zero: the best input of the Z-channel.
    """
    if rate >= 1:
        return 0.5
    return float(1 / (rate * (1 + 2 ** (_entropy(rate) / rate))))


def best_run(
    weights: Sequence[float], rate: float, chances: Sequence[float]
) -> tuple[float, int] | None:
    """Where a run tells most, by its place outward, and how much; None: nowhere.

    ``chances`` are those that a version can be run at all.  Information has one maximum, so only
    the two places around it are looked at where all can be run alike.
    """
    affected = [1 - before for before in accumulate(weights[:-1])]
    places: Iterator[int] | range = range(len(affected))
    if chances and min(chances) == 1:
        place = bisect_left(affected, -most_telling(rate), key=lambda chance: -chance)
        places = range(max(0, place - 1), min(place + 1, len(affected)))
    scored = [(chances[each] * information(affected[each], rate), -each) for each in places]
    best, place = max(scored, default=(0.0, 0))
    return (best, -place) if best > _WORTH else None
