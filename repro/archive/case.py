"""The case of a recorded run, laid out as its author had it."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from repro import files
from repro.casefile.loading import LoadedCase, load, read_model
from repro.casefile.references import Profiles
from repro.errors import RecordError
from repro.model.case import Case
from repro.model.condition import PythonCondition, walk
from repro.record import case_text
from repro.record.folder import MAX_JSON

#: What stands where something was redacted (``repro.redact``), and what does so in YAML, where
#: brackets would be a list.
_MARK = re.compile(rb"\[(redacted[^\]\n]*)\]")
_MARK_IN_YAML = "<redacted"


def in_yaml(text: bytes) -> bytes:
    """A redacted text of YAML so that it can be read as such."""
    return _MARK.sub(lambda found: b"<" + found[1].replace(b":", b"") + b">", text)


def recorded_case(run: Path) -> Case:
    """The case as it was recorded; its files are not looked at.  Raises RecordError."""
    with tempfile.TemporaryDirectory(prefix="repro-case-") as folder:
        path = Path(folder, "case.yml")
        path.write_bytes(in_yaml(case_text(run)))
        return _read(path)


def lay_out(run: Path, folder: Path) -> Path:
    """Write the case, and the files that it names, into a new folder; the case's own file.

    Raises RecordError, also for a file that the case wants outside of its folder.
    """
    path = folder / "case.yml"
    with files.trouble("cannot lay out the case"):
        path.write_bytes(in_yaml(case_text(run)))
        for name in dict.fromkeys(_sources(_read(path))):
            if ".." in PurePosixPath(name).parts or name.startswith("/"):
                raise RecordError(f"the recorded case names the file {name!r}, outside of its own")
            kept = run / "files" / files.safe_path(name)
            if kept.is_file():  # of one that is missing, loading the case will say so
                target = folder / name
                files.make_folders(target.parent)
                target.write_bytes(files.read_bounded(kept, MAX_JSON))
    return path


def load_recorded(run: Path, profiles: Profiles) -> LoadedCase:
    """The recorded case as its author's file would be read.  Raises CaseError, RecordError."""
    with tempfile.TemporaryDirectory(prefix="repro-case-") as folder:
        return load(lay_out(run, Path(folder)), profiles)


def _read(path: Path) -> Case:
    case, problems = read_model(Case, path)
    if case is None:
        raise RecordError(f"the recorded case cannot be read: {problems[0]}")
    return case


def is_redacted(value: str) -> bool:
    """Whether something stands in place of a recorded value, or of a part of it."""
    return _MARK.search(value.encode()) is not None


def redacted_places(text: bytes) -> list[str]:
    """Where a case says that something was redacted: the lines, with their numbers."""
    lines = text.decode("utf-8", "replace").splitlines()
    return [
        f"line {at}: {line.strip()}"
        for at, line in enumerate(lines, 1)
        if _MARK_IN_YAML in line or is_redacted(line)  # a value marked `secret` is hidden again
    ]


def _sources(case: Case) -> Iterator[str]:
    workarounds = [file for each in case.workarounds for file in each.files]
    for file in (*case.files, *workarounds):
        if file.source is not None:
            yield file.source
    for condition in walk((*case.symptom, *case.healthy)):
        if isinstance(condition, PythonCondition):
            yield condition.python
