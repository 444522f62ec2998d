"""Parts of a text that read as a text of their own: base64, hexadecimal, bytes, dumps of these."""

from __future__ import annotations

import binascii
import re
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from repro.redact.dumps import blocks, read

#: Base64 (RFC 4648); lines of 56 characters or more may go on in the next one.
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{16,}+={0,2}")
_NEXT_LINE = re.compile(r"""(?<!=)\r?\n[ \t]*([A-Za-z0-9+/_-]{2,}+={0,2})(?=["'\s]*(?:\n|\Z))""")
_LONG_LINE = 56
_HEX = re.compile(r"[0-9A-Fa-f]{2}(?:[ :,\r\n-]{0,3}[0-9A-Fa-f]{2}){11,}+")
#: Bytes as numbers: of JSON, of Go, of C.
_NUMBERS = re.compile(r"[\[({]\s{0,9}(\d{1,3}(?:,?\s{0,9}\d{1,3}(?!\d)){7,}+)(?![\w.])")
_NUMBERS_IN_HEX = re.compile(r"0x[0-9A-Fa-f]{2}(?:,?\s{0,9}0x[0-9A-Fa-f]{2}){7,}+")
_BETWEEN = dict.fromkeys(map(ord, " :,-\r\n"))
_STANDARD = str.maketrans("-_", "+/", "\r\n\t =")
#: How gzip (RFC 1952), zlib (RFC 1950), bzip2 and xz begin; bytes that are unpacked of them.
_PACKED = (b"\x1f\x8b\x08", b"x\x01", b"x\x9c", b"x\xda", b"BZh", b"\xfd7zXZ\0")
_UNPACKED = 4 * 2**20
#: A run of text in bytes that are none as a whole.
_RUN = re.compile(rb"[\t\n\r -~]{10,}")
#: To see quickly whether there is one.
_IN_A_RUN = bytes(code in b"\t\n\r" or 32 <= code < 127 for code in range(256))
_SHORTEST = b"\1" * 10
_NOT_TEXT = re.compile(r"[\x01-\x08\x0e-\x1a\x1c-\x1f]")


class Blob(NamedTuple):
    """Characters ``start`` to ``end`` of a text, decoded."""

    start: int
    end: int
    text: str


def blobs(text: str) -> Iterator[Blob]:
    """Parts that read as text when they are decoded."""
    done = 0
    for found in _BASE64.finditer(text):
        if found.start() >= done and not found[0].islower():  # a path, or a digest
            done = _last_line(text, found)
            packed = text[found.start() : done].translate(_STANDARD)
            for shift in range(4):
                for read in texts(_from_base64(packed[shift:])):
                    yield Blob(found.start(), done, read)
    for found in _HEX.finditer(text):
        packed = found[0].translate(_BETWEEN)
        for digits in (packed[: len(packed) & ~1], packed[1 : len(packed) - 1 + len(packed) % 2]):
            for read in texts(bytes.fromhex(digits)):
                yield Blob(*found.span(), read)
    yield from _numbers(text)


def _numbers(text: str) -> Iterator[Blob]:
    """Bytes that are written as numbers, decimal or in hexadecimal."""
    for found in _NUMBERS.finditer(text):
        codes = [int(code) for code in re.findall(r"\d+", found[1])]
        if max(codes) < 256:
            yield from (Blob(*found.span(1), read) for read in texts(bytes(codes)))
    for found in _NUMBERS_IN_HEX.finditer(text) if "0x" in text else ():
        data = bytes.fromhex("".join(re.findall(r"0x(..)", found[0])))
        yield from (Blob(*found.span(), read) for read in texts(data))


def dumps(text: str) -> Iterator[Blob]:
    """Dumps of bytes that read as text."""
    for start, end in blocks(text):
        for data in read(text[start:end]):
            for each in texts(data):
                yield Blob(start, end, each)


def _last_line(text: str, first: re.Match[str]) -> int:
    """Where base64 ends that begins with this line."""
    line: re.Match[str] | None = first
    start, end = first.span()
    while end - start >= _LONG_LINE and (line := _NEXT_LINE.match(text, end)):
        start, end = line.span(1)
    return end


def texts(data: bytes) -> Iterator[str]:
    """What can be read in bytes: all of it, also with NUL between words, else runs of ASCII."""
    if data.startswith(_PACKED):
        data = _unpacked(data)
    zeros = data.count(0)
    if zeros * 3 > len(data):
        yield data.replace(b"\0", b"").decode("latin-1")
        return
    try:
        text = data.decode()
    except UnicodeDecodeError:
        pass
    else:
        if not _NOT_TEXT.search(text):
            yield text
            return
    if _SHORTEST not in data.translate(_IN_A_RUN):
        return
    for run in _RUN.findall(data):
        yield run.decode()


def _unpacked(data: bytes) -> bytes:
    """What comes first of it, where it was cut or is large."""
    import bz2
    import lzma

    try:
        if data.startswith(b"BZh"):
            return bz2.BZ2Decompressor().decompress(data, _UNPACKED)
        if data.startswith(b"\xfd7z"):
            return lzma.LZMADecompressor().decompress(data, _UNPACKED)
        return zlib.decompressobj(zlib.MAX_WBITS | 32).decompress(data, _UNPACKED)
    except (OSError, lzma.LZMAError, zlib.error):
        return data


def _from_base64(packed: str) -> bytes:
    whole = packed[: len(packed) - (len(packed) % 4 == 1)]
    try:
        return binascii.a2b_base64(whole + "=" * (-len(whole) % 4))
    except binascii.Error:  # a sign of padding in the middle
        return b""
