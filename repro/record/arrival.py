"""A run that comes from elsewhere: made beside the others, and among them all at once."""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from repro import files
from repro.errors import RecordError
from repro.record import pending

_BESIDE = ".arriving-"
#: Seconds that a folder may be there before it is locked.
_GRACE = 60.0


@contextmanager
def beside(runs: Path) -> Iterator[Path]:
    """A folder that no reader takes for a run; gone afterwards, unless it was moved.

    What processes that were killed have left of such folders is removed first.  Raises OSError.
    """
    files.make_folders(runs / pending.FOLDER)
    clean(runs)
    made = runs / f"{_BESIDE}{os.urandom(8).hex()}"
    made.mkdir(files.FOLDER_MODE)
    fd = os.open(made, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)
        os.close(fd)


def clean(runs: Path) -> None:
    """Remove what nobody is making any more."""
    for left in runs.glob(f"{_BESIDE}*"):
        with suppress(OSError):
            if _is_old(left) and not files.is_held(left):
                shutil.rmtree(left, ignore_errors=True)


def place(made: Path, target: Path) -> None:
    """Let a finished folder be the run ``target``, for which there is no folder yet.

    The mark is there first, so that nothing is here which nobody tells the history of.  Raises
    RecordError where the run is here already, OSError.
    """
    try:
        target.mkdir(files.FOLDER_MODE)
    except FileExistsError:
        if not _is_abandoned(target):
            raise RecordError(f"there is a run {target.name} already") from None
    mark = pending.claim(target)
    try:
        made.rename(target)
    except BaseException:
        target.rmdir()
        pending.told(target)
        raise
    finally:
        os.close(mark)


def _is_abandoned(target: Path) -> bool:
    """Whether a process was killed between making the folder and filling it."""
    empty = target.is_dir() and not target.is_symlink() and not any(target.iterdir())
    return empty and _is_old(target) and not pending.goes_on(target)


def _is_old(folder: Path) -> bool:
    return time.time() - folder.stat().st_mtime > _GRACE
