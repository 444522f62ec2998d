"""A text as it would read once it was decoded: what is hidden from a search of the text itself.

A ``View`` is another reading of the whole text that knows where each of its characters came from:
escapes of URLs, HTML, JSON and programs, control sequences and invisible characters, soft breaks.
"""

from __future__ import annotations

import re
import sys
from bisect import bisect_right
from collections.abc import Callable, Iterator
from typing import Protocol

from repro.redact.hit import Extract

#: Characters around an escape that are read with it, within its line.
_NEAR = 8192


class _Unit(Protocol):
    """What is decoded at once: a pattern."""

    def finditer(self, text: str, /) -> Iterator[re.Match[str]]:
        """Where it stands."""


class View:
    """A text with parts of it decoded; only the lines that have such parts."""

    def __init__(self, text: str, unit: _Unit, decode: Callable[[str], str]) -> None:
        self._lines = Extract(text, _lines_with(text, unit))
        whole = self._lines.text
        parts: list[str] = []
        self._at: list[int] = []
        self._units: list[tuple[int, int, int]] = []  # from, to, length when decoded
        last = length = 0
        for found in unit.finditer(whole):
            start, end = found.span()
            piece = decode(found[0])
            length += start - last
            self._at.append(length)
            self._units.append((start, end, len(piece)))
            parts += (whole[last:start], piece)
            length += len(piece)
            last = end
        self.text = "".join([*parts, whole[last:]])

    def __bool__(self) -> bool:
        return bool(self._at)

    def origin(self, start: int, end: int) -> tuple[int, int]:
        """Where in the text itself a part of this reading is; whole escapes only."""
        first, last = self._place(start)[0], self._place(end - 1)[1]
        return self._lines.origin(first), self._lines.origin(last - 1) + 1

    def _place(self, index: int) -> tuple[int, int]:
        number = bisect_right(self._at, index) - 1
        if number < 0:
            return index, index + 1
        start, end, length = self._units[number]
        inside = index - self._at[number]
        if inside >= length:
            at = end + inside - length
            return at, at + 1
        wide, rest = divmod(end - start, length)
        return (start + inside * wide, start + (inside + 1) * wide) if not rest else (start, end)


def _lines_with(text: str, unit: _Unit) -> Iterator[tuple[int, int]]:
    """The lines in which such parts stand; of long ones what is near."""
    start = end = -1
    for found in unit.finditer(text):
        if found.end() <= end:
            continue
        first = text.rfind("\n", max(0, found.start() - _NEAR), found.start()) + 1
        last = text.find("\n", found.end(), found.end() + _NEAR)
        first = first or max(0, found.start() - _NEAR)
        if first > end:
            if end >= 0:
                yield start, end
            start = first
        end = last if last >= 0 else min(len(text), found.end() + _NEAR)
    if end >= 0:
        yield start, end


#: Characters that nobody sees: control characters, and what Unicode says may be ignored
#: (DerivedCoreProperties, Default_Ignorable_Code_Point), with its blanks and annotations.
_UNSEEN = (
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
#: With the control sequences and strings of ECMA-48 (of seven bits and of eight), and of XTerm.
_INVISIBLE = re.compile(
    rf"[{_UNSEEN}](?:(?:(?<=\x1b)\[|(?<=\x9b))[0-?]*[ -/]*[@-~]"
    rf"|(?:(?<=\x1b)[\]P_X^]|(?<=[\x90\x98\x9d-\x9f]))[^\x07\x1b\x9c\n]{{0,4096}}(?:[\x07\x9c]|\x1b\\)"
    rf"|(?<=\x1b)(?:[ -/]+[0-~]|[78=>c-~])|)[{_UNSEEN}]*?"
)
_QUOTES = "\u201c\u201d\u201e\u201f"
#: Marks by which HTML changes how a word looks, not which word it is.
_TAGS = re.compile(
    r"</?(?:a|b|big|code|em|font|i|kbd|mark|s|small|span|strong|sub|sup|tt|u|var|wbr)"
    r"(?:[\s/][^<>]{0,512})?>",
    re.IGNORECASE,
)
#: What typesetting makes of a space and of a quote.  Many programs print single ones like that,
#: and values are found between these without.
_TYPESET = re.compile("[\xa0\u2000-\u200a\u202f\u3000\u201c-\u201f]")
#: ASCII in the width of a Chinese character.
_WIDE = re.compile("[\uff01-\uff5e]")
_WIDE_LEADS = (b"\xef\xbc", b"\xef\xbd")
#: Signs that a terminal has gone back over, 16 of them at most.
_BACK = re.compile("\b{1,16}")


class _Struck:
    """As many signs as there are backspaces after them, and these."""

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        """All of them."""
        for back in _BACK.finditer(text):
            count = len(back[0])
            over = re.compile(rf"[^\n\b]{{{count}}}\x08{{{count}}}")
            if found := over.match(text, max(0, back.start() - count)):
                yield found


# Every alternative begins with a sign of its own: so it is quickly searched for.
_ESCAPED = re.compile(
    r"""%[0-9A-Fa-f]{2}(?:%[0-9A-Fa-f]{2})*(?:(?<=%3[ADad])\+)?
    | &(?:\#[0-9]{1,7};?|\#[xX][0-9A-Fa-f]{1,6};?|[A-Za-z][A-Za-z0-9]{1,30};)
    | \\x[0-9A-Fa-f]{2}(?:\\x[0-9A-Fa-f]{2})*
    | \\u[0-9A-Fa-f]{4}(?:\\u[0-9A-Fa-f]{4})*
    | \\u\{[0-9A-Fa-f]{1,6}\}
    | \\U000[0-9A-Fa-f]{5}
    | %u[0-9A-Fa-f]{4}
    | \\[0-7]{3}
    | \\\\(?:\\\\)*
    | \\[nrtbfae!-/:-@\[-`{-~ ]""",
    re.VERBOSE,
)
_SIGNS = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "a": "\a", "e": "\x1b"}
_B64 = "A-Za-z0-9+/_-"
#: Quoted-printable (RFC 2045, section 6.7).  The end of base64 is no soft line break, unless the
#: line is as long as lines are then.
_QUOTED_PRINTABLE = re.compile(
    r"=[0-9A-F]{2}(?:=[0-9A-F]{2})*"
    rf"|=(?:(?<=[^\n]{{73}}=)(?<![^\n]{{77}}=)|(?<![{_B64}]{{16}}=)(?<![{_B64}]{{16}}==))"
    r"[ \t]*\r?\n"
)
#: The end of a line that is so long that a terminal or a mailer may have broken it there.
_BROKEN = re.compile(
    r"\r\n(?<=[^\n]{59}[\w+/=.~-]\r\n)(?=[\w+/=.~-])|\n(?<=[^\n]{59}[\w+/=.~-]\n)(?=[\w+/=.~-])",
    re.ASCII,
)


def views(text: str) -> Iterator[View]:
    """Other readings of the whole text; none where nothing in it is encoded."""
    ascii_only = text.isascii()
    if not ascii_only or not text.isprintable():
        yield View(text, _INVISIBLE, lambda _unit: "")
    if not ascii_only and any(lead in text.encode(errors="replace") for lead in _WIDE_LEADS):
        yield View(text, _WIDE, lambda unit: chr(ord(unit) - 0xFEE0))
    if "</" in text or "<wbr" in text:
        yield View(text, _TAGS, lambda _unit: "")
    if "\b" in text:
        yield View(text, _Struck(), lambda _unit: "")
    if "%" in text or "&" in text or "\\" in text:
        yield View(text, _ESCAPED, _unescaped)
    if any(sign in text for sign in ("=3D", "=\n", "=\r\n")):
        yield View(text, _QUOTED_PRINTABLE, _printable)


def typed(text: str) -> View | None:
    """The text with the blanks and quotes that a keyboard has."""
    return (
        None
        if text.isascii()
        else View(text, _TYPESET, lambda unit: '"' if unit in _QUOTES else " ")
    )


def unbroken(text: str) -> View | None:
    """The text with lines joined that may have been broken within a word."""
    return View(text, _BROKEN, lambda _unit: "") if "\n" in text else None


def _unescaped(unit: str) -> str:
    """An escape, or several of the same kind in a row, of one character each."""
    match unit[0], unit[1]:
        case "%" | "\\", "u" | "U" if unit.count("u") + unit.count("U") == 1:
            made = _character(unit[2:].strip("{}"))
        case "%", _:
            made = _characters(unit.replace("%", "").rstrip("+")) + " " * unit.endswith("+")
        case "&", _:
            import html

            made = html.unescape(unit)
        case _, "x":
            made = _characters(unit.replace("\\x", ""))
        case _, "u":
            made = "".join(chr(int(code, 16)) for code in unit.split("\\u")[1:])
        case _, "\\":
            made = "\\" * (len(unit) // 2)
        case _, sign if sign.isdigit():
            made = chr(int(unit[1:], 8))
        case _, sign:
            made = _SIGNS.get(sign, sign)
    return made


def _character(code: str) -> str:
    """Of the number that it has in Unicode."""
    number = int(code, 16)
    return chr(number) if number <= sys.maxunicode else ""


def _printable(unit: str) -> str:
    """Of quoted-printable; a soft line break is nothing."""
    return _characters(unit.replace("=", "").strip())


def _characters(codes: str) -> str:
    """Bytes in hexadecimal, as text: UTF-8, else a character each."""
    data = bytes.fromhex(codes)
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")
