"""An archive, opened and looked through: nothing of it is used before all of it was seen."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from repro import files
from repro.archive import contents, tar
from repro.errors import ArchiveError, DiskFullError, NotFoundError, RecordError
from repro.model.record import RunSummary
from repro.record import read_run, verify

#: Bytes that are left free on the disk.
_SPARE = 64 * 2**20


class Reader:
    """An open archive.  ``archive`` says what is in it; nothing else was read yet."""

    def __init__(self, file: BinaryIO) -> None:
        self._members = tar.members(file)
        first = next(self._members, None)
        if first is None or PurePosixPath(first.name).name != contents.NAME:
            raise ArchiveError(f"its first member is not {contents.NAME}: no archive of repro's")
        if first.size > contents.MAX_INDEX:
            raise ArchiveError(f"{contents.NAME} is larger than {contents.MAX_INDEX} bytes")
        self.archive = contents.parse(b"".join(first.chunks()), os.fstat(file.fileno()).st_size)
        if first.name != f"{self.archive.run}/{contents.NAME}":
            raise ArchiveError(f"the member {first.name[:200]!r} lies in the folder of another run")

    def unpack(self, folder: Path, without: Collection[str] = ()) -> None:
        """Look through all members, and write them below a new folder, but for those ``without``.

        Raises ArchiveError naming the member that is not what ``archive`` says; DiskFullError.
        """
        wanted = {name: each for name, each in self.archive.files.items() if name not in without}
        _check_room(folder, sum(each.size for each in wanted.values()))
        left = dict(self.archive.files)
        for member in self._members:
            name = member.name.removeprefix(f"{self.archive.run}/")
            expected = left.pop(name, None) if name != member.name else None
            if expected is None:
                raise ArchiveError(
                    f"the member {member.name[:200]!r} is there twice, or {contents.NAME} does "
                    "not name it"
                )
            if member.size != expected.size:
                raise ArchiveError(f"{name} is {member.size} bytes; it should be {expected.size}")
            digest = _written(member, folder / name if name in wanted else None)
            if digest != expected.sha256:
                raise ArchiveError(f"the content of {name} was changed: its SHA-256 is another")
        if left:
            raise ArchiveError(f"the member {next(iter(left))!r} is missing")


@contextmanager
def reading(path: Path) -> Iterator[Reader]:
    """Open an archive.  Raises ArchiveError; RecordError where the disk does not let it be read."""
    with _opened(path) as file, files.trouble(f"cannot unpack {path}"):
        yield Reader(file)


def check_run(folder: Path, run: str) -> RunSummary:
    """The summary of a run that was unpacked.  Raises ArchiveError where it is not whole."""
    try:
        problems = verify(folder)
        record = read_run(folder)
    except (RecordError, NotFoundError) as error:
        raise ArchiveError(f"the run in the archive cannot be read: {error.what}") from None
    if problems:
        raise ArchiveError(f"the run in the archive is not whole: {problems[0]}")
    if record.summary is None or {record.header.run, record.summary.run} != {run}:
        raise ArchiveError("the header and the summary in the archive are of another run")
    return record.summary


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    """A regular file, wherever links lead to it; a pipe would keep us waiting."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError as error:
        raise ArchiveError(
            f"cannot open {path}: {error.strerror}", action="name an archive that you may read"
        ) from None
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise ArchiveError(f"{path} is no file", action="name the archive itself")
    with os.fdopen(fd, "rb") as file:
        yield file


def _check_room(folder: Path, size: int) -> None:
    free = shutil.disk_usage(folder).free - _SPARE
    if size > free:
        raise DiskFullError(f"the archive takes {size} bytes; {max(0, free)} are free in {folder}")


def _written(member: tar.Member, target: Path | None) -> str:
    """The SHA-256 of a member; its content is written to a new file, where one is wanted."""
    digest = hashlib.sha256()
    fd = -1
    if target is not None:
        files.make_folders(target.parent)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        fd = os.open(target, flags, files.FILE_MODE)
    try:
        for chunk in member.chunks():
            digest.update(chunk)
            if fd >= 0:
                files.write_all(fd, chunk)
    finally:
        if fd >= 0:
            os.close(fd)
    return digest.hexdigest()
