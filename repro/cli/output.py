"""Prints a view: in colour on a terminal, as plain text elsewhere."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import RenderableType

#: Columns where the output is no terminal.
_PLAIN_WIDTH = 110


def show(view: RenderableType) -> None:
    """Print it to standard output."""
    from rich.console import Console

    width = None if sys.stdout.isatty() else _PLAIN_WIDTH
    Console(width=width, soft_wrap=False, highlight=False).print(view)
