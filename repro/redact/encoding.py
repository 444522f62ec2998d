"""In which encoding a file is text; which files are none."""

from __future__ import annotations

import re
from collections.abc import Iterator

#: The first bytes of common formats that hold no text one could look through.
_MAGIC = (
    b"\x1f\x8b", b"PK\x03\x04", b"PK\x05\x06", b"BZh", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd",
    b"%PDF-", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"\x7fELF", b"SQLite format 3\0",
)  # fmt: skip
#: With a byte order mark; the longer ones first.
_MARKED = {
    b"\xff\xfe\0\0": "utf-32-le",
    b"\0\0\xfe\xff": "utf-32-be",
    b"\xff\xfe": "utf-16-le",
    b"\xfe\xff": "utf-16-be",
}
_CONTROL = bytes(set(range(32)) - set(b"\t\n\v\f\r\b\x1b")) + b"\x7f"
#: One control character in so many is more than text has.
_RARE = 100


def encoding_of(data: bytes) -> str | None:
    """The encoding; None for what is no text.

    UTF-8 is also said of one-byte encodings such as Latin-1: decode it with ``surrogateescape``.
    """
    if data.startswith(_MAGIC):
        return None
    for mark, encoding in _MARKED.items():
        if data.startswith(mark):
            return encoding if _reads(data, encoding) else None
    if b"\0" in data:
        return next((each for each in ("utf-16-le", "utf-16-be") if _reads(data, each)), None)
    rare = len(data) - len(data.translate(None, _CONTROL))
    return None if rare * _RARE > len(data) else "utf-8"


def _reads(data: bytes, encoding: str) -> bool:
    """Whether it is plain text in this encoding; half of it ASCII where that is a guess."""
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        return False
    marked = text.startswith("\ufeff")
    plain = len(text.encode("ascii", "ignore"))
    return "\0" not in text and (marked or plain * 2 >= len(text))


#: Text within bytes that are none: in one-byte encodings, and in UTF-16.
_WIDE = re.compile(rb"(?:[\t\n\r -~]\0){6,}")
_TO_LINES = bytes(code if 32 <= code < 127 or code in b"\t\n\r" else 10 for code in range(256))


def readable(data: bytes) -> str:
    """Bytes that are no text, as one of the same length: what is no sign of ASCII ends a line."""
    return data.translate(_TO_LINES).decode("ascii")


def wide_runs(data: bytes) -> Iterator[tuple[int, int, str]]:
    """Text in UTF-16 within such bytes: where it begins, the bytes of a character, and it."""
    for run in _WIDE.finditer(data):
        yield run.start(), 2, run[0][::2].decode("ascii")
