"""The manifest: SHA-256 and size of every file of a run folder, so that a change is seen."""

from __future__ import annotations

import json
import os
from pathlib import Path

from pydantic import ValidationError

from repro.errors import RecordError
from repro.model.base import Frozen
from repro.record import files

NAME = "manifest.json"
_LIMIT = 64 * 2**20


class FileSum(Frozen):
    """One file: SHA-256 in hexadecimal, size in bytes."""

    sha256: str
    size: int


class Manifest(Frozen):
    """``manifest.json``.  ``redacted`` counts the secrets that were replaced while writing."""

    files: dict[str, FileSum]
    redacted: int = 0


def write(folder: Path, redacted: int) -> None:
    """Sum up all that is there.  Raises OSError."""
    sums = {}
    for name in _names(folder):
        digest, size = files.sha256(folder / name)
        sums[name] = {"sha256": digest, "size": size}
    content = {"files": sums, "redacted": redacted}
    files.write_atomic(folder / NAME, json.dumps(content, indent=1).encode() + b"\n")


def read(folder: Path) -> Manifest | None:
    """The manifest; None where the run was never closed."""
    if not os.path.lexists(folder / NAME):
        return None
    try:
        return Manifest.model_validate_json(files.read_bounded(folder / NAME, _LIMIT))
    except ValidationError as error:
        raise RecordError(f"{folder / NAME} cannot be read", cause=str(error)) from None


def verify(folder: Path) -> list[str]:
    """What differs from the manifest, a line each; empty when all is as it was written."""
    manifest = read(folder)
    if manifest is None:
        return [f"{NAME}: missing; the run was not finished"]
    there = set(_names(folder))
    problems = [f"{name}: missing" for name in manifest.files if name not in there]
    problems += [f"{name}: not in the manifest" for name in there if name not in manifest.files]
    for name in there & manifest.files.keys():
        expected = manifest.files[name]
        try:
            digest, size = files.sha256(folder / name)
        except RecordError as error:
            problems.append(f"{name}: {error.what}")
            continue
        if size != expected.size:
            problems.append(f"{name}: {size} bytes, was {expected.size}")
        elif digest != expected.sha256:
            problems.append(f"{name}: content was changed")
    return sorted(problems)


def _names(folder: Path) -> list[str]:
    return [name for name in files.tree(folder) if name not in (NAME, ".reserve")]
