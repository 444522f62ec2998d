from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from repro.errors import HistoryError
from repro.record import pending
from repro.record.folder import open_run
from repro.record.glance import runs_of
from repro.record.history import History
from repro.settings import Settings
from tests.unit.record import samples


def kept(settings: Settings, case: str = "demo-1", second: int = 0) -> None:
    """A line of the history, and no folder."""
    started = f"2026-11-21T22:41:{second:02}+00:00"
    cell = samples.CELL.model_copy(update={"case": case})
    made = samples.summary(f"run-{case}-{second}", started=started)
    with History(settings.history_url) as history:
        history.add(made.model_copy(update={"cell": cell}), settings.runs / "none")


def test_the_runs_of_a_case_newest_first_as_the_history_tells_them(settings: Settings) -> None:
    for second in (3, 1, 2):
        kept(settings, second=second)
    kept(settings, "other")
    found = runs_of(settings, "demo-1")
    assert [run.run for run in found] == ["run-demo-1-3", "run-demo-1-2", "run-demo-1-1"]
    with History(settings.history_url) as history:
        assert found == history.runs(case="demo-1")


def test_where_nothing_was_run_there_is_nothing(settings: Settings) -> None:
    assert runs_of(settings, "demo-1") == []
    assert not settings.home.exists()


def test_a_history_of_an_older_schema_is_brought_to_this_one(settings: Settings) -> None:
    kept(settings)
    path = settings.home / "history.sqlite"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DROP INDEX runs_by_campaign")
        connection.execute("ALTER TABLE runs DROP COLUMN campaign")
        connection.execute("ALTER TABLE runs DROP COLUMN workaround")
        connection.execute("UPDATE alembic_version SET version_num = '0001'")
    assert [run.campaign for run in runs_of(settings, "demo-1")] == [""]


def test_what_is_no_database_is_told_as_the_history_tells_it(settings: Settings) -> None:
    settings.home.mkdir()
    (settings.home / "history.sqlite").write_text("this is no database at all\n" * 100)
    with pytest.raises(HistoryError, match="cannot be used"):
        runs_of(settings, "demo-1")


def test_a_path_with_signs_of_an_address_in_it(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "a#b %20c", cache=tmp_path)
    kept(settings)
    assert len(runs_of(settings, "demo-1")) == 1


def test_a_run_that_has_just_ended_is_there_before_the_history_is_told_of_it(
    settings: Settings,
) -> None:
    kept(settings)
    ended = samples.whole_run(settings, started="2026-11-21T22:42:00+00:00")
    going_on = open_run(settings, samples.header(), b"", {}, samples.plan())
    assert [run.run for run in runs_of(settings, "demo-1")] == [ended.run, "run-demo-1-0"]
    assert runs_of(settings, "other") == []
    going_on.close(samples.summary(going_on.run))


def test_a_run_is_there_once_whoever_knows_of_it(settings: Settings) -> None:
    ended = samples.whole_run(settings)
    before = runs_of(settings, "demo-1")
    marks = settings.runs / pending.FOLDER
    with History(settings.history_url) as history:
        history.add(samples.summary(ended.run), ended.folder)
        assert not list(marks.iterdir())
        assert before == runs_of(settings, "demo-1") == history.runs()
    (marks / ended.run).touch()  # as between the adding and the removing of the mark
    assert runs_of(settings, "demo-1") == before


def test_a_damaged_one_hides_no_other(settings: Settings) -> None:
    kept(settings)
    damaged = samples.whole_run(settings).folder
    (damaged / "summary.json").write_text("{")
    assert [run.run for run in runs_of(settings, "demo-1")] == ["run-demo-1-0"]
    assert damaged.is_dir()
