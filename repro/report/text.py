"""Text as lines of styled pieces: made once, for the terminal, for a log and for tests alike.

A piece of text is made printable when a line is made of it: no control sequence that a node or a
file from outside holds ever reaches a terminal.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import RenderableType

#: The categories Cc, Cf, Cs, Zl and Zp of the Unicode Character Database (UAX #44) but for line
#: feed and tab: controls, bidirectional overrides, zero-width and tag characters, half characters;
#: and U+FFFE and U+FFFF, which no XML may hold.
HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u0600-\u0605\u061c\u06dd\u070f\u0890-\u0891\u08e2\u180e"
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff0-\ufffb\ufffe\uffff"
    "\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)


def printable(text: str) -> str:
    r"""The text with every character that cannot be seen written out, as \xNN or \uNNNN.

    Line feeds and tabs stay.
    """
    return HIDDEN.sub(_written_out, text)


def one_line(text: str, limit: int = 500) -> str:
    """The same on one line, of at most ``limit`` characters."""
    shown = _on_one_line(text[: limit + 1])
    return shown if len(shown) <= limit else f"{shown[: limit - 1]}…"


def _on_one_line(text: str) -> str:
    return printable(text).replace("\n", "\\n").replace("\t", "\\t")


def _written_out(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


@dataclass(frozen=True)
class Piece:
    """Some text in one style (of rich; empty: the plain one)."""

    text: str
    style: str = ""


@dataclass(frozen=True)
class Line:
    """Pieces side by side, ``indent`` columns from the left."""

    pieces: tuple[Piece, ...] = ()
    indent: int = 0

    @property
    def text(self) -> str:
        """The line without styles."""
        return (" " * self.indent + "".join(piece.text for piece in self.pieces)).rstrip()


#: Text, or text and its style.
Part = str | tuple[str, str]


def line(*parts: Part, indent: int = 0) -> Line:
    """A line of texts, or pairs of text and style."""
    return Line(tuple(_piece(part) for part in parts), indent)


def heading(text: str) -> list[Line]:
    """An empty line and a title."""
    return [Line(), line((text, "bold"))]


def block(text: str, indent: int, style: str = "") -> list[Line]:
    """A text of several lines."""
    rows = text.replace("\t", "    ").split("\n")
    return [line((row, style), indent=indent) for row in rows]


def columns(rows: Sequence[Sequence[Part]], indent: int = 0, gap: int = 2) -> list[Line]:
    """Rows whose cells stand below each other; the last cell of a row may be of any width."""
    cells = [[_piece(part) for part in row] for row in rows]
    widths: dict[int, int] = {}
    for row in cells:
        for column, cell in enumerate(row[:-1]):
            widths[column] = max(widths.get(column, 0), _width(cell.text))
    return [Line(tuple(_padded(row, widths, gap)), indent) for row in cells]


def plain(lines: Iterable[Line]) -> str:
    """For a log, a file or a program."""
    return "\n".join(item.text for item in lines) + "\n"


def renderable(lines: Iterable[Line]) -> RenderableType:
    """For a rich console; the texts in it are never read as markup."""
    from rich.text import Text

    made = Text()
    for number, item in enumerate(lines):
        made.append("\n" * bool(number) + " " * item.indent)
        for piece in item.pieces:
            made.append(piece.text, piece.style or None)
    return made


def seconds(value: float | None) -> str:
    """A duration that people read: ``0.42 s``, ``3.1 s``, ``2 min 5 s``."""
    if value is None:
        return "-"
    if value < 60:
        return f"{value:.2f} s" if value < 1 else f"{value:.1f} s"
    minutes, rest = divmod(round(value), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if rest else f"{minutes} min"


def size(value: int) -> str:
    """A number of bytes that people read: ``512 MiB``."""
    scaled, units = float(value), ["B", "KiB", "MiB", "GiB", "TiB"]
    while scaled >= 1024 and len(units) > 1:
        scaled /= 1024
        units.pop(0)
    return f"{scaled:.0f} {units[0]}" if scaled == int(scaled) else f"{scaled:.1f} {units[0]}"


def _piece(part: Part) -> Piece:
    text, style = (part, "") if isinstance(part, str) else part
    return Piece(_on_one_line(text), style)


def _padded(row: list[Piece], widths: dict[int, int], gap: int) -> Iterable[Piece]:
    for column, cell in enumerate(row):
        last = column == len(row) - 1
        missing = 0 if last else widths[column] - _width(cell.text) + gap
        yield Piece(cell.text, cell.style)
        if missing:
            yield Piece(" " * missing)


def _width(text: str) -> int:
    """Columns on a terminal; rich knows the wide characters, and is asked where some may be."""
    if all(character < "\u0300" for character in text):
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)
