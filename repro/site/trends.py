"""Runs by week: how many, with which verdicts, and how long an answer took.  Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from statistics import median

from repro.record.history import RunLine

#: Weeks that are shown.
WEEKS = 52
_WEEK = timedelta(days=7)


@dataclass(slots=True)
class Week:
    """``seconds`` of its finished runs; ``waits`` until the first verdict of the cases begun in it,
    in seconds.
    """

    verdicts: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)

    @property
    def runs(self) -> int:
        """All of them."""
        return self.verdicts.total()

    @property
    def median_seconds(self) -> float | None:
        """Of a run."""
        return median(self.seconds) if self.seconds else None

    @property
    def median_wait(self) -> float | None:
        """From a case's first run to its first verdict."""
        return median(self.waits) if self.waits else None


class Trends:
    """The weeks, by their Mondays (UTC)."""

    def __init__(self) -> None:
        self.weeks: dict[date, Week] = {}
        self._of_day: dict[str, Week | None] = {}

    def add(self, runs: Sequence[RunLine]) -> None:
        """Count all runs of a case, the newest first."""
        for run in runs:
            week = self._week(run.started[:10])
            if week is None:
                continue
            week.verdicts[run.verdict] += 1
            if run.seconds is not None and not run.interrupted:
                week.seconds.append(run.seconds)
        wait = _wait(runs)
        if wait is not None and (week := self._week(runs[-1].started[:10])):
            week.waits.append(wait)

    def shown(self) -> list[tuple[date, Week]]:
        """The last weeks up to that of the newest run, also those without any."""
        if not self.weeks:
            return []
        last = max(self.weeks)
        first = max(min(self.weeks), last - (WEEKS - 1) * _WEEK)
        count = (last - first) // _WEEK + 1
        days = [first + number * _WEEK for number in range(count)]
        return [(day, self.weeks.get(day, Week())) for day in days]

    def _week(self, day: str) -> Week | None:
        """The week of a day; None for what is no date."""
        if day not in self._of_day:
            monday = _monday(day)
            self._of_day[day] = self.weeks.setdefault(monday, Week()) if monday else None
        return self._of_day[day]


def _monday(day: str) -> date | None:
    try:
        found = date.fromisoformat(day)
    except ValueError:
        return None
    return found - timedelta(days=found.weekday())


def _wait(runs: Sequence[RunLine]) -> float | None:
    """Seconds from the beginning of a case's first run to the end of the first with a verdict."""
    valid = ("reproduced", "not-reproduced")
    done = next((run for run in reversed(runs) if run.verdict in valid), None)
    if done is None:
        return None
    begun, ended = _moment(runs[-1].started), _moment(done.started)
    if begun is None or ended is None:
        return None
    return (ended - begun).total_seconds() + (done.seconds or 0.0)


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
