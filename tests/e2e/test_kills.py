"""Whatever ends a run, nothing is left, the history opens, and it is never `not-reproduced`."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.engines import of_this_workplace, until, wait_for_quiet
from tests.support import ROOT

pytestmark = pytest.mark.engine
#: Two nodes and a step that takes long enough to be hit.
CASE = """
schema: 1
id: to-be-killed
title: A run that is ended from outside
environment: {nodes: {a: {}, b: {}}}
setup:
  - {on: b, run: "sleep 300 >/dev/null 2>&1 &"}
steps:
  - {name: client, run: "sleep 1.5"}
symptom:
  - {step: client, exit: 1}
"""
SEED = int(os.environ.get("REPRO_TEST_SEED", time.time()))


@pytest.fixture
def workplace(tmp_path: Path, home: Path) -> Iterator[tuple[Path, dict[str, str]]]:
    """A home of its own: what is left over can be told from what others do."""
    case = tmp_path / "case.yml"
    case.write_text(CASE, "utf-8")
    env = {**os.environ, "REPRO_HOME": str(tmp_path / "home")}
    first = command(env, "run", str(case))
    assert first.returncode == 1, first.stderr
    yield case, env
    command(env, "cache", "prune", "--all")
    command(env, "gc")


def command(env: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "repro", *arguments],
        cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=600,
    )  # fmt: skip


def started(env: Mapping[str, str], case: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "repro", "run", "--json", str(case)],
        cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_signal_at_a_random_moment(
    workplace: tuple[Path, dict[str, str]], number: signal.Signals
) -> None:
    case, env = workplace
    chance = random.Random(SEED + number)
    for _ in range(4):
        run = started(env, case)
        moment = chance.uniform(0.3, 3.0)
        time.sleep(moment)
        run.send_signal(number)
        out, err = run.communicate(timeout=60)
        for line in out.splitlines():
            assert json.loads(line)["verdict"]["verdict"] == "not-reproduced"
            # Once it is told, only the way out can still be interrupted.
            assert run.returncode in (1, 130, -number), (moment, SEED)
        if not out and number != signal.SIGKILL:
            assert run.returncode in (130, -number), (moment, SEED, err)
    until(lambda: _is_clean(env))
    rows = [json.loads(line) for line in command(env, "history", "--json").stdout.splitlines()]
    assert {row["verdict"] for row in rows} <= {
        "not-reproduced", "unfinished", "environment-failed",
    }  # fmt: skip
    for row in rows:
        if row["interrupted"]:
            assert row["verdict"] != "not-reproduced"


def _is_clean(env: Mapping[str, str]) -> bool:
    """Whether a sweep leaves nothing.

    What was asked of the engine just before the end may come about after a first one.
    """
    assert command(env, "gc").returncode == 0
    return of_this_workplace(env) == []


def test_a_container_killed_from_outside_is_no_verdict(
    workplace: tuple[Path, dict[str, str]],
) -> None:
    case, env = workplace
    wait_for_quiet(env)
    case.write_text(CASE.replace("sleep 1.5", "sleep 247"), "utf-8")
    run = started(env, case)
    until(lambda: run.poll() is not None or _sleeping(env, "sleep 247"))
    subprocess.run(["docker", "kill", *_sleeping(env, "sleep 247")], check=True)
    out, err = run.communicate(timeout=60)
    assert json.loads(out)["verdict"]["verdict"] == "environment-failed", err
    assert run.returncode == 5


def _sleeping(env: Mapping[str, str], command: str) -> list[str]:
    """The containers where a command runs."""
    tops = {
        each: subprocess.run(["docker", "top", each], capture_output=True, text=True, check=False)
        for each in of_this_workplace(env)
    }
    return [each for each, done in tops.items() if command in done.stdout]


def test_a_history_in_trouble_leaves_nothing_up(workplace: tuple[Path, dict[str, str]]) -> None:
    case, env = workplace
    wait_for_quiet(env)
    (Path(env["REPRO_HOME"]) / "history.sqlite").write_bytes(b"no database at all" * 100)
    assert command(env, "run", str(case)).returncode == 1
    wait_for_quiet(env)
    assert of_this_workplace(env) == []
    shown = command(env, "history")
    assert shown.returncode == 6
    assert "--rebuild" in shown.stderr
    assert command(env, "history", "--rebuild").returncode == 0
    assert len(command(env, "history", "--json").stdout.splitlines()) == 2


def test_two_runs_of_one_case_and_eight_at_once(workplace: tuple[Path, dict[str, str]]) -> None:
    case, env = workplace
    command(env, "cache", "prune", "--all")
    runs = [started(env, case) for _ in range(8)]
    for run in runs:
        out, err = run.communicate(timeout=300)
        assert run.returncode == 1, err
        assert json.loads(out)["verdict"]["verdict"] == "not-reproduced"
    command(env, "gc")
    wait_for_quiet(env)
    assert of_this_workplace(env) == []
    rows = command(env, "history", "--json").stdout.splitlines()
    assert len(rows) == 9
