"""A bisection as a picture: releases on a line, the runs, the boundaries.  Pure.

Places and widths are in per cent of the picture's width, which is whatever the page has.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from repro.model.bisection import BisectAnswer, Boundary
from repro.report.looks import CLASSES

Anchor = Literal["start", "middle", "end"]
_STATES = {"affected": "affected", "clean": "clean", "unknown": "unsure"}
#: What a character takes on a phone, the narrowest page; and the gap between two labels.
_CHARACTER, _GAP = 2.25, 1.6


@dataclass(frozen=True)
class Label:
    """A text that belongs ``at`` a place, and stands near it where it covers no other one."""

    at: float
    x: float
    text: str
    row: int
    anchor: Anchor


@dataclass(frozen=True)
class Band:
    """Releases of which the same is held."""

    x: float
    width: float
    look: str


@dataclass(frozen=True)
class Probe:
    """A release that was run: ``look`` as its verdicts say."""

    x: float
    look: str


@dataclass(frozen=True)
class Line:
    """Releases in order, from the left: bands, probes, the order of the runs above, names below."""

    bands: tuple[Band, ...]
    probes: tuple[Probe, ...]
    edges: tuple[float, ...]
    numbers: tuple[Label, ...]
    names: tuple[Label, ...]
    releases: int

    @property
    def rows(self) -> tuple[int, int]:
        """Rows of numbers above, and of names below."""
        above, below = (
            max((each.row for each in labels), default=-1) + 1
            for labels in (self.numbers, self.names)
        )
        return above, below


def line(answer: BisectAnswer, releases: Sequence[str]) -> Line | None:
    """The picture of a bisection; ``releases`` are all that were searched, in order.

    None where there is nothing to draw.
    """
    known = [each.version for each in answer.versions]
    releases = releases if set(known) <= set(releases) else known
    if not releases:
        return None
    scale = _Scale(releases)
    numbers: dict[str, list[str]] = {}
    for step in answer.steps:
        numbers.setdefault(step.version, []).append(str(step.number))
    probes = {step.version: CLASSES[step.verdict] for step in answer.steps}
    return Line(
        bands=tuple(
            Band(scale.left(each.first), scale.right(each.last) - scale.left(each.first),
                 _STATES[each.state])
            for each in answer.stretches
        ),
        probes=tuple(Probe(scale.middle(version), look) for version, look in probes.items()),
        edges=tuple(scale.left(each.after) for each in answer.boundaries if each.after),
        numbers=placed((scale.middle(version), ", ".join(ran)) for version, ran in numbers.items()),
        names=placed((scale.middle(version), version) for version in _named(answer, releases)),
        releases=len(releases),
    )  # fmt: skip


def _named(answer: BisectAnswer, releases: Sequence[str]) -> list[str]:
    """The two sides of each boundary, and the ends: what the answer stands on comes first."""
    sides = [side for each in answer.boundaries for side in _sides(each)]
    return list(dict.fromkeys([*sides, releases[0], releases[-1]]))


def _sides(boundary: Boundary) -> list[str]:
    return [side for side in (boundary.after, boundary.before) if side is not None]


def placed(labels: Iterable[tuple[float, str]]) -> tuple[Label, ...]:
    """Each text as near as can be, in the first row in which it covers no other."""
    rows: list[_Row] = []
    made = []
    for near, text in labels:
        width = _CHARACTER * len(text)
        x, anchor, left = _held(near, width)
        row = next((n for n, each in enumerate(rows) if each.has_room(left, width)), len(rows))
        if row == len(rows):
            rows.append(_Row())
        rows[row].taken.append((left, left + width))
        made.append(Label(near, x, text, row, anchor))
    return tuple(made)


def _held(x: float, width: float) -> tuple[float, Anchor, float]:
    """Within the picture: where the text is anchored, how, and where it begins."""
    if x < width / 2:
        return 0.0, "start", 0.0
    if x > 100 - width / 2:
        return 100.0, "end", 100 - width
    return x, "middle", x - width / 2


@dataclass
class _Row:
    taken: list[tuple[float, float]] = field(default_factory=list)

    def has_room(self, left: float, width: float) -> bool:
        return all(left + width + _GAP <= a or left >= b + _GAP for a, b in self.taken)


class _Scale:
    """Places of releases on the line, which all have the same room."""

    def __init__(self, releases: Sequence[str]) -> None:
        self._place = {version: n for n, version in enumerate(releases)}
        self._each = 100 / len(releases)

    def left(self, version: str) -> float:
        return self._place[version] * self._each

    def middle(self, version: str) -> float:
        return (self._place[version] + 0.5) * self._each

    def right(self, version: str) -> float:
        return (self._place[version] + 1) * self._each
