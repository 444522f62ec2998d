"""Runs and campaigns in a home, as if they had been made there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from repro import casefile
from repro.model.account import Subject
from repro.model.case import Case
from repro.model.record import RunRecord, RunSummary
from repro.record.campaigns import open_campaign
from repro.record.folder import open_run
from repro.record.history import History
from repro.redact.known import Redactor
from repro.settings import Settings


def keep(settings: Settings, record: RunRecord, case: Case, campaign: str = "") -> Path:
    """Write a run's folder, and its line in the history."""
    assert record.plan is not None
    assert record.lock is not None
    assert record.verdict is not None
    assert record.summary is not None
    header = record.header.model_copy(update={"campaign": campaign})
    text = casefile.dumps(case).encode()
    recorder = open_run(settings, header, text, {}, record.plan, redactor=Redactor())
    for observation in record.observations:
        recorder.observe(observation)
    recorder.lock(record.lock)
    recorder.verdict(record.verdict)
    summary: RunSummary = record.summary.model_copy(update={"campaign": campaign})
    recorder.close(summary)
    with History(settings.history_url) as history:
        history.add(summary, recorder.folder)
    return recorder.folder


def keep_campaign(settings: Settings, found: Subject, *cases: Case) -> str:
    """Write a campaign's folder; its id."""
    assert found.campaign is not None
    header, options = found.campaign.header, dict[str, Any]()
    digests = {case.id: "0" * 64 for case in cases}
    with open_campaign(settings, header.kind, header.title, options, digests) as log:
        for case in cases:
            log.add_case(case.id, casefile.dumps(case).encode(), {})
        for outcome in found.campaign.outcomes:
            log.outcome(outcome)
        if found.campaign.summary is not None:
            log.close(found.campaign.summary)
        return log.campaign
