"""``repro cache``: the prepared images."""

from __future__ import annotations

from typing import Annotated

import typer

from repro.cli.options import AsJson


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(
        name="cache", no_args_is_help=True, rich_markup_mode=None, help="The prepared images."
    )
    group.command("ls", epilog="Example:\n\n  repro cache ls")(list_images)
    group.command(epilog="Examples:\n\n  repro cache prune\n\n  repro cache prune --all")(prune)
    app.add_typer(group)


def list_images(json: AsJson = False) -> None:
    """List the prepared images, the least recently used first."""
    import time

    from repro.cli.session import Session

    session = Session()
    found = session.provider.cached()
    if json:
        import dataclasses
        import json as encoder

        for each in found:
            print(encoder.dumps(dataclasses.asdict(each)))
        return
    for each in found:
        used = time.strftime("%Y-%m-%d %H:%M", time.localtime(each.used))
        print(f"{each.key[:12]}  {each.size / 2**20:7.0f} MiB  used {used}  {each.title}")
    total = sum(each.size for each in found) / 2**30
    budget = session.settings.cache_budget / 2**30
    print(f"{len(found)} images, {total:.1f} GiB of {budget:.0f} GiB")


def prune(
    all: Annotated[
        bool, typer.Option("--all", help="All of them, not only those beyond the budget.")
    ] = False,
) -> None:
    """Remove prepared images beyond the disk budget, the least recently used first."""
    from repro.cli.session import Session
    from repro.errors import EngineError

    provider = Session().provider
    removed = 0
    for each in provider.cached() if all else ():
        try:
            provider.forget(each.key)
        except EngineError as error:
            print(f"kept {each.key[:12]}: {error.what}")
            continue
        print(f"removed {each.key[:12]}  {each.title}")
        removed += 1
    for line in provider.sweep(lambda _text: None):
        print(f"removed {line}")
        removed += 1
    print(f"{removed} removed")
