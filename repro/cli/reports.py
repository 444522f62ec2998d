"""``repro report``: a run or a campaign, as its reader needs it."""

from __future__ import annotations

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
