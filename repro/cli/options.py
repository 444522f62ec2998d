"""The options that several commands have, each declared once.  ``groups`` puts some together."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

UNTIL = ("first", "decided", "all")
#: The engine that is this machine.
LOCAL = "local"

CaseFile = Annotated[Path, typer.Argument(help="A case file, or a run of it.")]
Os = Annotated[str | None, typer.Option("--os", help="Another OS profile, e.g. debian-13.")]
Version = Annotated[str | None, typer.Option("--version", help="Another version of the product.")]
Versions = Annotated[
    str | None,
    typer.Option("--version", help="A list, latest:5, all, or a range like 'vers:pypi/>=4.0|<6'."),
]
Prereleases = Annotated[bool, typer.Option("--pre", help="Pre-releases too.")]
Yanked = Annotated[bool, typer.Option("--yanked", help="Withdrawn releases too.")]
Topology = Annotated[str | None, typer.Option("--topology", help="Another topology profile.")]
Variables = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="A variable of the playbook.")
]
Fresh = Annotated[bool, typer.Option("--fresh", help="Do not use prepared images.")]
Runs = Annotated[
    int | None, typer.Option("--runs", min=1, max=10_000, help="Runs of each cell at most.")
]
Until = Annotated[str | None, typer.Option("--until", help=f"Stop at: {', '.join(UNTIL)}.")]
Jobs = Annotated[
    int | None,
    typer.Option("--jobs", "-j", min=1, help="Cells at a time; left out: by cores and memory."),
]
Engine = Annotated[
    str,
    typer.Option("--engine", help="local, or a Dask scheduler: tcp://HOST:PORT, tls://HOST:PORT."),
]
Attach = Annotated[
    bool, typer.Option("--attach", help="Tell the case's tickets; internally, where they can.")
]
Tickets = Annotated[
    list[str] | None,
    typer.Option("--ticket", metavar="SYSTEM:KEY", help="Tell this ticket; may be repeated."),
]
Public = Annotated[
    bool, typer.Option("--public", help="Let the customer see it; otherwise it is internal.")
]
Language = Annotated[
    str | None, typer.Option("--lang", help="en or ja; left out: that of the settings.")
]
Binary = Annotated[
    bool, typer.Option("--binary", help="Binary files too; what is found in them is overwritten.")
]
Budget = Annotated[
    str | None, typer.Option("--budget", help="Start nothing more after so long: 2h, 30min.")
]
Notify = Annotated[
    list[str] | None,
    typer.Option("--notify", help="Tell this address, as apprise reads it, of what changed."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


def output_option(help: str) -> Any:
    """Where a command writes to: what is meant differs, its name does not."""
    return typer.Option("--output", "-o", help=help)


def listed(text: str | None) -> tuple[str, ...]:
    """Names with commas between them, each once; none where the option is left out.

    Raises InputError for a text that names nothing.
    """
    from repro.errors import InputError

    if text is None:
        return ()
    names = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    if not names:
        raise InputError(f"{text!r} names nothing", action="write names with commas between them")
    return names
