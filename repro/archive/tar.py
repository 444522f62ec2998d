"""A compressed tar, written so that equal contents are equal bytes, and read without trust.

What is read is the part of the format that is written here: regular files, and long names as
pax has them.  Everything else that tar can say (links, devices, folders, sparse files, owners,
other compressions) is refused by the name of the member that says it.
Source: POSIX.1-2017, pax, "ustar Interchange Format" and "pax Header Block".
"""

from __future__ import annotations

import gzip
import tarfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import BinaryIO, Self

from repro.errors import ArchiveError

#: Bytes of a pax header: a long name, and little else.
_MAX_HEADER = 16 * 1024
#: Bytes after the end of the last file: tar fills up its last record with zeros.
_MAX_TAIL = 1 << 20
_CHUNK = 1 << 20
_BLOCK = tarfile.BLOCKSIZE
_KINDS = {
    tarfile.LNKTYPE: "a hard link", tarfile.SYMTYPE: "a symbolic link", tarfile.CHRTYPE: "a device",
    tarfile.BLKTYPE: "a device", tarfile.DIRTYPE: "a folder", tarfile.FIFOTYPE: "a pipe",
}  # fmt: skip


class Writer:
    """Writes files one after another; owners, times and modes are the same for all."""

    def __init__(self, file: BinaryIO, level: int) -> None:
        self._packed = gzip.GzipFile("", "wb", compresslevel=level, fileobj=file, mtime=0)
        self._tar = tarfile.open(  # noqa: SIM115 - closed as this writer is
            fileobj=self._packed, mode="w", format=tarfile.PAX_FORMAT
        )

    def add(self, name: str, size: int, content: BinaryIO) -> None:
        """Add a file of ``size`` bytes.  Raises OSError, also where there are fewer."""
        member = tarfile.TarInfo(name)
        member.size = size
        self._tar.addfile(member, content)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            self._tar.close()
        self._packed.close()


@dataclass(frozen=True)
class Member:
    """A file of an archive; its content is to be read before the next member is."""

    name: str
    size: int
    _archive: _Archive

    def chunks(self) -> Iterator[bytes]:
        """The content, piece by piece.  Raises ArchiveError."""
        left = self.size
        while left:
            chunk = self._archive.take(min(left, _CHUNK), self.name)
            left -= len(chunk)
            yield chunk
        self._archive.take(-self.size % _BLOCK, self.name)


def members(file: BinaryIO) -> Iterator[Member]:
    """The files of an archive.  Raises ArchiveError naming the one that is not as it should be."""
    archive = _Archive(file)
    long_name = ""
    while (header := archive.header()) is not None:
        if header.type == tarfile.XHDTYPE and not long_name:
            long_name = _long_name(archive, header)
            continue
        name, long_name = long_name or header.name, ""
        if header.type != tarfile.REGTYPE:
            kind = _KINDS.get(header.type, "of a kind that repro does not write")
            raise ArchiveError(f"the member {name[:200]!r} is {kind}; all should be files")
        yield Member(name, header.size, archive)
    archive.end()


class _Archive:
    """The unpacked bytes of an archive, from the first to the last."""

    def __init__(self, file: BinaryIO) -> None:
        self._bytes = gzip.GzipFile(fileobj=file, mode="rb")

    def take(self, size: int, name: str) -> bytes:
        """So many bytes."""
        data = self._read(size)
        while len(data) < size:
            more = self._read(size - len(data))
            if not more:
                raise ArchiveError(f"the archive ends in the middle of {name[:200]!r}")
            data += more
        return data

    def header(self) -> tarfile.TarInfo | None:
        """The next header; None at the end."""
        block = self.take(_BLOCK, "a header")
        if not block.strip(b"\0"):
            return None
        try:
            found = tarfile.TarInfo.frombuf(block, "utf-8", "strict")
        except (tarfile.HeaderError, ValueError) as error:
            raise ArchiveError(
                "the archive holds what is no header of tar", cause=str(error)
            ) from None
        if found.size < 0:
            raise ArchiveError(f"the member {found.name[:200]!r} has no size")
        return found

    def end(self) -> None:
        """Nothing but zeros follows, and not many."""
        tail = self._read(_MAX_TAIL + 1)
        if len(tail) > _MAX_TAIL or tail.strip(b"\0"):
            raise ArchiveError("the archive goes on after its end")

    def _read(self, size: int) -> bytes:
        try:
            return self._bytes.read(size)
        except EOFError:
            raise ArchiveError(
                "the archive is cut off", cause="it was not written or copied to its end"
            ) from None
        except (gzip.BadGzipFile, zlib.error) as error:
            raise ArchiveError(
                "this is no archive of repro's, or it is damaged", cause=str(error)
            ) from None


def _long_name(archive: _Archive, header: tarfile.TarInfo) -> str:
    """The name of the member that follows: ``LENGTH path=NAME``, and nothing else."""
    if header.size > _MAX_HEADER:
        raise ArchiveError(f"a header of {header.size} bytes is larger than a name can be")
    data = archive.take(header.size, "a header")
    archive.take(-header.size % _BLOCK, "a header")
    length, space, rest = data.partition(b" ")
    key, equals, value = rest.removesuffix(b"\n").partition(b"=")
    if key != b"path" or not (space and equals) or length != str(len(data)).encode():
        raise ArchiveError(f"a header says {data[:100]!r}; it should hold a name and nothing else")
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        raise ArchiveError(f"the name {value[:100]!r} is no UTF-8") from None
