"""The run folder and the history: what is kept of a run, and how it is found again."""

from repro.record.folder import Recorder, new_header, open_run
from repro.record.manifest import verify
from repro.record.read import case_text, find_run, read_run
from repro.record.rejudge import keep_judgement

__all__ = [
    "Recorder",
    "case_text",
    "find_run",
    "keep_judgement",
    "new_header",
    "open_run",
    "read_run",
    "verify",
]
