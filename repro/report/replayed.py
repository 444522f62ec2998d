"""A replay as a terminal would have shown it: commands, and what they printed, within bounds."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from repro.model.observation import Captured, StepObservation
from repro.model.record import RunRecord
from repro.report.excerpt import Room, Span, chosen, evidence_texts, lines, matches, within
from repro.report.text import size
from repro.report.timeline import numbered
from repro.report.words import Words

#: Characters of one line, and of one command.
_WIDTH, _COMMAND = 1_000, 2_000


@dataclass(frozen=True)
class Row:
    """A line of output as it came, cut where it is too long, with the places of its matches.

    ``at``: it was there so many seconds after the step began.  ``aside``: it is not output, but
    says that some is not shown.
    """

    text: str
    at: float
    marks: tuple[Span, ...] = ()
    aside: bool = False


@dataclass(frozen=True)
class Scene:
    """A step and what is shown of what it printed, as it came; ``telling``: the verdict has to do
    with it.
    """

    number: int
    step: StepObservation
    command: str
    rows: tuple[Row, ...]
    telling: bool


def scenes(record: RunRecord, words: Words, room: Room) -> list[Scene]:
    """The steps of the replay in the order in which they began; of the setup, what went wrong."""
    evidence = evidence_texts(record.verdict)
    shown = [
        (number, step)
        for number, step in numbered(record)
        if step.phase == "steps" or not step.expected
    ]
    return [_scene(number, step, evidence, words, room) for number, step in shown]


def _scene(
    number: int, step: StepObservation, evidence: list[str], words: Words, room: Room
) -> Scene:
    result = step.result
    rows = [
        row
        for each in (result.stdout, result.stderr)
        for row in _rows(each, _came(each, result.seconds), evidence, words, room)
    ]
    # The two streams as they came; one after the other where that is not known.
    rows.sort(key=lambda row: row.at)
    command = step.command.strip()
    if len(command) > _COMMAND:
        command = f"{command[:_COMMAND]}…"
    telling = not step.expected or any(row.marks for row in rows)
    return Scene(number, step, command, tuple(rows), telling)


def _came(captured: Captured, seconds: float) -> Callable[[int], float]:
    """When a line of it, counted from 0, was there; at the step's end where that is not known."""
    counts = [lines for lines, _ in captured.times]

    def came(number: int) -> float:
        place = bisect_right(counts, number)
        return min(captured.times[place][1], seconds) if place < len(counts) else seconds

    return came


def _rows(
    captured: Captured,
    came: Callable[[int], float],
    evidence: list[str],
    words: Words,
    room: Room,
) -> Iterator[Row]:
    text = captured.text.rstrip("\n")
    marks = matches(text, evidence)
    at = number = 0
    for piece in chosen(text, marks, room) if text else ():
        if piece.start > at:
            count = text.count("\n", at, piece.start)
            number += count
            yield Row(words("observed.left_out", count=count), came(number - 1), aside=True)
        for line in lines(text, piece):
            yield _row(text, line, came(number), within(line, marks))
            number += 1
        at = piece.end + 1
    if captured.cut:
        said = words("page.bytes_not_kept", size=size(captured.cut)).strip()
        yield Row(said, came(number - 1), aside=True)


def _row(text: str, line: Span, at: float, marks: list[Span]) -> Row:
    start = line.start
    if line.end - start > _WIDTH and marks:
        start = max(start, marks[0].start - _WIDTH // 4)
    end = min(line.end, start + _WIDTH)
    shown = text[start:end].rstrip("\r") + ("…" if end < line.end else "")
    places = [Span(max(each.start, start) - start, min(each.end, end) - start) for each in marks]
    return Row(shown, at, tuple(each for each in places if each.start < each.end))
