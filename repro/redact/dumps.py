"""Dumps of bytes, as ``xxd``, ``od``, ``hexdump``, ``tcpdump -X``, ``curl --trace`` and debuggers
print them, read as the text they show.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from itertools import takewhile

#: Lines of an offset and what stands there; it begins with a sign that is quickly found.
_LINE = r"\n[ \t]*(?:0x)?[0-9a-fA-F]{4,16}:?[ \t]{1,60}\S[^\n]*"
_BLOCK = re.compile(rf"{_LINE}(?:{_LINE}){{0,65536}}")
_OFFSET = re.compile(r"[ \t]*(?:0x)?[0-9a-fA-F]{4}")
#: Columns in which ``od -c`` and ``hexdump -c`` print a character.
_CELL = 4
_HEX = re.compile(r"[0-9a-fA-F]+")
_OCTAL = re.compile(r"[0-7]+")
#: Digits of one byte, or word, of most.
_WIDTHS = (2, 3, 4, 6, 8, 16)
#: Bytes that a line shows at most.
_MOST = 32
_ESCAPES = {"\\n": "\n", "\\r": "\r", "\\t": "\t", "\\0": "\0", "sp": " ", "nl": "\n", "cr": "\r",
            "ht": "\t", "nul": "\0"}  # fmt: skip


def blocks(text: str) -> Iterator[tuple[int, int]]:
    """Where dumps begin and end."""
    moved = 0
    if _OFFSET.match(text):
        text, moved = f"\n{text}", 1
    for found in _BLOCK.finditer(text):
        yield found.start() + 1 - moved, found.end() - moved


def read(block: str) -> Iterator[bytes]:
    """The bytes of a block, by every reading that is possible."""
    rows = [_row(line) for line in block.splitlines() if line.strip()]
    for width in {len(row[0]) for row in rows if row} & set(_WIDTHS):
        words = [word for row in rows for word in _words(row, width)]
        yield from _bytes(words, width)
    yield from _in_other_bases([word for row in rows for word in takewhile(str.isdigit, row)])
    rests = [_rest(line) for line in block.splitlines()]
    signs = (_sign(rest[at : at + _CELL].strip()) for rest in rests for at in _columns(rest))
    yield "".join(signs).encode("latin-1", "replace")
    yield "".join(rest[1:] for rest in rests).encode("utf-8", "surrogateescape")


def _columns(rest: str) -> range:
    return range(0, min(len(rest), _CELL * _MOST), _CELL)


def _rest(line: str) -> str:
    """What stands after the offset, with its blanks."""
    return line[len(line) - len(line.lstrip().lstrip("0123456789abcdefABCDEFx").lstrip(":")) :]


def _row(line: str) -> list[str]:
    """What stands after the offset; after one with a colon, up to the signs."""
    offset, _, rest = line.strip().partition(" ")
    words = (rest.strip().partition("  ")[0] if offset.endswith(":") else rest).split()
    return [word.removeprefix("0x") for word in words]


def _words(row: list[str], width: int) -> Iterator[str]:
    """The words of a line before those that show them as signs."""
    for word in row[:_MOST]:
        if len(word) > width or not _HEX.fullmatch(word) or len(word) % 2 != width % 2:
            return
        yield word


def _bytes(words: list[str], width: int) -> Iterator[bytes]:
    if width in (3, 6):
        size = width // 3
        if all(map(_OCTAL.fullmatch, words)):
            yield b"".join((int(word, 8) & 0xFFFF if size == 2 else int(word, 8) & 0xFF)
                           .to_bytes(size, "little") for word in words)  # fmt: skip
        return
    whole = [bytes.fromhex(word) for word in words]
    yield b"".join(whole)
    yield b"".join(each[::-1] for each in whole)


def _in_other_bases(words: list[str]) -> Iterator[bytes]:
    """Binary (``xxd -b``) and decimal (``od -tu1``, ``hexdump -d``)."""
    widths = {len(word) for word in words}
    base, size = (2, 1) if widths == {8} else (10, 2) if widths == {5} else (10, 1)
    with suppress(ValueError, OverflowError):  # of another base
        yield b"".join(int(word, base).to_bytes(size, "little") for word in words)


def _sign(word: str) -> str:
    """Of a cell of four columns."""
    return word if len(word) == 1 else _ESCAPES.get(word, " ")
