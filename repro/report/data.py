"""The JSON report: one document, versioned; its schema is published as docs/report.schema.json.

``repro-report/1`` may gain keys.  A key that goes away, or means something else, makes it
``repro-report/2``.
"""

from __future__ import annotations

import json
from typing import Any, Literal

from pydantic import ConfigDict, Field

from repro.model.account import Account, Related, Subject
from repro.model.base import Frozen
from repro.model.bisection import BisectAnswer
from repro.model.campaign import (
    CampaignKind,
    CampaignRecord,
    CellsAnswer,
    Outcome,
    VerifyAnswer,
)
from repro.model.case import Case, Known
from repro.model.observation import Observation, Verdict
from repro.model.plan import Cell
from repro.model.recheck import RecheckAnswer
from repro.model.record import Collected, Lock, RunRecord
from repro.report.account import account_of
from repro.report.answers import answer_of
from repro.report.diff import RunDiff, diff_runs
from repro.report.text import HIDDEN
from repro.report.words import Words

SCHEMA: Literal["repro-report/1"] = "repro-report/1"


class ReportedCase(Frozen):
    """What the case says of the issue."""

    id: str
    title: str
    severity: str
    tags: tuple[str, ...]
    tickets: tuple[str, ...]
    references: tuple[str, ...]
    known: Known | None


class ReportedRun(Frozen):
    """A run: its verdict with every finding, what it was decided from, and the lock.

    ``started`` is ISO 8601 (UTC), ``seconds`` the wall time of the whole run.
    """

    run: str
    tool: str
    started: str
    seconds: float | None
    cell: Cell
    case_digest: str
    overrides: dict[str, str]
    finished: bool
    verdict: Verdict | None
    observations: tuple[Observation, ...]
    lock: Lock | None
    collected: tuple[Collected, ...]
    notes: tuple[str, ...]


class ReportedCampaign(Frozen):
    """A campaign: its answer, by its kind, and every run of it.  No answer: it has not ended."""

    campaign: str
    kind: CampaignKind
    title: str
    tool: str
    started: str
    seconds: float | None
    headline: str
    answer: BisectAnswer | VerifyAnswer | RecheckAnswer | CellsAnswer | None
    outcomes: tuple[Outcome, ...]


class Report(Frozen):
    """The document.

    ``account`` is what the other formats tell, in codes.  ``run`` is the one that was asked for,
    or that shows a campaign's answer best; ``diff`` compares it with another one.  ``redacted``
    counts what was replaced, by kind.
    """

    # The schema is large, and nobody waits for it but this format.
    model_config = ConfigDict(defer_build=True)

    schema_: Literal["repro-report/1"] = Field(SCHEMA, alias="schema")
    account: Account | None
    case: ReportedCase | None
    run: ReportedRun | None
    campaign: ReportedCampaign | None
    related: Related
    diff: RunDiff | None
    redacted: dict[str, int]


def render(subject: Subject, words: Words) -> str:  # noqa: ARG001 - codes are of no language
    """The document as JSON; what cannot be seen, and may steer a terminal, as its escapes."""
    run, other = subject.run, subject.other
    made = Report(
        account=account_of(subject),
        case=_case(subject.case) if subject.case else None,
        run=_run(run) if run else None,
        campaign=_campaign(subject.campaign) if subject.campaign else None,
        related=subject.related,
        diff=diff_runs(run, other) if run and other else None,
        redacted=subject.redacted,
    )
    written = made.model_dump_json(by_alias=True, indent=2) + "\n"
    return HIDDEN.sub(lambda found: json.dumps(found[0])[1:-1], written)


def schema() -> dict[str, Any]:
    """The JSON Schema of the document, draft 2020-12."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Report.model_json_schema(by_alias=True, mode="serialization"),
        "title": "A report of repro",
    }


def _case(case: Case) -> ReportedCase:
    return ReportedCase(**{name: getattr(case, name) for name in ReportedCase.model_fields})


def _run(record: RunRecord) -> ReportedRun:
    header, summary = record.header, record.summary
    return ReportedRun(
        run=header.run,
        tool=header.tool,
        started=header.started,
        seconds=summary.seconds if summary else None,
        cell=header.cell,
        case_digest=header.case_digest,
        overrides=header.overrides,
        finished=record.finished,
        verdict=record.verdict,
        observations=record.observations,
        lock=record.lock,
        collected=record.collected,
        notes=record.notes,
    )


def _campaign(record: CampaignRecord) -> ReportedCampaign:
    header, summary = record.header, record.summary
    return ReportedCampaign(
        campaign=header.campaign,
        kind=header.kind,
        title=header.title,
        tool=header.tool,
        started=header.started,
        seconds=summary.seconds if summary else None,
        headline=summary.headline if summary else "",
        answer=answer_of(record),
        outcomes=record.outcomes,
    )
