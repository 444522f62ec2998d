"""A run folder on its way between machines: packed by a worker, unpacked into this record.

Not a tar: a list of names and sizes, and one compressed stream of the contents.  So there is no
way to say link, device or owner, and nothing is decompressed beyond the sizes that were declared.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from repro import files
from repro.errors import RecordError
from repro.model.record import RunSummary
from repro.record import arrival, manifest
from repro.record.read import read_header, summary_of

#: Bounds; what a recorder writes stays within them.
MAX_FILES = 20_000
MAX_BYTES = 2**30
MAX_NAME = 4096
MAX_RUN = 200
_LEVEL = 5
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Parcel:
    """A closed run folder.  ``files``: names and sizes, in the order of the contents."""

    run: str
    files: tuple[tuple[str, int], ...]
    data: bytes


def pack(folder: Path) -> Parcel:
    """All files of a closed run folder.  Raises RecordError for one that is too large."""
    sizes: list[tuple[str, int]] = []
    pieces: list[bytes] = []
    compressor = zlib.compressobj(_LEVEL)
    for name in files.tree(folder, MAX_FILES):
        size = 0
        for chunk in _chunks(folder / name):
            size += len(chunk)
            pieces.append(compressor.compress(chunk))
        sizes.append((name, size))
        _check_total(folder.name, sizes)
    pieces.append(compressor.flush())
    return Parcel(folder.name, tuple(sizes), b"".join(pieces))


def unpack(parcel: Parcel, runs: Path) -> tuple[RunSummary, Path]:
    """Put the run among the others, whole or not at all; the history is to be told of it.

    Raises RecordError for a parcel that is not what a worker packs, whose contents are not those
    of its manifest, or whose run is here already; DiskFullError.
    """
    _check(parcel)
    with files.trouble(f"cannot keep the run {parcel.run}"), arrival.beside(runs) as beside:
        made = beside / parcel.run
        made.mkdir(files.FOLDER_MODE)
        _write(parcel, made)
        summary = _checked(parcel, made)
        arrival.place(made, runs / parcel.run)
    return summary, runs / parcel.run


def _chunks(path: Path) -> Iterator[bytes]:
    with (
        files.trouble(f"cannot read {path}"),
        files.open_regular(path) as fd,
        open(fd, "rb", closefd=False) as file,
    ):
        while chunk := file.read(_CHUNK):
            yield chunk


# -- what a parcel may be ------------------------------------------------------------------


def _check(parcel: Parcel) -> None:
    if not _is_plain(parcel.run) or len(parcel.run) > MAX_RUN:
        raise _strange(parcel, f"{parcel.run!r} is no name of a run")
    if len(parcel.files) > MAX_FILES:
        raise _strange(parcel, f"it has over {MAX_FILES} files")
    _check_total(parcel.run, parcel.files)
    seen: set[str] = set()
    for name, size in parcel.files:
        if len(name) > MAX_NAME or not all(_is_plain(part) for part in name.split("/")):
            raise _strange(parcel, f"{name[:200]!r} is no place in a run folder")
        if size < 0 or name in seen:
            raise _strange(parcel, f"{name!r} is there twice, or has no size")
        seen.add(name)
    if manifest.NAME not in seen:
        raise _strange(parcel, "it has no manifest: the run was not finished")


def _is_plain(part: str) -> bool:
    """One part of a name as a recorder writes it: neither ``..`` nor anything hidden."""
    return bool(part) and part.isprintable() and part[0] != "." and "/" not in part


def _check_total(run: str, sizes: list[tuple[str, int]] | tuple[tuple[str, int], ...]) -> None:
    if sum(size for _, size in sizes) > MAX_BYTES:
        raise RecordError(
            f"the run {run} is larger than {MAX_BYTES} bytes",
            cause="its steps or the files it collects leave too much",
            action="let the case collect less",
        )


def _strange(parcel: Parcel, why: str) -> RecordError:
    return RecordError(
        f"what came back as the run {parcel.run[:100]!r} is no run folder: {why}",
        cause="the worker is damaged, of another version, or not to be trusted",
        action="look at that worker; the cell can be run again",
    )


# -- unpacking -----------------------------------------------------------------------------


def _write(parcel: Parcel, folder: Path) -> None:
    contents = _Contents(parcel)
    for name, size in parcel.files:
        target = folder / PurePosixPath(name)
        try:
            files.make_folders(target.parent)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
            fd = os.open(target, flags, files.FILE_MODE)
        except (FileExistsError, NotADirectoryError, IsADirectoryError):
            raise _strange(parcel, f"{name!r} is a file and a folder") from None
        try:
            for chunk in contents.take(size):
                files.write_all(fd, chunk)
        finally:
            os.close(fd)
    contents.end()


class _Contents:
    """The stream of contents; never more of it than was declared."""

    def __init__(self, parcel: Parcel) -> None:
        self._parcel = parcel
        self._stream = zlib.decompressobj()
        self._packed = memoryview(parcel.data)
        self._rest = b""

    def take(self, size: int) -> Iterator[bytes]:
        """The next so many bytes."""
        while size:
            chunk = self._next(min(size, _CHUNK))
            if not chunk:
                raise _strange(self._parcel, "its contents end early")
            size -= len(chunk)
            yield chunk

    def end(self) -> None:
        """There is nothing more."""
        more = self._next(1) or self._stream.unused_data or self._packed
        if more or not self._stream.eof:
            raise _strange(self._parcel, "it has more contents than files")

    def _next(self, most: int) -> bytes:
        while not self._stream.eof:
            if not self._rest:
                self._rest = bytes(self._packed[:_CHUNK])
                self._packed = self._packed[_CHUNK:]
            if not self._rest:
                return b""
            try:
                chunk = self._stream.decompress(self._rest, most)
            except zlib.error as error:
                raise _strange(self._parcel, str(error)) from None
            self._rest = self._stream.unconsumed_tail
            if chunk:
                return chunk
        return b""


def _checked(parcel: Parcel, folder: Path) -> RunSummary:
    problems = manifest.verify(folder)
    if problems:
        raise _strange(parcel, "; ".join(problems[:3]))
    header, summary = read_header(folder), summary_of(folder)
    if summary is None or header.run != parcel.run or summary.run != parcel.run:
        raise _strange(parcel, "its header and summary are of another run")
    return summary
