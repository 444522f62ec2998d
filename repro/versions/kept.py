"""Registries' answers, kept in files: whole or not at all, and never for want of a better one."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
from pathlib import Path

from pydantic import ValidationError

from repro.files import write_atomic
from repro.model.base import Frozen
from repro.settings import Settings
from repro.versions.release import Release
from repro.versions.web import Validators

#: Raised when answers are read otherwise than before: what is kept is then asked for as new.
_FORM = 2


class Kept(Frozen):
    """One answer, in order.  The file's time is when the registry last said that it stands."""

    releases: tuple[Release, ...]
    etag: str = ""
    modified: str = ""

    @property
    def validators(self) -> Validators:
        """To ask again with."""
        return Validators(self.etag, self.modified)


def digest(text: str) -> str:
    """A file's name for a text."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def file_of(settings: Settings, question: str) -> Path:
    """Where the answer to a question is kept."""
    return settings.cache / "versions" / f"{digest(f'{_FORM} {question}')}.json"


def age(file: Path) -> float:
    """Seconds since the registry was last asked; endless where the answer is of no known age."""
    try:
        seconds = time.time() - file.stat().st_mtime
    except OSError:
        return float("inf")
    return seconds if seconds >= 0 else float("inf")


def read(file: Path) -> Kept | None:
    """The answer, however old; a damaged one is none."""
    try:
        return Kept.model_validate(json.loads(file.read_bytes()))
    except (OSError, ValueError, ValidationError):
        return None


def write(file: Path, kept: Kept) -> None:
    """Whole or not at all.  Not being able to is no trouble: it is asked again."""
    with contextlib.suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(file, kept.model_dump_json().encode())


def still_stands(file: Path) -> None:
    """The registry was asked just now, and nothing has changed."""
    with contextlib.suppress(OSError):
        os.utime(file)
