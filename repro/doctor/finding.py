"""The result of one look."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Finding:
    """What a check saw.  ``remedy`` says what to do; ``fix`` does it, where that is possible."""

    name: str
    state: Literal["ok", "warning", "trouble"]
    seen: str
    remedy: str = ""
    fix: Callable[[Callable[[str], None]], None] | None = None
