"""Where a bisection stands: what is known of the boundaries, from the runs alone.  Pure."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from repro.campaign.belief import OFTEN, Noise, Side, believe
from repro.campaign.seen import Shape, Tally, chances, missed_in, shape, sides

#: The chance, before any run, that an issue declared steady is.
STEADY = 0.999
#: The likeliest hypotheses are named until they come to this together, and at most so many.
_NAMED, _MOST_NAMED = 0.98, 4


@dataclass(frozen=True)
class Search:
    """One side of a cluster and how likely its hypotheses are.

    Those from ``near`` to ``far`` cannot be told apart, as the versions between cannot be run;
    together they are the likeliest, with ``confidence``.
    """

    cluster: int
    side: Literal["older", "newer"]
    edge: int
    where: Side
    weights: tuple[float, ...]
    near: int
    far: int
    confidence: float
    settled: bool

    @property
    def named(self) -> list[int]:
        """The likeliest hypotheses, the likeliest first."""
        order = heapq.nlargest(_MOST_NAMED, range(len(self.weights)), self.weights.__getitem__)
        reached = list(itertools.accumulate(self.weights[each] for each in order))
        enough = next((n for n, chance in enumerate(reached) if chance >= _NAMED), len(order))
        return [each for each in order[: enough + 1] if self.weights[each] > 0]

    def last(self, hypothesis: int) -> int:
        """The version of the cluster, by index, that is its last on this side."""
        return self.edge + (hypothesis if self.side == "newer" else -hypothesis)

    def next(self, hypothesis: int) -> int | None:
        """The version beyond the boundary; None where the history ends."""
        kept = self.where.outward
        return kept[hypothesis] if hypothesis < len(kept) else self.where.beyond


@dataclass(frozen=True)
class View:
    """What follows from the runs so far.  ``steady``: nothing speaks against it."""

    shape: Shape
    searches: tuple[Search, ...]
    rate: float
    steady: bool
    chances: list[float]

    def affected(self, index: int) -> bool:
        """Whether a version is held to be affected."""
        return any(
            older.last(older.near) <= index <= newer.last(newer.near)
            for older, newer in zip(self.searches[::2], self.searches[1::2], strict=True)
        )

    def unlooked(self, tallies: Sequence[Tally]) -> tuple[int, int] | None:
        """The widest stretch between two versions that ran, held to be alike, and looked at by
        none; its two ends.
        """
        known = [index for index, tally in enumerate(tallies) if tally.looked_at]
        found = [
            (older - newer, older, newer)
            for older, newer in itertools.pairwise(known)
            if newer - older > 1
            and not (tallies[older].skipped or tallies[newer].skipped)
            and self.affected(older) == self.affected(newer)
        ]
        return min(found)[1:] if found else None


def view(
    tallies: Sequence[Tally], *, declared_steady: bool, good: int | None, confidence: float
) -> View:
    """Look at the runs; ``confidence`` is wanted of all searches together."""
    steady = declared_steady and not any(each.reproduced and each.clean for each in tallies)
    reproduced = sum(each.reproduced for each in tallies)
    found = shape(tallies, Noise(STEADY, reproduced, OFTEN) if steady else Noise(0.0, reproduced))
    noise = Noise(1.0 if steady else 0.0, reproduced)
    where = sides(tallies, found, good)
    belief = believe(where, missed_in(tallies, found), noise)
    runnable = chances(tallies)
    wanted = 1 - (1 - confidence) / max(1, sum(bool(side.outward) for side in where))
    searches = tuple(
        _search(number, found, side, weights, runnable, wanted)
        for number, (side, weights) in enumerate(zip(where, belief.weights, strict=True))
    )
    return View(found, searches, belief.mean, steady, runnable)


def _search(
    number: int,
    found: Shape,
    side: Side,
    weights: tuple[float, ...],
    runnable: Sequence[float],
    wanted: float,
) -> Search:
    older = number % 2 == 0
    near, far, confidence = _likeliest(side, weights, runnable)
    return Search(
        cluster=number // 2,
        side="older" if older else "newer",
        edge=found.clusters[number // 2][0 if older else 1],
        where=side,
        weights=weights,
        near=near,
        far=far,
        confidence=confidence,
        settled=confidence >= wanted and _is_seen(side, near, far),
    )


def _is_seen(side: Side, near: int, far: int) -> bool:
    """Whether the last affected version has shown the issue, as only the cluster's own have, and
    the first clean one has run: what is likely only from where the others are is not said.
    """
    return near == 0 and (far == len(side.outward) or side.clean[far] > 0)


def _likeliest(
    side: Side, weights: Sequence[float], runnable: Sequence[float]
) -> tuple[int, int, float]:
    """The likeliest hypotheses that no run can tell apart: first, last, their chance."""
    best = (0, 0, -1.0)
    start, mass = 0, 0.0
    for hypothesis, weight in enumerate(weights):
        mass += weight
        if hypothesis == len(side.outward) or runnable[side.outward[hypothesis]] > 0:
            if mass > best[2]:
                best = (start, hypothesis, mass)
            start, mass = hypothesis + 1, 0.0
    return best
