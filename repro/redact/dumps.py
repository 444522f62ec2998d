"""Dumps of bytes, as ``xxd``, ``od`` and ``hexdump`` print them, read as the text they show."""

from __future__ import annotations

import re
from collections.abc import Iterator

#: Lines of an offset and what stands there; it begins with a sign that is quickly found.
_LINE = r"\n[ \t]*[0-9a-fA-F]{6,16}:?[ \t]{1,4}\S[^\n]*"
_BLOCK = re.compile(rf"{_LINE}(?:{_LINE}){{0,65536}}")
_OFFSET = re.compile(r"[ \t]*[0-9a-fA-F]{6}")
_HEX = re.compile(r"[0-9a-fA-F]+")
_OCTAL = re.compile(r"[0-7]+")
#: Digits of one byte, or word, of most.
_WIDTHS = (2, 3, 4, 6, 8)
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
    yield "".join(_sign(word) for row in rows for word in row[:_MOST]).encode("latin-1", "replace")


def _row(line: str) -> list[str]:
    """What stands after the offset; after one with a colon, up to the signs."""
    offset, _, rest = line.strip().partition(" ")
    return (rest.strip().partition("  ")[0] if offset.endswith(":") else rest).split()


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


def _sign(word: str) -> str:
    return word if len(word) == 1 else _ESCAPES.get(word, " ")
