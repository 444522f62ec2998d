"""What must not leave: known secrets while a record is written, all others before it goes out."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from repro.redact.outgoing import Outgoing

__all__ = ["Outgoing"]


def __getattr__(name: str) -> object:
    """What only reports need is imported when one is made: a run knows its secrets without."""
    if name != "Outgoing":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from repro.redact.outgoing import Outgoing

    return Outgoing
