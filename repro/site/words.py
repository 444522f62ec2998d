"""How the site says things: dates, states, counts.  What is made here may be shown as it is."""

from __future__ import annotations

import re

from repro.model.observation import Rate
from repro.report import text
from repro.report.looks import CLASSES
from repro.site.seen import Standing
from repro.site.shown import Passed

_MOMENT = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})T([0-9]{2}:[0-9]{2})")
#: The colour of each state: a class of report/page/base.css.
STATE_CLASS = {
    "back": "affected", "open": "affected", "flaky": "other", "cannot-tell": "unsure",
    "fixed": "clean", "none": "unsure",
}  # fmt: skip
_RECHECKED = {"fixed": "fixed in", "back": "back in", "cannot-tell": "cannot tell"}
_SEEN = {"open": "seen in", "fixed": "not seen in", "none": "no verdict"}


def day(moment: str) -> Passed:
    """The day of an ISO 8601 moment; empty for any other text."""
    found = _MOMENT.match(moment)
    return Passed(found[1] if found else "")


def minute(moment: str) -> Passed:
    """Day and time of an ISO 8601 moment in UTC; empty for any other text."""
    found = _MOMENT.match(moment)
    return Passed(f"{found[1]} {found[2]} UTC" if found else "")


def seconds(value: float | None) -> Passed:
    """A duration."""
    if value is not None and value >= 86400 * 2:
        return Passed(f"{value / 86400:.0f} days")
    return Passed(text.seconds(value))


def rate(found: Rate | None) -> Passed:
    """A rate with its bounds."""
    if found is None:
        return Passed("no verdict")
    share, low, high = (
        round(100 * each) for each in (found.reproduced / found.runs, found.low, found.high)
    )
    return Passed(f"{share} % ({low} to {high} %)")


def percent(share: float) -> Passed:
    """A share of one."""
    return Passed(f"{100 * share:.1f}")


def standing(found: Standing) -> str:
    """A state in words: of a recheck (``fixed in 3.2``), else of the newest run (``seen in``)."""
    words = _RECHECKED if found.rechecked else _SEEN
    said = words.get(found.kind, found.kind)
    if not found.version and said.endswith(" in"):
        said = said.removesuffix(" in")
    return f"{said} {found.version}" if found.version else said


def verdict_class(verdict: str) -> str:
    """The colour of a verdict; a newer repro may have others."""
    return CLASSES.get(verdict, "unsure")


def cell_class(reproduced: int, clean: int) -> str:
    """The colour of a cell, by its runs with a verdict."""
    if not reproduced + clean:
        return "unsure"
    if not reproduced:
        return "clean"
    return "other" if clean else "affected"
