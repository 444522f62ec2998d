"""``repro attach``: a result, as a ticket's one comment."""

from __future__ import annotations

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
