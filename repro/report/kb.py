"""The draft of a knowledge-base article: what was seen, what is only believed, what is missing."""

from __future__ import annotations

from repro.errors import InputError
from repro.model.account import Subject
from repro.report.markdown import context
from repro.report.templating import fill
from repro.report.words import Words


def render(subject: Subject, words: Words) -> str:
    """The article.  Raises InputError for a subject without a run, or a template that is wrong."""
    if subject.run is None:
        raise InputError(
            "an article is about one issue, and this campaign has no run to tell it by",
            action="name a run, or a campaign of one case",
        )
    return fill("article.md.j2", words, **context(subject))
