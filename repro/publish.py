"""What a report is made from: a run or a campaign, with all else that is known, redacted."""

from __future__ import annotations

from repro.model.account import Subject
from repro.record.read import find_run, read_run
from repro.redact import Outgoing
from repro.settings import Settings


def subject_of(
    settings: Settings, text: str, outgoing: Outgoing, *, against: str | None = None
) -> Subject:
    """The run or campaign that is meant.  Raises NotFoundError, RecordError."""
    return Subject(run=outgoing.model(read_run(find_run(settings, text))))
