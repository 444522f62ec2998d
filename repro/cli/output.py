"""Prints lines: in colour on a terminal, as plain text elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from repro.report.text import Line


def show(lines: Iterable[Line]) -> None:
    """Print them to standard output."""
    from repro.report.text import plain, renderable

    if not sys.stdout.isatty():
        print(plain(lines), end="")
        return
    from rich.console import Console

    Console(highlight=False).print(renderable(lines))
