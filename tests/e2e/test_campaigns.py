"""Campaigns on a real engine: their answers, and what is left of them when they are ended."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.engines import of_this_workplace, until
from tests.support import ROOT

pytestmark = [pytest.mark.engine, pytest.mark.slow]
SEED = int(os.environ.get("REPRO_TEST_SEED", time.time()))
OSES = "debian-12,debian-13"
#: Only on Debian 12 it breaks; long enough to be hit.
CASE: dict[str, Any] = {
    "schema": 1, "id": "by-os", "title": "It breaks on Debian 12",
    "steps": [{"name": "look", "run": "sleep 0.4; ! grep -q '^12' /etc/debian_version"}],
    "symptom": [{"step": "look", "exit": 1}],
    "healthy": [{"step": "look", "exit": 0}],
}  # fmt: skip


@dataclass
class Place:
    """A home of its own, so that what is left over can be told from what others do."""

    folder: Path
    env: Mapping[str, str]

    def case(self, name: str = "case", **keys: Any) -> str:
        path = self.folder / "cases" / f"{name}.yml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(yaml.safe_dump({**CASE, **keys}), "utf-8")
        return str(path)

    def repro(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self._command(arguments), cwd=self.folder, env=self.env, capture_output=True,
            text=True, check=False, timeout=600,
        )  # fmt: skip

    def started(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self._command(arguments), cwd=self.folder, env=self.env, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip

    def _command(self, arguments: tuple[str, ...]) -> list[str]:
        return [sys.executable, "-m", "repro", *arguments]

    def kept(self) -> list[dict[str, Any]]:
        """The whole lines of the newest campaign's cells."""
        *_, folder = sorted((self.folder / "home" / "campaigns").iterdir())
        file = folder / "cells.jsonl"
        text = file.read_text("utf-8") if file.exists() else ""
        return [json.loads(line) for line in text.splitlines(keepends=True) if line[-1] == "\n"]

    def wait_until_clean(self) -> None:
        """Until sweeps leave nothing on the engine.

        What was asked of it just before an end may come about after a first one.
        """
        until(lambda: self.repro("gc").returncode == 0 and not of_this_workplace(self.env))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("campaigns")
    env = {**os.environ, "REPRO_HOME": str(folder / "home"), "PYTHONPATH": str(ROOT)}
    place = Place(folder, env)
    yield place
    place.repro("cache", "prune", "--all")
    place.repro("gc")


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_a_matrix_over_two_oses(place: Place) -> None:
    done = place.repro("matrix", place.case(), "--os", OSES)
    assert done.returncode == 0, done.stderr
    assert re.search(r"● reproduced\s+○ not-reproduced", done.stdout)
    for line in done.stderr.splitlines():
        # One run, whole, in every line.
        assert re.fullmatch(r"\[ *\d+\.\d\d\] [●○] \S+: by-os on debian-1[23].* s\)", line), line
    assert len(done.stderr.splitlines()) == 2
    place.wait_until_clean()


def test_the_output_of_cells_is_not_mixed_and_failures_stand_last(place: Place) -> None:
    noisy = {"name": "look", "run": "for i in $(seq 200); do echo $REPRO_NODE-$i; done; exit 1"}
    case = place.case(
        "noisy", id="noisy", steps=[noisy], healthy=[],
        setup=[{"name": "begin", "run": "grep -q '^12' /etc/debian_version"}],
    )  # fmt: skip
    done = place.repro("matrix", case, "--os", OSES)
    assert done.returncode == 5, done.stderr
    assert "node-200" not in done.stderr
    shown = done.stdout.splitlines()
    (failed,) = [number for number, line in enumerate(shown) if "environment-failed  " in line]
    assert failed > max(number for number, line in enumerate(shown) if "● reproduced" in line)
    assert "setup step begin" in shown[failed + 1]
    assert done.stderr.count("replaced") == 1
    for line in done.stderr.splitlines():
        assert line.startswith("["), line


def test_a_rate(place: Place) -> None:
    done = place.repro("run", place.case(), "--os", "debian-12", "--runs", "6", "--until", "all",
                       "--json")  # fmt: skip
    assert done.returncode == 0, done.stderr
    *outcomes, answer = lines(done.stdout)
    assert len({each["key"] for each in outcomes}) == len({each["run"] for each in outcomes}) == 6
    (cell,) = answer["answer"]["cells"]
    assert (cell["rate"]["runs"], cell["rate"]["reproduced"]) == (6, 6)
    assert cell["rate"]["low"] < 1.0 == cell["rate"]["high"]
    rows = lines(place.repro("history", "--case", "by-os", "--limit", "100", "--json").stdout)
    assert {each["run"] for each in outcomes} <= {row["run"] for row in rows}


def test_workarounds_are_verified_with_what_they_change(place: Place) -> None:
    step = {"name": "look", "run": 'test "$CALM" = 1 || grep -q calm /etc/look.conf'}
    case = place.case(
        "calm", id="calm", steps=[step], healthy=[{"step": "look", "exit": 0}],
        files=[{"path": "/etc/look.conf", "content": "wild\n"}],
        workarounds=[
            {"name": "by env", "env": {"CALM": "1"}},
            {"name": "by file", "files": [{"path": "/etc/look.conf", "content": "calm\n"}]},
            {"name": "useless", "env": {"OTHER": "1"}},
        ],
    )  # fmt: skip
    done = place.repro("verify", case, "--json")
    assert done.returncode == 1, done.stderr
    found = {each["workaround"]: each for each in lines(done.stdout)[-1]["answer"]["workarounds"]}
    assert {name: each["helps"] for name, each in found.items()} == {
        "by env": True, "by file": True, "useless": False,
    }  # fmt: skip
    assert found["by env"]["changed"] == ["environment of node: CALM: none → 1"]
    assert found["by file"]["changed"][0] == "file /etc/look.conf on node: changed"
    assert {"  -wild", "  +calm"} <= set(found["by file"]["changed"])


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_matrix_that_is_ended_is_gone_on_with(place: Place, number: signal.Signals) -> None:
    chance, runs = random.Random(SEED + number), 3
    case = place.case()
    command = ["matrix", case, "--os", OSES, "--runs", str(runs), "--until", "all"]
    before = len(list((place.folder / "home" / "campaigns").glob("*")))
    process = place.started(*command)
    for _ in range(3):
        moment = chance.uniform(0.5, 3.5)
        time.sleep(moment)
        if process.poll() is None:
            os.killpg(process.pid, number)
        _, err = process.communicate(timeout=120)
        assert process.returncode in (0, 130, -number), (SEED, moment, err)
        if process.returncode == 130 and "every run that had ended" in err:
            assert "repro resume" in err
        if len(list((place.folder / "home" / "campaigns").glob("*"))) == before:
            process = place.started(*command)  # it was ended before it began
        else:
            process = place.started("resume")
    process.communicate(timeout=300)
    assert process.returncode == 0
    campaigns = lines(place.repro("campaigns", "--json").stdout)
    assert len(campaigns) == before + 1
    cells = campaigns[0]["summary"]["answer"]["cells"]
    assert [(each["cell"]["os"], each["verdict"], each["rate"]["runs"]) for each in cells] == [
        ("debian-12", "reproduced", runs), ("debian-13", "not-reproduced", runs),
    ], SEED  # fmt: skip
    kept = place.kept()
    assert len({each["key"] for each in kept}) == len(kept)
    assert sum(each["counted"] for each in kept) == 2 * runs
    place.wait_until_clean()


def test_a_look_that_was_killed_repeats_no_cell_that_had_ended(place: Place) -> None:
    products = place.folder / "profiles" / "products"
    products.mkdir(parents=True)
    profile = {
        "title": "Nothing", "purl": "pkg:generic/nothing", "releases": ["1.0", "2.0", "3.0"],
        "playbook": "nothing",
    }  # fmt: skip
    (products / "nothing.yml").write_text(yaml.safe_dump(profile), "utf-8")
    playbooks = place.folder / "playbooks"
    playbooks.mkdir()
    (playbooks / "nothing.yml").write_text("- hosts: all\n  tasks: []\n", "utf-8")
    catalogue = place.folder / "night"
    catalogue.mkdir()
    for name in ("a", "b"):
        content = {
            **CASE, "id": name, "healthy": [],
            "environment": {"os": "debian-12", "product": "nothing", "version": "1.0"},
            "steps": [{"name": "look", "run": 'sleep 1.5; test "$REPRO_VERSION" = 3.0'}],
            "recheck": {"versions": "all"},
        }  # fmt: skip
        (catalogue / f"{name}.yml").write_text(yaml.safe_dump(content), "utf-8")
    campaigns = place.folder / "home" / "campaigns"
    before = len(list(campaigns.glob("*")))
    process = place.started("recheck", "night", "--json", "-j", "2")
    until(lambda: len(list(campaigns.glob("*"))) > before and len(place.kept()) >= 2)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    ended = {each["key"] for each in place.kept()}
    assert len(ended) >= 2
    done = place.repro("recheck", "night", "--json", "-j", "2")
    assert done.returncode == 1, done.stderr
    kept = place.kept()
    assert len(kept) == len({each["key"] for each in kept}) == 6
    assert ended <= {each["key"] for each in kept}
    assert {each["verdict"] for each in kept} == {"reproduced", "not-reproduced"}
    changed = lines(done.stdout)[-1]["answer"]["changed"]
    assert {each["case"]: each["after"]["version"] for each in changed} == {"a": "3.0", "b": "3.0"}
    quiet = place.repro("recheck", "night")
    assert (quiet.returncode, quiet.stdout) == (0, "2 issues, 0 runs: nothing changed\n")
    place.wait_until_clean()


def test_an_archive_that_is_run_again_is_gone_on_with_where_it_is_gone(place: Place) -> None:
    archive, campaigns = place.folder / "a.tar.gz", place.folder / "home" / "campaigns"
    slow = [{"name": "look", "run": "sleep 2; ! grep -q '^12' /etc/debian_version"}]
    assert place.repro("run", place.case("slow", steps=slow)).returncode == 0
    assert place.repro("export", "last", "--images", "-o", str(archive)).returncode == 0
    before = len(list(campaigns.glob("*")))
    process = place.started("run", str(archive), "--runs", "3", "--until", "all", "-j", "1")
    until(lambda: len(list(campaigns.glob("*"))) > before and place.kept())
    assert process.poll() is None, process.communicate()
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    archive.unlink()
    done = place.repro("resume", "--json")
    assert done.returncode == 0, done.stderr
    (cell,) = lines(done.stdout)[-1]["answer"]["cells"]
    assert (cell["verdict"], cell["rate"]["runs"]) == ("reproduced", 3)
    place.wait_until_clean()


def test_a_case_without_a_product_is_looked_at_every_night(place: Place) -> None:
    catalogue = place.folder / "bare"
    catalogue.mkdir()
    (catalogue / "bare.yml").write_text(yaml.safe_dump(CASE), "utf-8")
    first, second = (place.repro("recheck", "bare") for _ in range(2))
    assert (first.returncode, "first look → open" in re.sub(" +", " ", first.stdout)) == (1, True)
    assert second.returncode == 0, second.stderr
    assert second.stdout.startswith("1 issues, 1 runs: nothing changed\n")
    place.wait_until_clean()
