"""``repro report``: a run or a campaign, as its reader needs it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from repro.report.formats import FORMATS


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        epilog="Examples:\n\n  repro report last\n\n"
        "  repro report last --format html -o run.html\n\n"
        "  repro report last --lang ja --against 20261121-2241\n\n"
        "  repro report 20261122-021234-matrix --format junit"
    )(report)


def report(
    subject: Annotated[
        str, typer.Argument(metavar="RUN|CAMPAIGN", help="As `repro show` finds it.")
    ],
    format: Annotated[str, typer.Option("--format", "-f", help=f"{', '.join(FORMATS)}.")] = "md",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="A file; left out: standard output.")
    ] = None,
    language: Annotated[
        str | None, typer.Option("--lang", help="en or ja; left out: that of the settings.")
    ] = None,
    against: Annotated[
        str | None, typer.Option("--against", metavar="RUN", help="Compare the lock with its.")
    ] = None,
) -> int:
    """Say what a run or a campaign came to, for a ticket, a page or a program.

    Secrets, and what the settings say of the customer, are replaced; how much is told on stderr.
    """
    import sys

    from repro.cli.session import Session
    from repro.publish import subject_of
    from repro.redact import Outgoing
    from repro.report.formats import check, render

    check(format)
    settings = Session().settings
    outgoing = Outgoing.of(settings)
    found = subject_of(settings, subject, outgoing, against=against)
    text = render(
        found,
        format,
        language=language or settings.language,
        templates=settings.templates,
        cache=settings.cache / "templates",
    )
    if output is None:
        sys.stdout.write(text)
    else:
        _write(output, text)
    if counts := outgoing.counts:
        told = ", ".join(f"{kind}: {count}" for kind, count in counts.items())
        print(f"redacted: {told}", file=sys.stderr)
    return 0


def _write(path: Path, text: str) -> None:
    from repro.errors import InputError

    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise InputError(
            f"{path} cannot be written",
            cause=error.strerror or str(error),
            action="name a file, in a folder that is there and yours, with -o",
        ) from None
