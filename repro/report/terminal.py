"""What a program wrote to a terminal: its text and colours, and nothing that acts.

Of the control sequences of ECMA-48 only SGR (colours, bold and the like) is understood.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from repro.report.text import HIDDEN

_SGR = re.compile(r"\x1b\[([0-9;:]{0,64})m")
# ECMA-48, 5.4 and 5.6: control sequences, control strings up to their end (or the end of the line,
# lest an open one hide all that follows), and other escapes.
_CONTROLS = re.compile(
    r"\x1b\[[0-9:;<=>?]*[ -/]*[@-~]|\x9b[0-9:;<=>?]*[ -/]*[@-~]"
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d\x9e\x9f])[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)?"
    r"|\x1b[ -/]*[0-~]?|" + HIDDEN.pattern
)


@dataclass(frozen=True)
class Style:
    """How text is drawn; ``colour`` is one of the sixteen of a terminal, None: the usual one."""

    bold: bool = False
    dim: bool = False
    italic: bool = False
    underline: bool = False
    colour: int | None = None


PLAIN = Style()
#: The sequence that ends every style.
RESET = "\x1b[0m"
_ON = {1: {"bold": True}, 2: {"dim": True}, 3: {"italic": True}, 4: {"underline": True}}
_OFF = {
    22: {"bold": False, "dim": False}, 23: {"italic": False}, 24: {"underline": False},
    39: {"colour": None},
}  # fmt: skip


class Reader:
    """Reads output piece by piece; the style goes on from one piece to the next."""

    def __init__(self) -> None:
        self.style = PLAIN

    def pieces(self, text: str) -> Iterator[tuple[str, Style]]:
        """The text with every other control made visible, in pieces of one style."""
        return ((visible(piece), style) for piece, style in self._parted(text))

    def coloured(self, text: str) -> str:
        """The text for a terminal, which is left as it was found."""
        pieces = [(bare(piece), style) for piece, style in self._parted(text)]
        return "".join(
            piece if style == PLAIN else f"{_sequence(style)}{piece}{RESET}"
            for piece, style in pieces
            if piece
        )

    def _parted(self, text: str) -> Iterator[tuple[str, Style]]:
        at = 0
        for found in _SGR.finditer(text):
            if found.start() > at:
                yield text[at : found.start()], self.style
            self.style = _changed(self.style, found[1])
            at = found.end()
        if at < len(text):
            yield text[at:], self.style


def visible(text: str) -> str:
    """Each control and each character that cannot be seen as a picture or a name of it.

    C0 controls are drawn as Unicode's control pictures (U+2400…), the others as ``⟨U+202E⟩``.
    """
    return HIDDEN.sub(_picture, text.replace("\r\n", "\n"))


def bare(text: str) -> str:
    """The text without control sequences and hidden characters.

    A carriage return begins a new line: nothing is written over.
    """
    return _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def _sequence(style: Style) -> str:
    """The sequence that turns a style on, from the usual one."""
    on = {1: style.bold, 2: style.dim, 3: style.italic, 4: style.underline}
    codes = [code for code, is_on in on.items() if is_on]
    if style.colour is not None:
        codes.append(30 + style.colour if style.colour < 8 else 82 + style.colour)
    return f"\x1b[{';'.join(map(str, codes))}m"


def _picture(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code < 0x20:
        return chr(0x2400 + code)
    return "␡" if code == 0x7F else f"⟨U+{code:04X}⟩"


def _changed(style: Style, codes: str) -> Style:
    numbers = [int(each or 0) for each in codes.replace(":", ";").split(";")]
    while numbers:
        number = numbers.pop(0)
        if number == 0:
            style = PLAIN
        elif number in (38, 48):
            style = _extended(style, number, numbers)
        else:
            style = _simple(style, number)
    return style


def _simple(style: Style, number: int) -> Style:
    if 30 <= number <= 37:
        return replace(style, colour=number - 30)
    if 90 <= number <= 97:
        return replace(style, colour=number - 82)
    return replace(style, **(_ON | _OFF).get(number, {}))  # type: ignore[arg-type]


def _extended(style: Style, number: int, rest: list[int]) -> Style:
    """``38;5;N`` and ``38;2;R;G;B`` (ISO 8613-6): beyond the sixteen they are not drawn."""
    kind = rest.pop(0) if rest else 0
    taken = [rest.pop(0) for _ in range({5: 1, 2: 3}.get(kind, 0)) if rest]
    if number == 38 and kind == 5 and taken and taken[0] < 16:
        return replace(style, colour=taken[0])
    return style
