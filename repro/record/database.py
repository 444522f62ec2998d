"""Where the history is kept: SQLite or PostgreSQL through SQLAlchemy, its schema by Alembic."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from repro import files
from repro.errors import DiskFullError, HistoryError, ReproError

if TYPE_CHECKING:
    import sqlalchemy as sa

#: The schema that this code works on: the newest revision in ``migrations/versions``.
HEAD = "0002"
#: Seconds that a writer waits for another one, or anybody for a server.
_WAIT = 30
_CONNECT = 10
#: An arbitrary number under which PostgreSQL keeps migrations of a history apart.
_MIGRATING = 7_267_041_531
#: Bytes that SQLite needs beside the file to open it.
_NEEDED = 128 * 1024
_MIGRATIONS = Path(__file__).parent / "migrations"


class DamagedHistoryError(HistoryError):
    """The SQLite file is no database any more."""

    default_cause = "the file was damaged, or never was an SQLite database"
    default_action = "`repro history --rebuild` sets it aside and reads the run folders again"


class Database:
    """An engine whose schema is at ``HEAD``.  Raises HistoryError where that cannot be."""

    def __init__(self, url: str) -> None:
        self.shown = url.rsplit("@", maxsplit=1)[-1]
        with self._translated():
            self._url = _understood(url)
            self.shown = self._url.render_as_string(hide_password=True)
            self._engine = _engine(self._url)
            self._to_head()

    @property
    def path(self) -> Path | None:
        """The SQLite file; None for a server."""
        return sqlite_path(self._url)

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A connection to read by."""
        with self._translated(), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A transaction: all of it or nothing.  Writers wait for each other."""
        with self._translated(), self._engine.connect() as connection:
            writer = connection.execution_options(writes=True)
            with writer.begin():
                yield writer

    def check(self) -> None:
        """Look for damage.  Raises DamagedHistoryError."""
        if self.path is None:
            return
        with self.reading() as connection:
            found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
        if found != "ok":
            raise DamagedHistoryError(f"the history {self.shown} is damaged", cause=str(found))

    def close(self) -> None:
        """Let go of the connections."""
        self._engine.dispose()

    def _to_head(self) -> None:
        with self._engine.connect() as connection:
            found = _revision(connection)
        if found == HEAD:
            return
        if found is not None and found > HEAD:
            raise HistoryError(
                f"the history {self.shown} has schema {found}; this repro knows {HEAD}",
                cause="it was opened by a newer repro",
                action="update repro, or name another `history` in the settings",
            )
        with _alone(self._engine, self.path), self.writing() as connection:
            _migrate(connection)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        import sqlalchemy.exc

        what = f"the history {self.shown} cannot be used"
        try:
            yield
        except ReproError:
            raise
        except ImportError as error:
            raise HistoryError(
                what,
                cause=str(error),
                action="install its driver: `pip install 'repro-cases[postgresql]'`",
            ) from error
        except sqlalchemy.exc.DBAPIError as error:
            raise _explained(what, error, self.path) from error
        except (sqlalchemy.exc.SQLAlchemyError, OSError) as error:
            raise HistoryError(what, cause=str(error)) from error


def sqlite_path(url: sa.URL | str) -> Path | None:
    """The file of an SQLite URL; None for any other."""
    import sqlalchemy as sa

    url = sa.make_url(url)
    named = url.get_backend_name() == "sqlite" and url.database not in (None, "", ":memory:")
    return Path(str(url.database)) if named else None


@cache
def table() -> sa.Table:
    """The runs, as the migrations leave them."""
    import sqlalchemy as sa

    text = ["case_id", "title", "os", "version", "topology", "backend", "verdict", "reason"]
    text += ["started", "version_seen", "folder", "workaround", "campaign"]
    return sa.Table(
        "runs",
        sa.MetaData(),
        sa.Column("run", sa.Text, primary_key=True),
        *(sa.Column(name, sa.Text) for name in text),
        sa.Column("seconds", sa.Float),
        sa.Column("interrupted", sa.Boolean),
    )


def upsert(connection: sa.Connection, values: dict[str, Any]) -> None:
    """Add a run's line, or replace the one it has."""
    if connection.dialect.name == "sqlite":
        from sqlalchemy.dialects.sqlite import insert
    else:
        from sqlalchemy.dialects.postgresql import insert  # type: ignore[assignment]
    statement = insert(table()).values(**values)
    connection.execute(statement.on_conflict_do_update(index_elements=["run"], set_=values))


def _understood(url: str) -> sa.URL:
    import sqlalchemy as sa

    made = sa.make_url(url)
    backend = made.get_backend_name()
    if backend in ("postgresql", "postgres"):
        return made.set(drivername="postgresql+psycopg")
    if backend != "sqlite":
        raise HistoryError(
            f"the history cannot be kept in {backend}",
            cause="repro keeps it in SQLite or PostgreSQL",
            action="write `history` as sqlite:///FILE or postgresql://USER@HOST/NAME",
        )
    return made


def _engine(url: sa.URL) -> sa.Engine:
    import sqlalchemy as sa
    from sqlalchemy.pool import NullPool

    if url.get_backend_name() != "sqlite":
        return sa.create_engine(url, connect_args={"connect_timeout": _CONNECT})
    if (path := sqlite_path(url)) is not None:
        files.make_folders(path.parent)
    engine = sa.create_engine(url, connect_args={"timeout": _WAIT}, poolclass=NullPool)

    @sa.event.listens_for(engine, "connect")
    def _connected(connection: Any, _record: object) -> None:
        # Transactions are begun below, so that those which write take their turn at once instead
        # of failing later; with a write-ahead log a kill loses nothing that was committed.
        connection.isolation_level = None
        connection.execute("PRAGMA synchronous=NORMAL")

    @sa.event.listens_for(engine, "begin")
    def _begun(connection: sa.Connection) -> None:
        writes = connection.get_execution_options().get("writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _revision(connection: sa.Connection) -> str | None:
    if not connection.dialect.has_table(connection, "alembic_version"):
        return None
    found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    return str(found) if found is not None else None


@contextmanager
def _alone(engine: sa.Engine, path: Path | None) -> Iterator[None]:
    """For SQLite: only one process makes or migrates the file; a server has locks of its own."""
    if path is None:
        yield
        return
    from filelock import FileLock, Timeout

    try:
        with FileLock(f"{path}.lock", timeout=_WAIT, mode=0o600):
            raw = engine.raw_connection()
            try:
                raw.cursor().execute("PRAGMA journal_mode=WAL")
            finally:
                raw.close()
            path.chmod(0o600)
            yield
    except Timeout as error:
        raise HistoryError(
            f"the history {path} is being migrated by another process", cause=str(error)
        ) from error


def _migrate(connection: sa.Connection) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_MIGRATING})")
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    try:
        command.upgrade(config, HEAD)
    except CommandError as error:
        raise HistoryError("the history cannot be migrated", cause=str(error)) from error


_SQLITE = {
    "SQLITE_BUSY": f"another process held it for over {_WAIT} s",
    "SQLITE_CANTOPEN": "the file cannot be opened: see who owns it and its folder",
    "SQLITE_READONLY": "the file, or its folder, is read-only",
}


def _explained(what: str, error: sa.exc.DBAPIError, path: Path | None) -> ReproError:
    name = str(getattr(error.orig, "sqlite_errorname", ""))
    if name.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
        return DamagedHistoryError(what)
    if name.startswith("SQLITE_FULL") or (name.startswith("SQLITE_IOERR") and _is_full(path)):
        return DiskFullError(what)
    known = next((cause for begin, cause in _SQLITE.items() if name.startswith(begin)), "")
    said = " ".join(str(error.orig).split())
    return HistoryError(what, cause=f"{known} ({said})" if known else said)


def _is_full(path: Path | None) -> bool:
    """Whether the file's disk is: SQLite calls that an I/O error when it opens its log."""
    return path is not None and shutil.disk_usage(path.parent).free < _NEEDED
