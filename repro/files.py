"""Reading and writing with care: whole lines, whole files, for the owner alone, no way outside."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from urllib.parse import quote

from repro.errors import DiskFullError, RecordError

FILE_MODE = 0o600
FOLDER_MODE = 0o700
#: Beginning of the names of files that are not finished yet.
TEMPORARY = ".tmp-"
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_MAX_NAME = 120
_MAX_DEPTH = 24


@contextmanager
def trouble(what: str) -> Iterator[None]:
    """Turn an operating system's error into DiskFullError or RecordError."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise DiskFullError(f"{what}: {error.strerror}") from error
        raise RecordError(
            f"{what}: {error.strerror or error}",
            action="see that the folder exists and belongs to you",
        ) from error


def make_folders(folder: Path) -> None:
    """Make a folder, and those above it that are missing, for the owner alone."""
    if not folder.is_dir():
        make_folders(folder.parent)
        folder.mkdir(FOLDER_MODE, exist_ok=True)


def write_all(fd: int, data: bytes) -> None:
    """Write all of it; one system call unless the system cuts it short."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(fd, rest) :]


def write_atomic(path: Path, data: bytes) -> None:
    """Write a file so that it is there as a whole or not at all."""
    temporary = path.with_name(TEMPORARY + os.urandom(6).hex())
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    try:
        fd = os.open(temporary, flags, FILE_MODE)
        try:
            write_all(fd, data)
        finally:
            os.close(fd)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


class Appender:
    """A file that only grows by whole lines.

    A line that was written is in the kernel's hands: it survives the end of this process, however
    sudden.  A write that the disk had no room for is taken back, so the file stays readable.
    """

    def __init__(self, path: Path) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW
        self._fd: int = os.open(path, flags, FILE_MODE)
        self.size = os.fstat(self._fd).st_size

    def append(self, line: bytes) -> None:
        """Add one line, which ends in a newline."""
        try:
            write_all(self._fd, line)
        except OSError:
            os.ftruncate(self._fd, self.size)
            raise
        self.size += len(line)

    def close(self) -> None:
        """Close it; may be called again."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)


def is_held(path: Path) -> bool:
    """Whether a process that lives holds the lock of this file (flock(2))."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        return False
    finally:
        os.close(fd)


@contextmanager
def locked_file(path: Path) -> Iterator[int]:
    """A file that one process at a time writes from its beginning; others wait.  Raises OSError.

    It may be moved, or removed, while it is held.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    while True:
        fd = os.open(path, flags, FILE_MODE)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX)
            if os.path.lexists(path) and os.path.samestat(os.fstat(fd), path.lstat()):
                os.ftruncate(fd, 0)
                yield fd
                return
        finally:
            os.close(fd)


def safe_path(path: str) -> PurePosixPath:
    """A path from a node or a case as one that stays where it is put, distinct for distinct paths.

    Odd characters, and a dot at the beginning (so ``..`` too), are written as in a URL; what is too
    long or too deep is shortened with a hash of the whole.
    """
    parts = [part for part in path.split("/") if part not in ("", ".")]
    names = [_safe_name(part) for part in parts[:_MAX_DEPTH]]
    if not names or len(parts) > _MAX_DEPTH:
        names = [*names[:1], _digest(path)]
    return PurePosixPath(*names)


def hashed_path(path: str) -> PurePosixPath:
    """A name for a path that cannot be put where ``safe_path`` says."""
    return PurePosixPath(f"%{_digest(path)}")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:24]


def _safe_name(part: str) -> str:
    name = quote(part, safe="@+=,:~ ()[]{}!#$^&;", errors="surrogatepass")
    if name.startswith("."):
        # No name of a run folder begins with a dot: those are its own unfinished files.
        name = "%2E" + name[1:]
    return name if len(name) <= _MAX_NAME else f"{name[:80]}%{_digest(part)}"


def read_bounded(path: Path, limit: int) -> bytes:
    """A regular file of at most ``limit`` bytes.  Raises RecordError for anything else."""
    with trouble(f"cannot read {path}"), open_regular(path) as fd:
        if os.fstat(fd).st_size > limit:
            raise RecordError(
                f"{path} is larger than {limit} bytes", cause="it was not written by repro"
            )
        with open(fd, "rb", closefd=False) as file:
            return file.read(limit)


@contextmanager
def open_regular(path: Path) -> Iterator[int]:
    """A file descriptor of a regular file; a link, pipe or device is refused with RecordError."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise _not_regular(path) from None
        raise
    try:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise _not_regular(path)
        yield fd
    finally:
        os.close(fd)


def _not_regular(path: Path) -> RecordError:
    return RecordError(f"{path} is no regular file", cause="it was not written by repro")


def sha256(path: Path) -> tuple[str, int]:
    """SHA-256 in hexadecimal and size of a regular file."""
    with trouble(f"cannot read {path}"), open_regular(path) as fd:
        with open(fd, "rb", closefd=False) as file:
            digest = hashlib.file_digest(file, "sha256")
        return digest.hexdigest(), os.fstat(fd).st_size


def tree(folder: Path, limit: int = 100_000) -> list[str]:
    """Every entry below a folder that is no folder, relative, sorted; links are not followed."""
    found: list[str] = []
    pending = [folder]
    while pending:
        here = pending.pop()
        with trouble(f"cannot list {here}"), os.scandir(here) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    pending.append(Path(entry.path))
                else:
                    found.append(os.path.relpath(entry.path, folder))
        if len(found) + len(pending) > limit:
            raise RecordError(f"{folder} holds over {limit} files", cause="it is no run folder")
    return sorted(found)
