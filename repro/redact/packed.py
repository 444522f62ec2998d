"""What is in files that are packed: gzip, bzip2, xz, zip and tar, also within one another."""

from __future__ import annotations

import bz2
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator

#: Bytes that are unpacked of each at most, packages within one another, members of one.
_MOST = 64 * 2**20
_DEPTH = 3
_MEMBERS = 10_000
#: What these raise for one that is damaged, or made to harm.
_TROUBLE = (
    OSError, EOFError, ValueError, RuntimeError, NotImplementedError, zlib.error, lzma.LZMAError,
    tarfile.TarError, zipfile.BadZipFile,
)  # fmt: skip
_TAR_MAGIC = slice(257, 262)


def contents(data: bytes, depth: int = _DEPTH) -> Iterator[bytes]:
    """What is packed in it, and the names of its members; nothing of what is no package.

    Of one that is damaged or large, what could be read.
    """
    unpack = _unpacker(data)
    if unpack is None or not depth:
        return
    try:
        for each in unpack(data):
            yield each
            yield from contents(each, depth - 1)
    except _TROUBLE:
        return


def _unpacker(data: bytes) -> Callable[[bytes], Iterator[bytes]] | None:
    for magic, unpack in _BY_MAGIC.items():
        if data.startswith(magic):
            return unpack
    return _tar if data[_TAR_MAGIC] == b"ustar" else None


def _gzip(data: bytes) -> Iterator[bytes]:
    """Member by member (RFC 1952, section 2.2)."""
    room = _MOST
    while data.startswith(b"\x1f\x8b") and room > 0:
        unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
        made = unpacker.decompress(data, room)
        yield made
        room -= len(made) or 1
        data = unpacker.unused_data


def _bzip2(data: bytes) -> Iterator[bytes]:
    yield bz2.BZ2Decompressor().decompress(data, _MOST)


def _xz(data: bytes) -> Iterator[bytes]:
    yield lzma.LZMADecompressor(memlimit=2 * _MOST).decompress(data, _MOST)


def _zip(data: bytes) -> Iterator[bytes]:
    room = _MOST
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        yield package.comment
        for member in package.infolist()[:_MEMBERS]:
            yield b"\n".join((member.filename.encode("utf-8", "replace"), member.comment))
            if member.flag_bits & 1:  # encrypted
                continue
            with package.open(member) as file:
                made = file.read(room)
            yield made
            room -= len(made)


def _tar(data: bytes) -> Iterator[bytes]:
    room = _MOST
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as package:
        for _, member in zip(range(_MEMBERS), package, strict=False):
            about = (
                member.name,
                member.linkname,
                member.uname,
                member.gname,
                str(member.pax_headers),
            )
            yield "\n".join(about).encode("utf-8", "replace")
            file = package.extractfile(member) if member.isreg() else None
            made = file.read(room) if file else b""
            yield made
            room -= len(made)


_BY_MAGIC = {
    b"\x1f\x8b": _gzip,
    b"BZh": _bzip2,
    b"\xfd7zXZ\0": _xz,
    b"PK\x03\x04": _zip,
}
