"""``repro report``: a run or a campaign, as its reader needs it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from repro.cli.options import Language, output_option
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
    output: Annotated[Path | None, output_option("A file; left out: standard output.")] = None,
    language: Language = None,
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
        _print(text)
    else:
        _write(output, text)
    if counts := outgoing.counts:
        told = ", ".join(f"{kind}: {count}" for kind, count in counts.items())
        print(f"redacted: {told}", file=sys.stderr)
    return 0


def _print(text: str) -> None:
    """A terminal gets its own encoding; a file or a program UTF-8, as the formats say of it."""
    import sys

    typer.echo(text if sys.stdout.isatty() else text.encode(), nl=False)


def _write(path: Path, text: str) -> None:
    from repro.cli.output import unwritable

    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise unwritable(path, error) from None
