"""The commands, and the options that all of them have."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from importlib import import_module
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


#: The commands of each file of this folder, in the order of the help.
COMMANDS = {
    "runs": ("run",),
    "campaigns": ("matrix", "bisect", "verify", "campaigns", "resume"),
    "recheck": ("recheck",),
    "reports": ("report",),
    "tickets": ("attach",),
    "drafts": ("new",),
    "archives": ("export", "import"),
    "site": ("site",),
    "cases": ("plan", "validate", "schema"),
    "records": ("show", "judge", "history", "diff"),
    "environments": ("up", "ls", "shell", "exec", "down", "gc"),
    "profiles": ("profiles",),
    "doctor": ("doctor",),
    "cache": ("cache",),
    "worker": ("worker",),
}


def run() -> int:
    """Parse the command line and carry it out; the exit status."""
    for name in _files(sys.argv[1:]):
        import_module(f"repro.cli.{name}").register(app)
    result = app(standalone_mode=False, prog_name="repro")
    return result if isinstance(result, int) else 0


def _files(arguments: Sequence[str]) -> Iterable[str]:
    """Those whose commands are made: all, unless the first word says which one is asked for.

    Making all takes longer than most commands do.
    """
    asked = [name for name, commands in COMMANDS.items() if arguments and arguments[0] in commands]
    return asked or COMMANDS
