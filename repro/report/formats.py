"""The formats of a report: each is one file with a function ``render``."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

from repro.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from repro.model.account import Subject


class Format(NamedTuple):
    """Where it is made, how its files end, and its media type (RFC 6838)."""

    module: str
    suffix: str
    type: str


FORMATS = {
    "md": Format("repro.report.markdown", ".md", "text/markdown"),
    "html": Format("repro.report.html", ".html", "text/html"),
    "json": Format("repro.report.data", ".json", "application/json"),
    "junit": Format("repro.report.junit", ".xml", "application/xml"),
    "svg": Format("repro.report.svg", ".svg", "image/svg+xml"),
    "cast": Format("repro.report.cast", ".cast", "application/x-asciicast"),
    "kb": Format("repro.report.kb", ".md", "text/markdown"),
}


def check(name: str) -> None:
    """Raises InputError for a format that is none."""
    if name not in FORMATS:
        raise InputError(f"--format {name!r} should be one of {', '.join(FORMATS)}")


def render(
    subject: Subject,
    name: str,
    *,
    language: str = "en",
    templates: Path | None = None,
    cache: Path | None = None,
) -> str:
    """A report as text; compiled templates are kept in ``cache``.

    Raises InputError for a format, language or template that is none.
    """
    check(name)
    from repro.report.words import Words

    words = Words(language, templates, cache)
    made: str = import_module(FORMATS[name].module).render(subject, words)
    return made
