"""The history: one line a run, in SQLite or PostgreSQL, made again from run folders if need be.

SQLAlchemy and Alembic take longer to import than a warm run's own work: both are imported only
where they are used, Alembic only when the schema is not at its newest (``database.py``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import nullcontext, suppress
from datetime import UTC, datetime
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any, NamedTuple, Self

from repro.errors import InputError, NotFoundError, RecordError, ReproError
from repro.model.record import HistoryRun, RunHeader, RunSummary
from repro.record import database, pending
from repro.record.database import DamagedHistoryError, Database
from repro.record.read import read_header, run_folders, summary_of
from repro.settings import Settings

#: Runs that one transaction adds, or that are read at a time.
_AT_ONCE = 500


class RunLine(NamedTuple):
    """A line of the history as it stands there: one of very many.  As in HistoryRun."""

    run: str
    case: str
    title: str
    os: str
    version: str | None
    topology: str
    backend: str
    verdict: str
    reason: str
    started: str
    seconds: float | None
    version_seen: str | None
    interrupted: bool
    folder: str
    workaround: str | None
    campaign: str


class History:
    """The runs that there were.  Raises HistoryError when it cannot be opened or used."""

    def __init__(self, url: str) -> None:
        self._database = Database(url)

    def add(self, summary: RunSummary, folder: Path) -> None:
        """Remember a finished run; again for the same run: its line is replaced.

        Where the folder holds the run's summary that one is taken: it has no secrets in it, and
        the verdict in force.
        """
        self._put([_finished(_as_kept(folder) or summary, folder)])
        pending.told(folder)

    def runs(
        self,
        *,
        case: str | None = None,
        verdict: str | None = None,
        os: str | None = None,
        version: str | None = None,
        campaign: str | None = None,
        since: datetime | str | None = None,
        limit: int | None = 50,
    ) -> list[HistoryRun]:
        """The runs for which all that is given holds, newest first.

        ``since`` as text is ISO 8601, in local time unless it says otherwise.
        """
        import sqlalchemy as sa

        table = database.table()
        wanted = {"case_id": case, "verdict": verdict, "os": os, "version": version,
                  "campaign": campaign}  # fmt: skip
        query = sa.select(table).order_by(table.c.started.desc(), table.c.run.desc()).limit(limit)
        for column, value in wanted.items():
            if value is not None:
                query = query.where(table.c[column] == value)
        if since is not None:
            query = query.where(table.c.started >= _moment(since))
        with self._database.reading() as connection:
            return [_from_row(row) for row in connection.execute(query).mappings()]

    def by_case(self) -> Iterator[list[RunLine]]:
        """Every run: those of one case after those of another, each the newest first.

        They are read as they are asked for: memory does not grow with the number of cases.
        """
        import sqlalchemy as sa

        table = database.table()
        columns = [table.c["case_id" if name == "case" else name] for name in RunLine._fields]
        newest_first = (table.c.started.desc(), table.c.run.desc())
        query = sa.select(*columns).order_by(table.c.case_id, *newest_first)
        with self._database.reading() as connection:
            rows = connection.execution_options(yield_per=_AT_ONCE).execute(query)
            for _, group in groupby(map(RunLine._make, rows), key=attrgetter("case")):
                yield list(group)

    def get(self, run: str) -> HistoryRun:
        """One run.  Raises NotFoundError."""
        import sqlalchemy as sa

        table = database.table()
        with self._database.reading() as connection:
            found = (
                connection.execute(sa.select(table).where(table.c.run == run)).mappings().first()
            )
        if found is None:
            raise NotFoundError(f"the history has no run {run}", action="see `repro history`")
        return _from_row(found)

    def forget(self, run: str) -> None:
        """Take a run out of the history; its folder stays."""
        import sqlalchemy as sa

        table = database.table()
        with self._database.writing() as connection:
            connection.execute(sa.delete(table).where(table.c.run == run))

    def close(self) -> None:
        """Let go of its connections."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def check(self) -> None:
        """Look for damage.  Raises DamagedHistoryError."""
        self._database.check()

    def add_folders(self, folders: Sequence[Path]) -> tuple[int, list[str]]:
        """Remember what these run folders hold: how many, and what is wrong with the others."""
        problems: list[str] = []
        added = 0
        for start in range(0, len(folders), _AT_ONCE):
            lines = []
            some = folders[start : start + _AT_ONCE]
            for folder in some:
                try:
                    lines.append(line_of(folder))
                except ReproError as error:
                    problems.append(error.what)
            self._put(lines)
            added += len(lines)
            for folder in some:
                # A damaged one too: it would fail each time, and `rebuild` names it again.
                pending.told(folder)
        return added, problems

    def _put(self, lines: Sequence[HistoryRun]) -> None:
        with self._database.writing() as connection:
            for line in lines:
                values = {key: _storable(value) for key, value in line.model_dump().items()}
                values["case_id"] = values.pop("case")
                database.upsert(connection, values)


def catch_up(settings: Settings, history: History | None = None) -> int:
    """Tell the history of runs that ended before they could do so themselves; how many.

    Runs that still go on are left alone.  Costs a look into one folder when there are none.
    """
    waiting = pending.ended(settings.runs)
    if not waiting:
        return 0
    with nullcontext(history) if history else History(settings.history_url) as opened:
        return opened.add_folders(waiting)[0]


def rebuild(settings: Settings) -> tuple[int, list[str]]:
    """Make the history again from the run folders: how many runs, and what could not be read.

    A damaged SQLite file is set aside beside the new one.
    """
    over = [folder for folder in run_folders(settings) if not pending.goes_on(folder)]
    with _opened_anew(settings) as history:
        return history.add_folders(over)


def _opened_anew(settings: Settings) -> History:
    try:
        history = History(settings.history_url)
        history.check()
    except DamagedHistoryError:
        _set_aside(settings.history_url)
        return History(settings.history_url)
    return history


def _set_aside(url: str) -> None:
    """Give a damaged SQLite file, and what SQLite keeps beside it, another name."""
    path = database.sqlite_path(url)
    if path is None:
        return
    stamp = f"{datetime.now(UTC):%Y%m%d-%H%M%S}"
    for suffix in ("", "-wal", "-shm"):
        with suppress(FileNotFoundError):
            Path(f"{path}{suffix}").rename(f"{path}.damaged-{stamp}{suffix}")


def line_of(folder: Path) -> HistoryRun:
    """What the history is told of a run.  Raises NotFoundError, RecordError."""
    summary = summary_of(folder)
    return _finished(summary, folder) if summary else _unfinished(read_header(folder), folder)


def _as_kept(folder: Path) -> RunSummary | None:
    try:
        return summary_of(folder)
    except RecordError:
        return None


def _finished(summary: RunSummary, folder: Path) -> HistoryRun:
    return HistoryRun(
        run=summary.run,
        title=summary.title,
        verdict=summary.verdict.verdict,
        reason=summary.verdict.reason,
        started=_utc(summary.started),
        seconds=summary.seconds,
        version_seen=summary.version_seen,
        interrupted=summary.interrupted,
        folder=str(folder),
        campaign=summary.campaign,
        **summary.cell.model_dump(),
    )


def _unfinished(header: RunHeader, folder: Path) -> HistoryRun:
    return HistoryRun(
        run=header.run,
        title=header.title,
        verdict="unfinished",
        reason="the run was ended before it came to a verdict",
        started=_utc(header.started),
        seconds=None,
        version_seen=None,
        interrupted=True,
        folder=str(folder),
        campaign=header.campaign,
        **header.cell.model_dump(),
    )


def _utc(at: str | datetime) -> str:
    """ISO 8601 in UTC with microseconds, so that the order of the text is that of time."""
    try:
        moment = datetime.fromisoformat(at) if isinstance(at, str) else at
    except ValueError:
        return str(at)
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _storable(value: Any) -> Any:
    """Text without what a database refuses: NUL, and half characters."""
    if not isinstance(value, str):
        return value
    return value.replace("\0", "\\0").encode("utf-8", "backslashreplace").decode()


def _moment(since: str | datetime) -> str:
    if isinstance(since, str):
        try:
            datetime.fromisoformat(since)
        except ValueError:
            raise InputError(
                f"{since!r} is no date", action="write it like 2026-11-21 or 2026-11-21T22:41"
            ) from None
    return _utc(since)


def _from_row(row: Any) -> HistoryRun:
    values = dict(row)
    return HistoryRun(case=values.pop("case_id"), **values)
