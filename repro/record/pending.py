"""Which runs the history has not been told of: a marked file for each, locked while a run goes on.

The lock ends with the process that holds it, however that ends; so a mark without one is that of a
run that is over, and whoever comes next can tell the history.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from pathlib import Path

from repro import files

#: In the folder of all runs.
FOLDER = ".pending"
#: Ending of a mark's name until it is locked.
_CLAIMING = ".claiming"


def claim(run: Path) -> int:
    """Mark a run as going on; the file descriptor holds the lock.  Raises OSError."""
    claiming = Path(f"{_mark(run)}{_CLAIMING}")
    fd = os.open(claiming, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, files.FILE_MODE)
    fcntl.flock(fd, fcntl.LOCK_EX)
    # Only now can others see it.
    claiming.rename(_mark(run))
    return fd


def told(run: Path) -> None:
    """The history knows of it."""
    _mark(run).unlink(missing_ok=True)


def goes_on(run: Path) -> bool:
    """Whether the process that writes this run still lives."""
    return files.is_held(_mark(run))


def ended(runs: Path) -> list[Path]:
    """Folders of marked runs that are over, oldest first.

    What a run left that was killed before there was anything to tell is removed.
    """
    over = _over(runs)
    for run in over:
        if not _tells(run):
            shutil.rmtree(run, ignore_errors=True)
            told(run)
    return [run for run in over if _tells(run)]


def untold(runs: Path) -> list[Path]:
    """The same for who only reads: nothing is removed."""
    return [run for run in _over(runs) if _tells(run)]


def _over(runs: Path) -> list[Path]:
    try:
        marks = sorted(path for path in (runs / FOLDER).iterdir() if path.suffix != _CLAIMING)
    except (FileNotFoundError, NotADirectoryError):
        return []
    return [run for run in (runs / mark.name for mark in marks) if not goes_on(run)]


def _tells(run: Path) -> bool:
    return (run / "run.json").is_file()


def _mark(run: Path) -> Path:
    return run.parent / FOLDER / run.name
