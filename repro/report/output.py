"""Output as a page shows it: the match marked, long output folded, all of it within bounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from markupsafe import Markup, escape

from repro.model.observation import Captured
from repro.report.excerpt import Room, Span, chosen, lines, matches, within
from repro.report.terminal import PLAIN, Reader, Style

#: What is seen of an output at once.
_ROOM = Room(lines=24, head=4, around=3)
#: Lines of one fold, and characters of one line.
_FOLDED, _WIDTH = 300, 2_000
#: Characters of markup that all output of a page may come to, and that of one fold.
_PAGE, _FOLD = 900_000, 60_000


class Says(Protocol):
    """How a language says that something is not here."""

    def characters_left_out(self, count: int) -> str:
        """Of a long line."""

    def bytes_not_kept(self, count: int) -> str:
        """Of an output whose middle is not in the record either."""


@dataclass(frozen=True)
class Part:
    """Lines of an output, ready for the page: ``lines`` of them, and ``beyond`` that are only in
    the record.
    """

    markup: Markup
    lines: int
    folded: bool = False
    beyond: int = 0


class Outputs:
    """Makes the parts of every output of one page, which together stay within its bounds."""

    def __init__(self, evidence: Sequence[str], says: Says) -> None:
        self._evidence = evidence
        self._says = says
        self._left = _PAGE

    def parts(self, captured: Captured) -> list[Part]:
        """The output in its order; nothing where there is none."""
        text = captured.text.rstrip("\n")
        if not text and not captured.cut:
            return []
        drawing = _Drawing(text, matches(text, self._evidence), captured, self._says)
        made, at = [], 0
        for seen in chosen(text, drawing.marks, _ROOM):
            if seen.start > at:
                made.append(self._part(drawing, Span(at, seen.start - 1), folded=True))
            made.append(self._part(drawing, seen))
            at = seen.end + 1
        return made

    def _part(self, drawing: _Drawing, whole: Span, *, folded: bool = False) -> Part:
        room = min(self._left, _FOLD) if folded else self._left
        rows: list[Markup] = []
        end = whole.start - 1
        for line in lines(drawing.text, whole):
            row = drawing.line(line)
            room -= len(row) + 1
            if room < 0 or (folded and len(rows) == _FOLDED):
                break
            rows.append(row)
            end = line.end
        self._left -= sum(len(row) + 1 for row in rows)
        beyond = drawing.text.count("\n", end + 1, whole.end) + 1 if end < whole.end else 0
        return Part(Markup("\n").join(rows), len(rows), folded=folded, beyond=beyond)


class _Drawing:
    """Draws lines of one output; colours go on from line to line."""

    def __init__(self, text: str, marks: list[Span], captured: Captured, says: Says) -> None:
        self.text = text
        self.marks = marks
        self._cut = captured.cut
        self._cut_at = captured.cut_at if captured.cut else None
        self._says = says
        self._reader = Reader()

    def line(self, line: Span) -> Markup:
        """One line; of a very long one, what is around its first match, or its two ends."""
        if self.text[line.start : line.end].endswith("\r"):
            line = Span(line.start, line.end - 1)
        made, at = [], line.start
        for piece in self._windows(line):
            made += [self._missing(piece.start - at), self._piece(piece)]
            at = piece.end
        return Markup().join([*made, self._missing(line.end - at)])

    def _windows(self, line: Span) -> list[Span]:
        if line.end - line.start <= _WIDTH:
            return [line]
        marks = within(line, self.marks)
        if marks:
            start = max(line.start, marks[0].start - _WIDTH // 4)
            return [Span(start, min(line.end, start + _WIDTH))]
        half = _WIDTH // 2
        return [Span(line.start, line.start + half), Span(line.end - half, line.end)]

    def _missing(self, count: int) -> Markup:
        return _aside(self._says.characters_left_out(count)) if count else Markup()

    def _piece(self, piece: Span) -> Markup:
        made, at = [], piece.start
        for mark in within(piece, self.marks):
            start, end = max(mark.start, piece.start), min(mark.end, piece.end)
            made += [self._plain(at, start), self._marked(start, end)]
            at = end
        return Markup().join([*made, self._plain(at, piece.end, last=True)])

    def _marked(self, start: int, end: int) -> Markup:
        inner = self._styled(start, end)
        return Markup("<mark>{}</mark>").format(inner) if inner else inner

    def _plain(self, start: int, end: int, *, last: bool = False) -> Markup:
        """Where the middle of the output was not kept, that is said."""
        cut = self._cut_at
        if cut is None or not (start <= cut < end or (last and cut == end)):
            return self._styled(start, end)
        self._cut_at = None
        aside = _aside(self._says.bytes_not_kept(self._cut))
        return self._styled(start, cut) + aside + self._styled(cut, end)

    def _styled(self, start: int, end: int) -> Markup:
        pieces = self._reader.pieces(self.text[start:end])
        return Markup().join(_span(text, style) for text, style in pieces)


def _span(text: str, style: Style) -> Markup:
    if style == PLAIN:
        return escape(text)
    names = [name for name in ("bold", "dim", "italic", "underline") if getattr(style, name)]
    if style.colour is not None:
        names.append(f"c{style.colour % 8}")
    return Markup('<span class="{}">{}</span>').format(" ".join(names), text)


def _aside(text: str) -> Markup:
    return Markup('<span class="aside">{}</span>').format(text)
