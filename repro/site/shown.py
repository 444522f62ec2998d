"""What may be shown: every text from outside passes the redaction, once."""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from typing import Any

from markupsafe import Markup

from repro.redact import Outgoing
from repro.report.text import printable

#: Texts whose outcome is remembered.
_REMEMBERED = 50_000
_OURS = re.compile(r"[0-9]{8}-[0-9]{6}-(.*)-[0-9a-f]{4}")


class Passed(str):
    """A text that may be shown: it was looked through, or is our own."""

    __slots__ = ()


#: What is no text from outside.
_OWN = (Passed, Markup, int, float, date)


class Shown:
    """The redaction, which remembers what it was asked."""

    def __init__(self, outgoing: Outgoing) -> None:
        @lru_cache(_REMEMBERED)
        def text(given: str) -> Passed:
            return Passed(printable(outgoing.text(given)))

        self.text = text

    def any(self, value: Any) -> Any:
        """A value as a template shows it: numbers, dates and what was made here as they are."""
        return value if isinstance(value, _OWN) else self.text(str(value))

    def run(self, run: str, case: str) -> Passed:
        """A run's identifier.

        Of those that `repro run` makes, only the case in the middle can hold anything; there are
        so many of them that the rest is not looked through.
        """
        ours = _OURS.fullmatch(run)
        if ours is None or ours[1] != case[:60]:
            return self.text(run)
        shown = self.text(ours[1])
        return Passed(run if shown == ours[1] else f"{run[:16]}{shown}{run[-5:]}")
