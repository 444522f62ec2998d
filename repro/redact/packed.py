"""What is in files that are packed: gzip, bzip2, xz, zip and tar, also within one another."""

from __future__ import annotations

import bz2
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator

#: Bytes that are unpacked at most, of all that is within one another; packages within one another;
#: members of one.
_MOST = 64 * 2**20
_DEPTH = 3
_MEMBERS = 10_000
#: What these raise for one that is damaged, or made to harm.
_TROUBLE = (
    OSError, EOFError, ValueError, RuntimeError, NotImplementedError, zlib.error, lzma.LZMAError,
    tarfile.TarError, zipfile.BadZipFile,
)  # fmt: skip
_TAR_MAGIC = slice(257, 262)


class _Room:
    """How many bytes may still be unpacked."""

    def __init__(self) -> None:
        self.left = _MOST

    def take(self, made: bytes) -> bytes:
        """Count what was unpacked; a member counts, also one of nothing."""
        self.left -= len(made) or 1
        return made


def contents(data: bytes) -> Iterator[bytes]:
    """What is packed in it, and the names of its members; nothing of what is no package.

    Of one that is damaged or large, what could be read.
    """
    return _contents(data, _DEPTH, _Room())


def _contents(data: bytes, depth: int, room: _Room) -> Iterator[bytes]:
    unpack = _unpacker(data)
    if unpack is None or not depth or room.left <= 0:
        return
    try:
        for each in unpack(data, room):
            yield each
            yield from _contents(each, depth - 1, room)
    except _TROUBLE:
        return


def _unpacker(data: bytes) -> Callable[[bytes, _Room], Iterator[bytes]] | None:
    for magic, unpack in _BY_MAGIC.items():
        if data.startswith(magic):
            return unpack
    return _tar if data[_TAR_MAGIC] == b"ustar" else None


def _gzip(data: bytes, room: _Room) -> Iterator[bytes]:
    """Member by member (RFC 1952, section 2.2)."""
    while data.startswith(b"\x1f\x8b") and room.left > 0:
        unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
        yield room.take(unpacker.decompress(data, room.left))
        data = unpacker.unused_data


def _bzip2(data: bytes, room: _Room) -> Iterator[bytes]:
    yield room.take(bz2.BZ2Decompressor().decompress(data, room.left))


def _xz(data: bytes, room: _Room) -> Iterator[bytes]:
    yield room.take(lzma.LZMADecompressor(memlimit=2 * _MOST).decompress(data, room.left))


def _zip(data: bytes, room: _Room) -> Iterator[bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        yield package.comment
        for member in package.infolist()[:_MEMBERS]:
            yield b"\n".join((member.filename.encode("utf-8", "replace"), member.comment))
            if member.flag_bits & 1 or room.left <= 0:  # encrypted, or too much
                continue
            with package.open(member) as file:
                yield room.take(file.read(room.left))


def _tar(data: bytes, room: _Room) -> Iterator[bytes]:
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as package:
        for _, member in zip(range(_MEMBERS), package, strict=False):
            names = (member.name, member.linkname, member.uname, member.gname)
            yield "\n".join((*names, str(member.pax_headers))).encode("utf-8", "replace")
            file = package.extractfile(member) if member.isreg() and room.left > 0 else None
            if file:
                yield room.take(file.read(room.left))


_BY_MAGIC = {
    b"\x1f\x8b": _gzip,
    b"BZh": _bzip2,
    b"\xfd7zXZ\0": _xz,
    b"PK\x03\x04": _zip,
}
