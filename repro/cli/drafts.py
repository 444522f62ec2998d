"""``repro new``: a draft case from a ticket."""

from __future__ import annotations

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
