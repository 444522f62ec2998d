"""``repro site``: the history as a static site."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from repro.cli.options import output_option


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        epilog="Examples:\n\n  repro site\n\n  repro site cases/ -o /srv/www/repro\n\n"
        "  repro site -o site --reports 3"
    )(site)


def site(
    catalogue: Annotated[
        list[Path] | None,
        typer.Argument(help="Case files, or folders of them: issues without runs are shown too."),
    ] = None,
    output: Annotated[Path, output_option("Its folder; nothing else may be in it.")] = Path("site"),
    reports: Annotated[
        int,
        typer.Option("--reports", min=0, help="Full reports of the newest runs of each issue."),
    ] = 0,
) -> None:
    """Make a static site of the history, or bring it up to date: for any web server, or as files.

    Only pages whose content changed are written.  All of it passes the redaction.
    """
    import gc

    from repro.casefile import load_many
    from repro.cli.session import Session
    from repro.site import build

    # A page's context refers to itself, and there are many pages; but looking for them takes time.
    gc.enable()
    gc.set_threshold(100_000)
    session = Session()
    loaded = load_many(catalogue, session.catalog) if catalogue else ()
    built = build(session.settings, output, session.catalog, catalogue=loaded, reports=reports)
    print(
        f"{output / 'index.html'}: {built.written} pages written, {built.kept} kept, "
        f"{built.removed} removed"
    )
    for kind, count in sorted(built.replaced.items()):
        print(f"  replaced: {kind}, {count} times")
