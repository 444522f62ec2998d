"""The manifest: SHA-256 and size of every file of a run folder, so that a change is seen."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from repro import files
from repro.errors import RecordError
from repro.model.base import Frozen

NAME = "manifest.json"
_LIMIT = 64 * 2**20


class FileSum(Frozen):
    """One file: SHA-256 in hexadecimal, size in bytes."""

    sha256: str
    size: int


class Manifest(Frozen):
    """``manifest.json``.  ``redacted`` counts the secrets that were replaced while writing.

    Of a copy that was made to leave, redacted once more, ``copy_of`` is the SHA-256 of the first
    manifest, and ``left_out`` says which of its files did not leave, and why.
    """

    files: dict[str, FileSum]
    redacted: int = 0
    copy_of: str | None = None
    left_out: dict[str, str] | None = None


def write(
    folder: Path,
    redacted: int,
    copy_of: str | None = None,
    left_out: Mapping[str, str] | None = None,
) -> None:
    """Sum up all that is there.  Raises OSError."""
    sums = {}
    for name in _names(folder):
        digest, size = files.sha256(folder / name)
        sums[name] = {"sha256": digest, "size": size}
    content: dict[str, object] = {"files": sums, "redacted": redacted}
    if copy_of is not None:
        content |= {"copy_of": copy_of, "left_out": dict(left_out or {})}
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
