"""The ticket comment: Markdown whose verdict comes first."""

from __future__ import annotations

from typing import Any

from repro.model.account import Subject
from repro.report.account import account_of
from repro.report.answers import answer_of
from repro.report.templating import fill
from repro.report.words import Words


def render(subject: Subject, words: Words) -> str:
    """The comment on a run or campaign.  Raises InputError for a template that is wrong."""
    return fill("report.md.j2", words, **context(subject))


def context(subject: Subject) -> dict[str, Any]:
    """What the templates get (templates/README.md)."""
    return {
        "subject": subject,
        "case": subject.case,
        "related": subject.related,
        "campaign": subject.campaign,
        "answer": answer_of(subject.campaign) if subject.campaign else None,
        "account": account_of(subject),
    }
