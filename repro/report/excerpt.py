"""Which lines of an output are shown: its beginning, what is around the matches, its end.  Pure.

An output may have any size: it is looked through, but never taken apart as a whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from repro.model.observation import Finding, Verdict

#: Matches of one text that are looked for, and those of one output whose surroundings are shown.
_MATCHES = 8
#: Fewer lines than these are not worth leaving out.
_FEW = 4


class Span(NamedTuple):
    """A piece of a text, by its place."""

    start: int
    end: int


class Room(NamedTuple):
    """How many lines of an output may be shown, of them at its beginning, and around a match."""

    lines: int
    head: int
    around: int


def evidence_texts(verdict: Verdict | None) -> list[str]:
    """What conditions found, longest first; what is too short would be found everywhere."""
    found = _evidence(verdict.symptom + verdict.healthy) if verdict else ()
    return sorted({text for text in found if len(text) > 2}, key=lambda text: (-len(text), text))


def _evidence(findings: Iterable[Finding]) -> Iterator[str]:
    for each in findings:
        yield each.evidence.strip("\r\n")
        yield from _evidence(each.parts)


def matches(text: str, evidence: Sequence[str]) -> list[Span]:
    """Where the texts stand, none over another; the first ones of each."""
    found: list[Span] = []
    for wanted in evidence:
        at = text.find(wanted)
        for _ in range(_MATCHES):
            if at < 0:
                break
            span = Span(at, at + len(wanted))
            if all(span.end <= each.start or span.start >= each.end for each in found):
                found.append(span)
            at = text.find(wanted, span.end)
    return sorted(found)


def within(line: Span, marks: Sequence[Span]) -> list[Span]:
    """The marks that reach into a line."""
    return [mark for mark in marks if mark.start <= line.end and mark.end > line.start]


def lines(text: str, whole: Span) -> Iterator[Span]:
    """The lines of a piece, without the line feeds."""
    at = whole.start
    while at <= whole.end:
        end = text.find("\n", at, whole.end)
        end = whole.end if end < 0 else end
        yield Span(at, end)
        at = end + 1


def chosen(text: str, marks: Sequence[Span], room: Room) -> list[Span]:
    """The pieces that are shown, each of whole lines: no line twice, and a few lines at least
    between two pieces.
    """
    if text.count("\n") < room.lines:
        return [Span(0, len(text))]
    near = marks[: min(_MATCHES, room.lines // (2 * room.around + 1))]
    tail = max(room.head, room.lines - room.head - len(near) * (2 * room.around + 1))
    pieces = [Span(0, _below(text, 0, room.head - 1))]
    pieces += [
        Span(_above(text, each.start, room.around), _below(text, each.end, room.around))
        for each in near
    ]
    pieces.append(Span(_above(text, len(text), tail - 1), len(text)))
    return _joined(text, pieces)


def _joined(text: str, pieces: Sequence[Span]) -> list[Span]:
    joined = [pieces[0]]
    for piece in pieces[1:]:
        if text.count("\n", joined[-1].end, piece.start) <= _FEW:
            joined[-1] = Span(joined[-1].start, max(joined[-1].end, piece.end))
        else:
            joined.append(piece)
    return joined


def _above(text: str, at: int, count: int) -> int:
    """Where the line begins that is so many lines above."""
    for _ in range(count + 1):
        at = text.rfind("\n", 0, at)
        if at < 0:
            return 0
    return at + 1


def _below(text: str, at: int, count: int) -> int:
    """Where the line ends that is so many lines below."""
    end = at
    for _ in range(count + 1):
        end = text.find("\n", at)
        if end < 0:
            return len(text)
        at = end + 1
    return end
