"""Where output goes: lines to a terminal, in colour, or elsewhere, plain; and to a file."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from repro.errors import InputError

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


def unwritable(path: Path, error: OSError) -> InputError:
    """What to say of a file that was named with ``-o``."""
    return InputError(
        f"{path} cannot be written",
        cause=error.strerror or str(error),
        action="name a file, in a folder that is there and yours, with -o",
    )
