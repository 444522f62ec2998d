from __future__ import annotations

from datetime import date, timedelta

from repro.site.chart import HEIGHT, single, stacked
from repro.site.trends import WEEKS, Trends
from tests.unit.site.samples import BEGAN, run

DAY = 24


def test_runs_are_counted_by_the_week_that_they_began_in() -> None:
    """The first of November 2026 is a Sunday."""
    trends = Trends()
    trends.add([run(DAY, verdict="inconclusive"), run(1), run(0, seconds=3.5)])
    (first, one), (second, other) = trends.shown()
    assert (first, second) == (date(2026, 10, 26), date(2026, 11, 2))
    assert (one.runs, one.verdicts["reproduced"], one.median_seconds) == (2, 2, 2.5)
    assert (other.runs, other.median_wait) == (1, None)


def test_from_the_first_run_to_the_end_of_the_first_with_a_verdict() -> None:
    trends = Trends()
    trends.add([run(5), run(2, seconds=10.0), run(0, verdict="environment-failed")])
    ((_, week),) = trends.shown()
    assert week.waits == [2 * 3600 + 10.0]


def test_a_case_without_a_verdict_waits_still() -> None:
    trends = Trends()
    trends.add([run(verdict="unfinished", seconds=None)])
    ((_, week),) = trends.shown()
    assert (week.median_wait, week.median_seconds) == (None, None)


def test_quiet_weeks_are_shown_and_only_the_last_ones() -> None:
    trends = Trends()
    trends.add([run(7 * DAY * 100), run(0)])
    shown = trends.shown()
    assert len(shown) == WEEKS
    assert [week.runs for _, week in shown] == [0] * (WEEKS - 1) + [1]
    assert shown[-1][0] == BEGAN.date() + timedelta(days=700 - 6)


def test_a_start_that_is_no_date_is_left_out() -> None:
    trends = Trends()
    trends.add([run(0, started="long ago")])
    assert trends.shown() == []


def test_bars_fill_the_height_and_no_more() -> None:
    trends = Trends()
    trends.add([run(8 * DAY), run(2, verdict="inconclusive"), run(1), run(0)])
    weeks = trends.shown()
    bars = stacked(weeks)
    assert [bar.value for bar in bars] == [3, 0, 1]
    assert sum(part.height for part in bars[0].parts) == HEIGHT
    assert [part.state for part in bars[0].parts] == ["affected", "unsure"]
    assert bars[0].parts[-1].y == 0
    highest = single(weeks, lambda week: week.median_seconds)
    assert [len(bar.parts) for bar in highest] == [1, 0, 1]
    assert single([], lambda week: week.runs) == stacked([]) == []
