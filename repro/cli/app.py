"""The commands, and the options that all of them have."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from repro import __version__

app = typer.Typer(
    name="repro",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    help="Turn a customer case into an environment, a replay and a verdict with evidence.\n\n"
    "Start with: repro run cases/black-fstring-multiline.yml",
)


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"repro {__version__}")
        raise typer.Exit


@app.callback()
def common(
    debug: Annotated[bool, typer.Option("--debug", help="Show the trace of an error.")] = False,
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """Options that stand before the command."""
    if debug:
        os.environ["REPRO_DEBUG"] = "1"


def run() -> int:
    """Parse the command line and carry it out; the exit status."""
    from repro.cli import (
        archives,
        cache,
        campaigns,
        cases,
        doctor,
        drafts,
        environments,
        profiles,
        recheck,
        records,
        reports,
        runs,
        site,
        tickets,
        worker,
    )

    looking = (cases, records, environments, profiles, doctor, cache)
    leaving = (reports, tickets, drafts, archives, site)
    for group in (runs, campaigns, recheck, *leaving, *looking, worker):
        group.register(app)
    result = app(standalone_mode=False, prog_name="repro")
    return result if isinstance(result, int) else 0
