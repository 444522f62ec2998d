"""What decides which cells run next: asked by the driver, and told each outcome."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from repro.model.campaign import Outcome
from repro.model.plan import Cell


class Strategy(Protocol):
    """Knows cells, not containers.  It never waits: it is asked, and it is told.

    Each cell that ``wanted`` names is run once more, and ``tell`` is called once for it with an
    outcome that counts: a verdict on the issue, or ``environment-failed`` when that stayed so after
    replacements.  It is called for each run that was replaced before, too, which does not count.
    What it does must follow from what it was told alone, so that a campaign which is gone on with
    comes to the same answer.
    """

    def wanted(self, room: int) -> Sequence[Cell]:
        """Up to ``room`` cells to start now, the most wanted first; each counts as running."""

    def tell(self, outcome: Outcome) -> None:
        """One of the cells has come to its end."""

    def soon(self) -> Sequence[Cell]:
        """Cells that may be wanted next, the likeliest first: their images can be made ahead."""

    @property
    def done(self) -> bool:
        """Whether nothing more is wanted, whatever is still to be told."""
