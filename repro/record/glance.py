"""The newest runs of a case, for a command that cannot wait for SQLAlchemy.

Importing that takes longer than all else that a report does.  SQLite's own module reads the same
table; whatever it cannot read is left to ``History``, which knows what to say of it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

from repro.errors import ReproError
from repro.model.record import HistoryRun
from repro.record import pending
from repro.record.database import HEAD
from repro.record.history import History, line_of
from repro.settings import Settings

#: Runs of one case that are looked at.
_NEWEST = 1000
_SQLITE = "sqlite:///"
_RUNS = "SELECT * FROM runs WHERE case_id = ? ORDER BY started DESC, run DESC LIMIT ?"


def runs_of(settings: Settings, case: str) -> list[HistoryRun]:
    """The newest runs of a case, newest first.  Raises HistoryError.

    A run that is over is among them, also when the history has not been told of it yet.
    """
    # Looked for first: of a run that is told in the meantime both know.
    untold = {run.run: run for run in _untold(settings, case)}
    told = [run for run in _told(settings, case) if run.run not in untold]
    return sorted([*untold.values(), *told], key=lambda run: (run.started, run.run), reverse=True)


def _untold(settings: Settings, case: str) -> Iterator[HistoryRun]:
    for folder in pending.untold(settings.runs):
        with suppress(ReproError):
            run = line_of(folder)
            if run.case == case:
                yield run


def _told(settings: Settings, case: str) -> list[HistoryRun]:
    url = settings.history_url
    path = Path(url.removeprefix(_SQLITE))
    # What is written in another way in an address is left to the library that reads them.
    if url.startswith(_SQLITE) and not set("?%") & set(url):
        if not path.is_file():
            return []
        try:
            return _read(path, case)
        except sqlite3.Error:
            pass
    with History(url) as history:
        return history.runs(case=case, limit=_NEWEST)


def _read(path: Path, case: str) -> list[HistoryRun]:
    """Raises sqlite3.Error, also for a history of another schema."""
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        revision = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        if revision[0] != HEAD:
            raise sqlite3.DatabaseError("of another schema")
        rows = connection.execute(_RUNS, (case, _NEWEST)).fetchall()
    return [_run(dict(row)) for row in rows]


def _run(row: dict[str, object]) -> HistoryRun:
    return HistoryRun.model_validate({"case": row.pop("case_id"), **row})
