"""``repro site``: the history as a static site."""

from __future__ import annotations

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
