"""``repro export``, ``import``: a run, whole, for somebody else."""

from __future__ import annotations

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
