"""Files to and from a container, as the archives that the engine takes and gives."""

from __future__ import annotations

import io
import tarfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence

from repro.ports import GuestFile

#: A bit of Go's os.FileMode, which the engine describes a file with.
IS_LINK = 1 << 27

#: Gives user and group number of an owner.
OwnerOf = Callable[[str], tuple[int, int]]


def pack(files: Sequence[GuestFile], owner_of: OwnerOf) -> bytes:
    """A tar archive for the root folder.  Folders above the files are left to the engine, which
    makes those that are missing and leaves those that are there as they are.
    """
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for file in files:
            member = tarfile.TarInfo(file.path.lstrip("/"))
            member.size = len(file.data)
            member.mode = file.mode
            member.mtime = int(time.time())
            member.uid, member.gid = owner_of(file.owner)
            archive.addfile(member, io.BytesIO(file.data))
    return buffer.getvalue()


def first_file(pieces: Iterable[bytes], limit: int) -> bytes | None:
    """The first ``limit`` bytes of the only file in a tar stream; None where it holds no file.

    The stream comes from a node and may hold anything: no more than needed is read, and nothing
    is written anywhere.
    """
    try:
        with tarfile.open(fileobj=Pieces(iter(pieces)), mode="r|") as archive:
            member = archive.next()
            if member is None or not member.isfile():
                return None
            content = archive.extractfile(member)
            return content.read(limit) if content is not None else None
    except tarfile.TarError:
        return None


class Pieces(io.RawIOBase):
    """Pieces of bytes as a file that can only be read onward."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = b""

    def readable(self) -> bool:
        """It can be read."""
        return True

    def read(self, size: int = -1) -> bytes:
        """So many bytes; fewer at the end."""
        while size < 0 or len(self._rest) < size:
            piece = next(self._pieces, None)
            if piece is None:
                break
            self._rest += piece
        size = len(self._rest) if size < 0 else size
        found, self._rest = self._rest[:size], self._rest[size:]
        return found


def numbers_of(owner: str, passwd: str) -> tuple[int, int] | None:
    """User and group number of ``NAME``, ``UID`` or ``UID:GID`` by a passwd(5) file."""
    if owner in ("root", "0", ""):
        return 0, 0
    user, _, group = owner.partition(":")
    for line in passwd.splitlines():
        fields = line.split(":")
        if len(fields) > 3 and user in (fields[0], fields[2]):
            return int(fields[2]), int(group) if group.isdigit() else int(fields[3])
    if user.isdigit():
        return int(user), int(group) if group.isdigit() else int(user)
    return None
