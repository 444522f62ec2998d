"""What may be shown: every text from outside passes the redaction, once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date
from functools import lru_cache
from typing import Any

from markupsafe import Markup, escape

from repro.redact import Outgoing
from repro.report.text import one_line, printable
from repro.site.output import digest

#: Texts whose outcome is remembered within a build, and of which it is from one to the next.
_REMEMBERED, _KEPT = 50_000, 100_000
_OURS = re.compile(r"[0-9]{8}-[0-9]{6}-(.*)-[0-9a-f]{4}")


class Passed(str):
    """A text that may be shown: it was looked through, or is our own."""

    __slots__ = ()


#: What is no text from outside.
_OWN = (Passed, Markup, int, float, date)


class Shown:
    """The redaction, which remembers what it was asked.

    ``clean`` are digests of texts that the same redaction left as they are: it takes most of the
    time of a page.
    """

    def __init__(self, outgoing: Outgoing, clean: Iterable[str] = ()) -> None:
        self._outgoing = outgoing
        self._clean = dict.fromkeys(clean)
        remembered = lru_cache(_REMEMBERED)
        self.text: Callable[[str], Passed] = remembered(self._text)
        self.html: Callable[[str], Markup] = remembered(lambda text: escape(self.text(text)))
        self.line: Callable[[str, int], Passed] = remembered(self._line)

    @property
    def clean(self) -> list[str]:
        """Of the texts that were left as they are; those that were asked for last, at the end."""
        return list(self._clean)[-_KEPT:]

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

    def _text(self, given: str) -> Passed:
        key = digest(given)
        if key in self._clean:
            self._clean[key] = self._clean.pop(key)
            return Passed(given)
        made = Passed(printable(self._outgoing.text(given)))
        if made == given:
            self._clean[key] = None
        return made

    def _line(self, given: str, limit: int) -> Passed:
        """Cut after it was looked through: what is cut is not recognised."""
        return Passed(one_line(self.text(given), limit))
