"""A later judgement of a run, kept beside the first one."""

from __future__ import annotations

import fcntl
import os
from datetime import UTC, datetime
from pathlib import Path

from repro import files
from repro.model.observation import Verdict
from repro.model.record import Judgement, RunSummary
from repro.record import manifest
from repro.record.read import case_text as original_case
from repro.record.read import read_header, summary_of
from repro.redact.known import Redactor


def keep_judgement(
    folder: Path, verdict: Verdict, case_text: bytes | None = None, redactor: Redactor | None = None
) -> RunSummary | None:
    """Let ``verdict`` be the one in force; the run's own stays in its summary.

    ``case_text`` is the case that it was decided by (None: the run's own).  Returns the summary for
    the history, None where the run was never finished.  Raises RecordError, DiskFullError.
    """
    read_header(folder)
    redactor = redactor or Redactor.known()
    text = original_case(folder) if case_text is None else case_text
    with files.trouble(f"cannot keep a judgement in {folder}"):
        fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX)
            clean = Verdict.model_validate(redactor.tree(verdict.model_dump(mode="json")))
            _keep(folder, clean, redactor.data(text).decode("utf-8", "replace"))
        finally:
            os.close(fd)
    return summary_of(folder)


def _keep(folder: Path, verdict: Verdict, case_text: str) -> None:
    for left_over in folder.rglob(files.TEMPORARY + "*"):
        left_over.unlink()
    there = folder / "judgements"
    there.mkdir(files.FOLDER_MODE, exist_ok=True)
    number = 1 + max((int(path.stem) for path in there.glob("[0-9][0-9][0-9]*.json")), default=0)
    at = datetime.now(UTC).isoformat()
    kept = Judgement(number=number, at=at, verdict=verdict, case_text=case_text)
    files.write_atomic(there / f"{number:03}.json", kept.model_dump_json().encode() + b"\n")
    files.write_atomic(folder / "verdict.json", verdict.model_dump_json().encode() + b"\n")
    closed = manifest.read(folder)
    if closed is not None:
        manifest.write(folder, closed.redacted, closed.copy_of, closed.left_out)
