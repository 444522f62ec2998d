from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from repro.errors import HistoryError, NotFoundError
from repro.record import database, history, keep_judgement, pending
from repro.record.folder import open_run
from repro.record.history import History, catch_up, rebuild
from repro.redact.known import MARK, Redactor
from repro.settings import Settings
from tests.unit.record import samples


def told(settings: Settings, **rest: str) -> str:
    recorder = samples.whole_run(settings, **rest)
    with History(settings.history_url) as opened:
        opened.add(samples.summary(recorder.run, **rest), recorder.folder)
    return recorder.run


def test_a_run_is_found_again(settings: Settings) -> None:
    run = told(settings)
    with History(settings.history_url) as opened:
        (line,) = opened.runs()
        assert opened.get(run) == line
        assert line.case == "demo-1"
        assert line.verdict == "reproduced"
        assert line.started == "2026-11-21T22:41:55.000000+00:00"
        assert line.folder == str(settings.runs / run)
        with pytest.raises(NotFoundError):
            opened.get("none")


def test_adding_again_replaces(settings: Settings) -> None:
    run = told(settings)
    keep_judgement(settings.runs / run, samples.verdict("inconclusive"))
    with History(settings.history_url) as opened:
        opened.add(samples.summary(run), settings.runs / run)
        assert [line.verdict for line in opened.runs()] == ["inconclusive"]


def test_no_secret_reaches_it(settings: Settings) -> None:
    """What is added is what the folder holds, where secrets were taken out."""
    plan, redactor = samples.plan(), Redactor(["hunter2hunter2"])
    recorder = open_run(settings, samples.header(), b"", {}, plan, redactor=redactor)
    summary = samples.summary(recorder.run).model_copy(
        update={"verdict": samples.verdict(reason="said hunter2hunter2")}
    )
    recorder.close(summary)
    with History(settings.history_url) as opened:
        opened.add(summary, recorder.folder)
        assert opened.get(recorder.run).reason == f"said {MARK}"


def odd_text_is_kept(url: str) -> None:
    summary = samples.summary("odd").model_copy(update={"title": "a\0b\ud800c' \U0001f600"})
    with History(url) as opened:
        opened.add(summary, Path("/none/odd"))
        assert opened.get("odd").title == "a\\0b\\ud800c' \U0001f600"


def test_odd_text(settings: Settings) -> None:
    odd_text_is_kept(settings.history_url)


def test_runs_are_filtered_and_newest_first(settings: Settings) -> None:
    old = told(settings, started="2026-01-01T12:00:00+02:00")
    new = told(settings, started="2026-01-01T11:00:00+00:00", name="not-reproduced")
    with History(settings.history_url) as opened:
        assert [line.run for line in opened.runs()] == [new, old]
        assert [line.run for line in opened.runs(verdict="reproduced")] == [old]
        assert [line.run for line in opened.runs(limit=1)] == [new]
        since = datetime(2026, 1, 1, 10, 30, tzinfo=UTC)
        assert [line.run for line in opened.runs(since=since)] == [new]
        assert len(opened.runs(case="demo-1", os="debian-12", version="1.2")) == 2
        for nothing in ({"case": "x"}, {"os": "x"}, {"version": "x"}, {"verdict": "x' OR 1=1"}):
            assert opened.runs(**nothing) == []  # type: ignore[arg-type]


def test_all_runs_by_their_cases(settings: Settings) -> None:
    old = told(settings, started="2026-01-01T12:00:00+00:00")
    new = told(settings, started="2026-01-02T12:00:00+00:00")
    other = samples.summary("other", started="2026-01-03T12:00:00+00:00")
    cell = other.cell.model_copy(update={"case": "another"})
    with History(settings.history_url) as opened:
        assert len(list(opened.by_case())) == 1
        opened.add(other.model_copy(update={"cell": cell}), Path("/none/other"))
        first, second = opened.by_case()
        assert [line.run for line in first] == ["other"]
        assert [line.run for line in second] == [new, old]
        assert second[0]._asdict() == opened.get(new).model_dump()


def test_a_forgotten_run_keeps_its_folder(settings: Settings) -> None:
    run = told(settings)
    with History(settings.history_url) as opened:
        opened.forget(run)
        assert opened.runs() == []
    assert (settings.runs / run / "run.json").exists()


def test_only_the_owner_may_read_it(settings: Settings) -> None:
    told(settings)
    path = settings.home / "history.sqlite"
    assert path.stat().st_mode & 0o777 == 0o600


# -- runs that could not tell -----------------------------------------------------------------


def test_killed_runs_are_caught_up_with(settings: Settings) -> None:
    with open_run(settings, samples.header(), samples.CASE, {}, samples.plan()) as killed:
        pass
    closed = samples.whole_run(settings)
    assert catch_up(settings) == 2
    assert catch_up(settings) == 0
    with History(settings.history_url) as opened:
        assert opened.get(killed.run).verdict == "unfinished"
        assert opened.get(closed.run).verdict == "reproduced"
    assert list((settings.runs / pending.FOLDER).iterdir()) == []


def test_a_run_that_goes_on_is_left_alone(settings: Settings) -> None:
    recorder = open_run(settings, samples.header(), samples.CASE, {}, samples.plan())
    assert catch_up(settings) == 0
    assert rebuild(settings) == (0, [])
    recorder.abandon()
    assert catch_up(settings) == 1


def test_a_run_killed_before_its_header_leaves_nothing(settings: Settings) -> None:
    (settings.runs / pending.FOLDER).mkdir(parents=True)
    (settings.runs / pending.FOLDER / "x").touch()
    (settings.runs / "x").mkdir()
    assert catch_up(settings) == 0
    assert [path.name for path in settings.runs.iterdir()] == [pending.FOLDER]
    assert not (settings.home / "history.sqlite").exists()


def test_one_damaged_folder_does_not_keep_the_others_out(settings: Settings) -> None:
    bad = samples.whole_run(settings, started="2026-01-01T00:00:00+00:00")
    good = samples.whole_run(settings)
    (bad.folder / "summary.json").write_bytes(b"{")
    assert catch_up(settings) == 1
    assert catch_up(settings) == 0
    with History(settings.history_url) as opened:
        assert [line.run for line in opened.runs()] == [good.run]


def test_rebuilt_from_the_folders(settings: Settings) -> None:
    runs = [samples.whole_run(settings).run for _ in range(3)]
    bad = samples.whole_run(settings)
    (bad.folder / "summary.json").write_bytes(b"{")
    added, problems = rebuild(settings)
    assert added == 3
    assert len(problems) == 1
    assert bad.run in problems[0]
    with History(settings.history_url) as opened:
        assert {line.run for line in opened.runs()} == set(runs)


@pytest.mark.parametrize("offset", [0, 4096])
def test_a_damaged_file_is_told_and_set_aside(settings: Settings, offset: int) -> None:
    run = told(settings)
    path = settings.home / "history.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    data = bytearray(path.read_bytes())
    data[offset : offset + 4096] = os.urandom(4096)
    path.write_bytes(data)
    with pytest.raises(HistoryError) as caught:
        History(settings.history_url).check()
    assert "rebuild" in caught.value.action
    assert rebuild(settings) == (1, [])
    with History(settings.history_url) as opened:
        assert [line.run for line in opened.runs()] == [run]
    assert len(list(settings.home.glob("history.sqlite.damaged-*"))) == 1


# -- what cannot be opened --------------------------------------------------------------------


def test_a_newer_schema_is_refused(settings: Settings) -> None:
    told(settings)
    with sqlite3.connect(settings.home / "history.sqlite") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    with pytest.raises(HistoryError, match="newer repro"):
        History(settings.history_url)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("nonsense", "cannot be used"),
        ("mysql://u:secretpw@localhost/x", "SQLite or PostgreSQL"),
        ("sqlite:////proc/no/such/history.sqlite", "cannot be used"),
        ("postgresql://u:secretpw@127.0.0.1:1/x", "refused"),
    ],
)
def test_what_cannot_be_opened_says_why(url: str, said: str) -> None:
    with pytest.raises(HistoryError) as caught:
        History(url)
    assert said in str(caught.value)
    assert "secretpw" not in str(caught.value)
    assert caught.value.cause
    assert caught.value.action


def test_a_missing_driver_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(HistoryError) as caught:
        History("postgresql://u@127.0.0.1:1/x")
    assert "repro-cases[postgresql]" in caught.value.action


def test_a_file_that_another_holds(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    run = told(settings)
    monkeypatch.setattr(database, "_WAIT", 0.1)
    holder = sqlite3.connect(settings.home / "history.sqlite", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with History(settings.history_url) as opened:
        with pytest.raises(HistoryError, match="another process held it"):
            opened.forget(run)
        assert opened.get(run)
    holder.close()


# -- schema and speed -------------------------------------------------------------------------


def test_the_constant_is_the_newest_migration() -> None:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(database._MIGRATIONS))
    scripts = ScriptDirectory.from_config(config)
    assert scripts.get_current_head() == database.HEAD
    revisions = [script.revision for script in scripts.walk_revisions()]
    assert revisions == sorted(revisions, reverse=True), "a newer schema is told by its number"


def test_the_migrated_columns_are_those_of_the_table(settings: Settings) -> None:
    told(settings)
    connection = sqlite3.connect(settings.home / "history.sqlite")
    columns = {row[1] for row in connection.execute("PRAGMA table_info(runs)")}
    connection.close()
    assert columns == set(database.table().c.keys())


def test_a_history_from_before_campaigns_keeps_its_runs(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.home.mkdir()
    with monkeypatch.context() as then:
        then.setattr(database, "HEAD", "0001")
        History(settings.history_url)
    connection = sqlite3.connect(settings.home / "history.sqlite")
    columns = [row[1] for row in connection.execute("PRAGMA table_info(runs)")]
    assert "campaign" not in columns
    old = dict.fromkeys(columns, "old") | {
        "seconds": 1.5,
        "interrupted": 0,
        "verdict": "reproduced",
    }
    marks = ", ".join(f":{name}" for name in columns)
    connection.execute(f"INSERT INTO runs ({', '.join(columns)}) VALUES ({marks})", old)
    connection.commit()
    connection.close()
    run = told(settings)
    with History(settings.history_url) as opened:
        found = opened.get("old")
        assert (found.campaign, found.workaround, found.case) == ("", None, "old")
        assert {line.run for line in opened.runs()} == {"old", run}
        assert {line.run for line in opened.runs(campaign="")} == {"old", run}


def test_the_runs_of_a_campaign_are_found(settings: Settings) -> None:
    recorder = samples.whole_run(settings)
    other = samples.whole_run(settings)
    cell = samples.CELL.model_copy(update={"workaround": "calm"})
    with History(settings.history_url) as opened:
        for each, campaign in ((recorder, "night"), (other, "")):
            summary = samples.summary(each.run).model_copy(
                update={"campaign": campaign, "cell": cell}
            )
            opened._put([history._finished(summary, each.folder)])
        (found,) = opened.runs(campaign="night")
    assert (found.run, found.campaign, found.workaround) == (recorder.run, "night", "calm")


def test_a_migrated_history_opens_without_alembic(settings: Settings) -> None:
    told(settings)
    code = (
        "import sys; from repro.record.history import History; History(sys.argv[1]);"
        "print('sqlalchemy' in sys.modules, 'alembic' in sys.modules)"
    )
    argv = [sys.executable, "-c", code, settings.history_url]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "False"]


def test_nothing_heavy_is_imported_with_the_room() -> None:
    code = "import sys, repro.record, repro.record.history; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"sqlalchemy", "alembic", "filelock", "rich"} & set(done.stdout.split())


# -- many at once, and killed -----------------------------------------------------------------

ADDER = """
import sys
from pathlib import Path
from repro.record.history import History
from tests.unit.record import samples
url, prefix, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
with History(url) as history:
    for number in range(count):
        history.add(samples.summary(f"{prefix}-{number}"), Path("/none") / f"{prefix}-{number}")
        print(number, flush=True)
"""


def adder(url: str, prefix: str, count: int) -> subprocess.Popen[str]:
    argv = [sys.executable, "-c", ADDER, url, prefix, str(count)]
    return subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def all_added(url: str) -> None:
    """Eight processes, which also all want to make the schema."""
    adders = [adder(url, f"p{number}", 10) for number in range(8)]
    for process in adders:
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
    with History(url) as opened:
        assert len(opened.runs(limit=None)) == 80


def test_eight_processes_add_to_one_file(settings: Settings) -> None:
    all_added(settings.history_url)


@pytest.mark.parametrize("moment", range(4))
def test_a_kill_leaves_a_history_that_opens(settings: Settings, moment: int) -> None:
    with adder(settings.history_url, "p", 10_000) as process:
        assert process.stdout is not None
        acknowledged = 0
        if moment:
            # Later rounds are ended amidst the adding, the first one while the schema is made.
            acknowledged += bool(process.stdout.readline())
        time.sleep(0.4 if not moment else int.from_bytes(os.urandom(1)) / 1000)
        process.send_signal(signal.SIGKILL)
        acknowledged += process.stdout.read().count("\n")
    with History(settings.history_url) as opened:
        opened.check()
        assert len(opened.runs(limit=None)) - acknowledged in (0, 1)


FULL = """
import sys
from pathlib import Path
from repro.errors import DiskFullError
from repro.record.history import History
from tests.unit.record import samples
home = Path(sys.argv[1])
url = f"sqlite:///{home}/history.sqlite"
with History(url) as history:
    history.add(samples.summary("r"), home / "r")
    ballast = (home / "ballast").open("wb", buffering=0)
    try:
        while True:
            ballast.write(b"x" * 4096)
    except OSError:
        pass
    try:
        for number in range(1000):
            history.add(samples.summary(f"r-{number}"), home / f"r-{number}")
    except DiskFullError as error:
        assert "cause:" in str(error) and "next:" in str(error)
    else:
        raise AssertionError("the disk was full")
    (home / "ballast").unlink()
    ballast.close()
    history.check()
    assert len(history.runs(limit=None)) == number + 1
    history.add(samples.summary("after"), home / "after")
"""


def test_a_full_disk_takes_nothing_from_it(tmp_path: Path) -> None:
    """On a file system of 1 MiB of its own, which goes with the process that made it."""
    script = 'mount -t tmpfs -o size=1m repro "$1" || exit 77; "$2" -c "$3" "$1"'
    inside = ["sh", "-c", script, "sh", str(tmp_path), sys.executable, FULL]
    done = subprocess.run(["unshare", "-rm", *inside], capture_output=True, text=True, check=False)
    if done.returncode == 77 or "unshare:" in done.stderr:
        pytest.skip("no mount namespace may be made here")
    assert done.returncode == 0, done.stderr
