"""The history as a table."""

from __future__ import annotations

from collections.abc import Sequence

from repro.model.record import HistoryRun
from repro.report.looks import STYLES
from repro.report.text import Line, Part, columns, line, one_line, seconds


def show_history(runs: Sequence[HistoryRun]) -> list[Line]:
    """One line a run, in the order given."""
    if not runs:
        return [line("no runs")]
    names = ("run", "verdict", "os", "version", "topology", "took", "reason")
    rows: list[list[Part]] = [[(name, "bold") for name in names]]
    rows += [_row(run) for run in runs]
    return columns(rows)


def _row(run: HistoryRun) -> list[Part]:
    return [
        run.run,
        (run.verdict, STYLES[run.verdict]),
        run.os,
        run.version or "-",
        run.topology,
        seconds(run.seconds),
        one_line(run.reason, 120),
    ]
