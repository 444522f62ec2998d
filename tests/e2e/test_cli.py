"""The command line as its users meet it."""

from __future__ import annotations

import json
import re
import shlex
import uuid
from pathlib import Path

import pytest
import yaml

from tests.e2e.conftest import Repro
from tests.support import ROOT

EXAMPLE = "docs/example.yml"
QUICK = "tests/e2e/format/healthy.yml"
pytestmark = pytest.mark.engine


def a_file(folder: Path, **keys: object) -> str:
    content = {
        "schema": 1, "id": "x", "title": "x",
        "steps": [{"name": "a", "run": "true"}], "symptom": [{"step": "a", "exit": 1}],
    } | keys  # fmt: skip
    path = folder / "x.yml"
    path.write_text(yaml.safe_dump(content), "utf-8")
    return str(path)


def test_the_readme_case_reproduces_and_is_gone_on_the_fixed_version(repro: Repro) -> None:
    done = repro("run", EXAMPLE)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("● reproduced: kafka-on-trixie on debian-13, 2.0.2, single")
    assert "No module named 'kafka.vendor.six.moves'" in done.stdout
    assert repro("run", EXAMPLE, "--version", "2.0.3").returncode == 1


def test_a_run_can_be_shown_verified_judged_and_found_again(repro: Repro) -> None:
    run = json.loads(repro("run", "--json", EXAMPLE).stdout)["run"]
    shown = repro("show", run)
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.startswith("REPRODUCED")
    assert repro("show", run, "--verify").returncode == 0
    assert repro("judge", run).returncode == 0
    assert repro("show", run, "--verify").returncode == 0
    assert run in repro("history", "--case", "kafka-on-trixie", "--limit", "100").stdout


def test_the_command_of_a_report_runs_it_again(repro: Repro, tmp_path: Path) -> None:
    case = a_file(
        tmp_path,
        environment={"os": "debian-12", "vars": {"word": "no"}},
        steps=[{"name": "a", "run": "false"}],
    )
    run = json.loads(repro("run", "--json", case, "--set", "word=it's so").stdout)["run"]
    Path(case).unlink()
    again = re.search(r"```sh\nrepro (.*)\n```", repro("report", run).stdout)
    assert again is not None
    done = repro(*shlex.split(again[1]))
    assert done.returncode == 0, done.stderr
    assert "as before: reproduced; the environment is the same, to the last package" in done.stdout


def test_a_corrected_symptom_changes_the_verdict_offline(repro: Repro, tmp_path: Path) -> None:
    run = json.loads(repro("run", "--json", EXAMPLE).stdout)["run"]
    text = (ROOT / EXAMPLE).read_text("utf-8")
    corrected = tmp_path / "corrected.yml"
    corrected.write_text(text.replace("kafka.vendor.six.moves", "another.module"), "utf-8")
    done = repro("judge", run, "--case", str(corrected), env={"DOCKER_HOST": "tcp://127.0.0.1:1"})
    assert done.returncode == 3, done.stderr
    assert repro("show", run, "--verify").returncode == 0


def test_two_runs_differ_in_version_verdict_and_output(repro: Repro) -> None:
    bad = json.loads(repro("run", "--json", EXAMPLE).stdout)["run"]
    good = json.loads(repro("run", "--json", EXAMPLE, "--version", "2.0.3").stdout)["run"]
    done = repro("diff", bad, good)
    assert done.returncode == 1
    assert re.search(r"kafka.python\s+2\.0\.2\s+→\s+2\.0\.3", done.stdout)
    assert "not-reproduced" in done.stdout
    assert repro("diff", bad, bad).returncode == 0


def test_plan_starts_nothing_and_says_how_well_it_fits(repro: Repro) -> None:
    done = repro("plan", EXAMPLE, "--os", "debian-12", env={"DOCKER_HOST": "tcp://127.0.0.1:1"})
    assert done.returncode == 0, done.stderr
    assert "Fidelity" in done.stdout
    assert re.search(r"OS\s+close", done.stdout)


@pytest.mark.parametrize("command", ["plan", "run"])
def test_what_cannot_be_carried_out_is_refused_by_name(
    repro: Repro, tmp_path: Path, command: str
) -> None:
    steps = [{"name": "a", "run": "true"}, {"fault": "partition", "on": "node", "for": "5s"}]
    done = repro(command, a_file(tmp_path, steps=steps))
    assert done.returncode == 2
    assert "fault:partition" in done.stderr


def test_a_version_that_was_never_released_names_its_neighbours(repro: Repro) -> None:
    for command in (["plan"], ["run", "--fresh"]):
        done = repro(*command, EXAMPLE, "--version", "2.0.99")
        assert done.returncode == 2, done.stderr
        assert "2.0.99" in done.stderr
        assert "2.0.6" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "no-such-file.yml"], "no-such-file.yml"),
        (["run", EXAMPLE, "--os", "debain-12"], "debian-12"),
        (["run", EXAMPLE, "--topology", "no-such"], "no-such"),
        (["run", EXAMPLE, "--keep", "sometimes"], "sometimes"),
        (["run", EXAMPLE, "--set", "novalue"], "KEY=VALUE"),
        (["show", "no-such-run"], "no-such-run"),
        (["down", "no-such-environment"], "no-such-environment"),
        (["profiles", "debian-21"], "debian-11"),
        (["history", "--since", "yesterday"], "2026-11-21"),
        (["nonsense"], "nonsense"),
        (["run"], "Missing argument"),
    ],
)
def test_nonsense_is_told_with_exit_status_2(
    repro: Repro, arguments: list[str], words: str
) -> None:
    done = repro(*arguments)
    assert done.returncode == 2, done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_an_engine_that_is_not_there_is_no_verdict(repro: Repro) -> None:
    done = repro("run", QUICK, "--json", env={"DOCKER_HOST": "unix:///nowhere/docker.sock"})
    assert done.returncode == 5
    assert json.loads(done.stdout)["verdict"]["verdict"] == "environment-failed"
    assert repro("ls", env={"DOCKER_HOST": "unix:///nowhere/docker.sock"}).returncode == 5


def test_by_hand(repro: Repro) -> None:
    up = repro("up", "--os", "debian-12", "--product", "pkg:pypi/click", "--version", "8.1.7")
    assert up.returncode == 0, up.stderr
    name = up.stdout.splitlines()[0]
    try:
        assert name in repro("ls").stdout
        script = "import click, sys; print(click.__version__); sys.exit(7)"
        done = repro("exec", "-e", name, "node", "--", "python", "-c", script)
        assert (done.returncode, done.stdout) == (7, "8.1.7\n")
        assert repro("exec", "-e", name, "node", "cat", stdin="héllo").stdout == "héllo"
        assert repro("gc").returncode == 0
        assert name in repro("ls").stdout
    finally:
        assert repro("down", name).returncode == 0
    assert name not in repro("ls").stdout


def test_keep_leaves_it_up_and_says_how_to_get_in(repro: Repro) -> None:
    done = repro("run", QUICK, "--keep", "always")
    found = re.search(r"repro shell node --environment (\S+)", done.stdout)
    assert found, done.stdout
    assert repro("exec", "-e", found[1], "node", "true").returncode == 0
    assert repro("down", found[1]).returncode == 0


def test_the_second_run_is_a_hit(repro: Repro) -> None:
    own = ("--set", f"test={uuid.uuid4().hex}")
    first = json.loads(repro("run", EXAMPLE, "--json", *own).stdout)
    assert [each["hit"] for each in first["prepared"]] == [False]
    summary = json.loads(repro("run", EXAMPLE, "--json", *own).stdout)
    assert [each["hit"] for each in summary["prepared"]] == [True]
    assert summary["version_seen"] == "2.0.2"
    keys = [json.loads(line)["key"] for line in repro("cache", "ls", "--json").stdout.splitlines()]
    assert summary["prepared"][0]["key"] in keys


def test_doctor_looks_at_everything(repro: Repro) -> None:
    done = repro("doctor", "--json")
    assert done.returncode == 0, done.stdout
    states = {row["name"]: row["state"] for row in map(json.loads, done.stdout.splitlines())}
    for name in ("Python", "Ansible", "engine", "CA", "PyPI", "npm", "backend docker"):
        assert states[name] == "ok"
    assert repro("doctor", env={"DOCKER_HOST": "unix:///nowhere"}).returncode == 5
