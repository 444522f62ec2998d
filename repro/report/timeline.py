"""When what happened in a run, as bars: the stages, and the steps of each node.  Pure.

Places and widths are in per cent of the picture's width, which is whatever the page has.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from repro.model.observation import StepObservation
from repro.model.record import Event, RunRecord
from repro.report.text import seconds

#: The narrowest bar, and the room that a label takes.
_BAR, _LABEL = 0.8, 6.0
#: Marks of the axis, at most; rows of steps that one node did at the same time.
_TICKS, _ROWS = 5, 4
#: Steps that are drawn; more would be a smear.
_STEPS = 200


@dataclass(frozen=True)
class Bar:
    """A step: ``began`` seconds after the first one, it took ``seconds``.

    ``label`` is drawn at ``label_x``, unless that is None.
    """

    x: float
    width: float
    row: int
    label: str
    label_x: float | None
    expected: bool
    began: float
    seconds: float


@dataclass(frozen=True)
class Lane:
    """What one node did; what it did at the same time stands in rows."""

    node: str
    bars: tuple[Bar, ...]

    @property
    def rows(self) -> int:
        """How many rows it takes."""
        return max((bar.row for bar in self.bars), default=0) + 1


@dataclass(frozen=True)
class Stage:
    """A stage of the run, in seconds, and its share of the whole in per cent."""

    name: str
    seconds: float
    x: float
    width: float


@dataclass(frozen=True)
class Tick:
    """A mark of the axis."""

    x: float
    label: str


@dataclass(frozen=True)
class Timeline:
    """``seconds`` is what the lanes span; ``left_out`` counts steps that are not drawn."""

    stages: tuple[Stage, ...]
    lanes: tuple[Lane, ...]
    ticks: tuple[Tick, ...]
    seconds: float
    left_out: int = 0


def numbered(record: RunRecord) -> list[tuple[int, StepObservation]]:
    """The steps of a run in the order in which they began, with their numbers."""
    steps = [item for item in record.observations if isinstance(item, StepObservation)]
    return list(enumerate(sorted(steps, key=lambda step: step.result.started), start=1))


def timeline(record: RunRecord) -> Timeline | None:
    """The picture of a run; None where nothing was timed."""
    stages = tuple(_stages(record.events))
    steps = [(number, step) for number, step in numbered(record) if step.result.started > 0]
    if not stages and not steps:
        return None
    telling_first = sorted(steps, key=lambda each: each[1].expected)
    shown = sorted(telling_first[:_STEPS], key=lambda each: each[0])
    start = min((step.result.started for _, step in steps), default=0.0)
    end = max((step.result.started + step.result.seconds for _, step in steps), default=0.0)
    span = max(end - start, 1e-3)
    planned = [node.name for node in record.plan.nodes] if record.plan else []
    seen = [step.node for _, step in shown]
    nodes = [node for node in dict.fromkeys([*planned, *seen]) if node in seen]
    lanes = [
        Lane(node, tuple(_bars([each for each in shown if each[1].node == node], start, span)))
        for node in nodes
    ]
    ticks = tuple(_ticks(span)) if shown else ()
    return Timeline(stages, tuple(lanes), ticks, span, len(steps) - len(shown))


def _stages(events: Iterable[Event]) -> Iterator[Stage]:
    ended = [each for each in events if each.what == "end" and not each.node]
    whole = sum(each.seconds or 0.0 for each in ended) or 1.0
    x = 0.0
    for each in ended:
        took = each.seconds or 0.0
        yield Stage(each.stage, took, x, 100 * took / whole)
        x += 100 * took / whole


def _bars(steps: Sequence[tuple[int, StepObservation]], start: float, span: float) -> list[Bar]:
    places = list(_places([step for _, step in steps], start, span))
    following = [100.0] * _ROWS
    made = []
    for (number, step), (x, width, row) in zip(reversed(steps), reversed(places), strict=True):
        label = f"{number}" if step.expected else f"{number} ✗"
        label_x = _label_x(x, width, following[row], len(label))
        following[row] = x
        began = step.result.started - start
        made.append(Bar(x, width, row, label, label_x, step.expected, began, step.result.seconds))
    return made[::-1]


def _places(
    steps: Iterable[StepObservation], start: float, span: float
) -> Iterator[tuple[float, float, int]]:
    """Where each bar begins, its width, and the first row that is free there."""
    free = [0.0] * _ROWS
    for step in steps:
        x = min(100 * (step.result.started - start) / span, 100 - _BAR)
        width = max(_BAR, min(100 * step.result.seconds / span, 100 - x))
        row = next((n for n, until in enumerate(free) if until <= x + 1e-6), _ROWS - 1)
        free[row] = x + width
        yield x, width, row


def _label_x(x: float, width: float, following: float, characters: int) -> float | None:
    """Within the bar, or else beside it where there is room."""
    room = _LABEL * (1 + characters) / 3
    if width >= room:
        return x + 1.0
    return x + width + 0.6 if following - x - width >= room else None


def _ticks(span: float) -> Iterator[Tick]:
    """Round numbers of seconds: 1, 2 or 5 of a power of ten apart."""
    step = 1e-4
    while span / step > _TICKS:
        step *= 2.5 if f"{step:e}".startswith("2") else 2
    for number in range(int(span / step) + 1):
        yield Tick(100 * number * step / span, seconds(number * step) if number else "0")
