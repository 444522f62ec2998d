"""Bars of a picture: where they are, in units of the picture.  Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import NamedTuple

from repro.report.looks import CLASSES
from repro.site.trends import Week

#: A week's width, of which a part is left free; and the height of the highest bar.
WIDTH, HEIGHT = 10, 100


class Part(NamedTuple):
    """A piece of a bar; ``state`` is its colour."""

    y: float
    height: float
    state: str


class Bar(NamedTuple):
    """A week, its value, and the pieces that stand above one another."""

    x: int
    day: date
    value: float | None
    parts: tuple[Part, ...]


def stacked(weeks: Sequence[tuple[date, Week]]) -> list[Bar]:
    """The runs of each week, by verdict."""
    most = max((week.runs for _, week in weeks), default=0) or 1
    return [
        Bar(number * WIDTH, day, week.runs, _stack(week, HEIGHT / most))
        for number, (day, week) in enumerate(weeks)
    ]


def single(weeks: Sequence[tuple[date, Week]], value: Callable[[Week], float | None]) -> list[Bar]:
    """One value of each week."""
    values = [(day, value(week)) for day, week in weeks]
    most = max((each for _, each in values if each is not None), default=0.0) or 1.0
    bars = []
    for number, (day, each) in enumerate(values):
        height = round((each or 0.0) * HEIGHT / most, 2)
        parts = (Part(round(HEIGHT - height, 2), height, "plain"),) if height else ()
        bars.append(Bar(number * WIDTH, day, each, parts))
    return bars


def _stack(week: Week, scale: float) -> tuple[Part, ...]:
    parts, top = [], float(HEIGHT)
    for verdict, state in CLASSES.items():
        if count := week.verdicts[verdict]:
            top -= count * scale
            parts.append(Part(round(top, 2), round(count * scale, 2), state))
    return tuple(parts)
