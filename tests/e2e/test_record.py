"""The history on a PostgreSQL server of its own, started for these tests on loopback."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from repro.errors import HistoryError
from repro.record import keep_judgement
from repro.record.history import History, catch_up, rebuild
from repro.settings import Settings
from tests.servers import free_port
from tests.unit.record import samples
from tests.unit.record.test_history import all_added, odd_text_is_kept

PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
#: Of the server that lives as long as this module's tests.
PASSWORD = "correct-horse"

pytestmark = pytest.mark.skipif(not PROGRAMS, reason="Debian's postgresql is not installed")


class Server:
    """One cluster in a folder; its programs refuse to run as root, so another user does."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = port

    def run(self, program: str, *arguments: str) -> None:
        as_whom: dict[str, Any] = {}
        if os.getuid() == 0:
            nobody = pwd.getpwnam("nobody")
            shutil.chown(self.folder, nobody.pw_uid, nobody.pw_gid)
            as_whom = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        argv = [str(PROGRAMS[-1].with_name(program)), *arguments]
        # The server lives on, so its output goes to a file: a pipe would be waited for.
        with (self.folder.parent / f"{self.folder.name}.out").open("w+") as out:
            done = subprocess.run(
                argv, stdout=out, stderr=out, check=False, timeout=120, cwd="/", **as_whom
            )
            out.seek(0)
            assert done.returncode == 0, out.read()

    def start(self) -> None:
        options = f"-c listen_addresses=127.0.0.1 -p {self.port} -k {self.folder} -c fsync=off"
        data, log = str(self.folder / "data"), str(self.folder / "log")
        self.run("pg_ctl", "-w", "-D", data, "-l", log, "-o", options, "start")

    def stop(self) -> None:
        self.run("pg_ctl", "-w", "-m", "immediate", "-D", str(self.folder / "data"), "stop")

    def url(self, database: str) -> str:
        return f"postgresql://team:{PASSWORD}@127.0.0.1:{self.port}/{database}"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    port = free_port()
    # Not below pytest's own folder, which only its owner may enter.
    above = Path(tempfile.mkdtemp(prefix="repro-postgresql-"))
    above.chmod(0o755)
    made = Server(above / "cluster", port)
    made.folder.mkdir()
    (made.folder / "password").write_text(PASSWORD)
    (made.folder / "password").chmod(0o644)
    try:
        data, secret = str(made.folder / "data"), str(made.folder / "password")
        made.run("initdb", "-U", "team", "-A", "scram-sha-256", f"--pwfile={secret}", "-D", data)
        made.start()
        try:
            yield made
        finally:
            made.stop()
    finally:
        shutil.rmtree(above)


@pytest.fixture
def url(server: Server, request: pytest.FixtureRequest) -> str:
    """A database of its own for each test."""
    import psycopg

    name = request.node.name[:40].lower()
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    return server.url(name)


def test_eight_processes_make_the_schema_and_add(url: str) -> None:
    all_added(url)


def test_odd_text(url: str) -> None:
    odd_text_is_kept(url)


def test_a_shared_history(url: str, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home", cache=tmp_path, history=url)
    runs = [samples.whole_run(settings), samples.whole_run(settings, "not-reproduced")]
    assert catch_up(settings) == 2
    with History(url) as history:
        assert {line.run for line in history.runs()} == {run.run for run in runs}
        assert [line.run for line in history.runs(verdict="not-reproduced")] == [runs[1].run]
        keep_judgement(runs[0].folder, samples.verdict("inconclusive"))
        history.add(samples.summary(runs[0].run), runs[0].folder)
        assert history.get(runs[0].run).verdict == "inconclusive"
        history.forget(runs[0].run)
        assert [line.run for line in history.runs()] == [runs[1].run]
    assert rebuild(settings) == (2, [])


def test_the_password_is_not_kept_nor_shown(url: str, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home", cache=tmp_path, history=url)
    from repro.redact.known import Redactor

    assert PASSWORD not in Redactor.known(settings, {}).text(f"history: {url}")
    wrong = url.replace(PASSWORD, "wrong-battery")
    with pytest.raises(HistoryError) as caught:
        History(wrong)
    assert "authentication failed" in caught.value.cause
    assert "wrong-battery" not in str(caught.value)


def test_a_server_that_goes_away(url: str, server: Server) -> None:
    with History(url) as history:
        server.stop()
        try:
            with pytest.raises(HistoryError):
                history.runs()
        finally:
            server.start()
        assert history.runs() == []
