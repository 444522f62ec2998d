"""A run goes from one engine to another: offline, and whole wherever it is killed."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from repro.record import read_run, verify
from tests.e2e.conftest import Repro
from tests.engines import wait_for_quiet
from tests.second_engine import SecondEngine, second_engine
from tests.support import ROOT

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("archives")]

CASE = "cases/black-fstring-multiline.yml"
#: Nothing listens there: whoever asks a registry, a mirror or a package index is refused.
NO_WAY_OUT = dict.fromkeys(
    ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"),
    "http://127.0.0.1:9",
)


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[SecondEngine]:
    """An engine that has no images, and whose containers reach nothing."""
    with second_engine() as made:
        yield made


@pytest.fixture
def away(elsewhere: SecondEngine, tmp_path: Path) -> dict[str, str]:
    """Another machine, as far as one is there: another engine, home and cache."""
    return NO_WAY_OUT | {
        "REPRO_ENGINE": elsewhere.url,
        "REPRO_HOME": str(tmp_path / "away"),
        "REPRO_CACHE": str(tmp_path / "away-cache"),
    }


@pytest.fixture(autouse=True)
def _no_images_left(tmp_path: Path) -> Iterator[None]:
    """What homes of one test alone have in the engine, nobody would ever remove."""
    yield
    for workspace in tmp_path.rglob("workspace"):
        _remove_images(workspace)


@pytest.fixture(scope="module")
def maker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The home of who has a run that reproduced."""
    home = tmp_path_factory.mktemp("maker")
    _repro("run", CASE, home=home)
    yield home
    _remove_images(home / "workspace")


@pytest.fixture(scope="module")
def archive(maker: Path) -> Path:
    """That run, with its images."""
    path = maker / "issue.repro.tar.gz"
    _repro("export", "last", "--images", "-o", str(path), home=maker)
    return path


@pytest.mark.slow
def test_it_reproduces_elsewhere_without_any_network(
    repro: Repro, archive: Path, away: dict[str, str], elsewhere: SecondEngine, tmp_path: Path
) -> None:
    assert _images(elsewhere) == []
    done = repro("import", str(archive), env=away)
    assert done.returncode == 0, done.stderr
    assert len(_images(elsewhere)) == 1
    (run,) = (tmp_path / "away" / "runs").glob("2*")
    assert verify(run) == []

    done = repro("run", str(archive), env=away)
    assert done.returncode == 0, done.stderr
    assert "from the archive" in done.stderr
    assert "as before: reproduced" in done.stdout
    assert len(_images(elsewhere)) == 1
    again = max((tmp_path / "away" / "runs").glob("2*"), key=lambda path: path.stat().st_mtime)
    before, after = read_run(run).lock, read_run(again).lock
    assert before is not None
    assert after is not None
    assert before.nodes == after.nodes  # to the last package

    # Another version is not in the archive: it would have to be prepared, and cannot be.
    done = repro("run", str(archive), "--version", "24.8.0", env=away)
    assert done.returncode == 5
    assert "the archive's images are not used" in done.stderr


@pytest.mark.slow
def test_it_runs_without_being_imported_first(
    repro: Repro, archive: Path, away: dict[str, str], tmp_path: Path
) -> None:
    done = repro("run", str(archive), "--json", env=away)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n") == 1
    assert "as before: reproduced" in done.stderr
    assert len(list((tmp_path / "away" / "runs").glob("2*"))) == 1
    assert not list((tmp_path / "away" / "runs").glob(".arriving-*"))


def test_the_differences_are_said(repro: Repro, maker: Path, tmp_path: Path) -> None:
    home, path = {"REPRO_HOME": str(maker)}, tmp_path / "a.tar.gz"
    assert repro("export", "last", "-o", str(path), env=home).returncode == 0
    done = repro("run", str(path), "--version", "24.8.0")
    assert done.returncode == 1, done.stderr
    assert "before: reproduced; here: not-reproduced" in done.stdout
    assert re.search(r"node +pip +black +24\.4\.2 +→ +24\.8\.0", done.stdout)


SITE = {
    "profiles/products/special.yml": """\
title: Special
purl: pkg:generic/special
playbook: special
releases: {run: "touch LISTED; echo 1.0"}
""",
    "playbooks/special.yml": """\
- name: Install special
  hosts: all
  gather_facts: false
  tasks:
    - name: Make it
      ansible.builtin.copy: {content: "special\\n", dest: /case/special, mode: "0644"}
    - name: Leave the node
      ansible.builtin.file: {path: LEFT, state: touch, mode: "0644"}
      delegate_to: localhost
""",
    "case.yml": """\
schema: 1
id: special
title: the special product is special
environment: {os: debian-12, product: {name: special}, version: "1.0"}
steps: [{name: look, run: grep special special}]
symptom: [{step: look, exit: 0}]
""",
}


def test_a_playbook_of_somebody_elses_needs_trust(repro: Repro, tmp_path: Path) -> None:
    """Their product comes along; what would act on this machine does not, but by word."""
    marks = {word: str(tmp_path / word.lower()) for word in ("LISTED", "LEFT")}
    for name, text in SITE.items():
        path = tmp_path / "site" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(re.sub("LISTED|LEFT", lambda found: marks[found[0]], text))
    archive, left, listed = tmp_path / "a.tar.gz", tmp_path / "left", tmp_path / "listed"
    theirs = {
        "REPRO_HOME": str(tmp_path / "theirs"),
        "REPRO_PROFILES": str(tmp_path / "site/profiles"),
    }
    assert repro("run", str(tmp_path / "site/case.yml"), env=theirs).returncode == 0
    assert repro("export", "last", "-o", str(archive), env=theirs).returncode == 0
    left.unlink()
    listed.unlink(missing_ok=True)
    wait_for_quiet(theirs)
    subprocess.run(["docker", "rmi", _image(tmp_path / "theirs")], check=True, capture_output=True)

    ours = {"REPRO_HOME": str(tmp_path / "ours")}
    done = repro("run", str(archive), env=ours)
    assert done.returncode == 2
    assert "playbook special is not here" in done.stderr
    assert "--trust" in done.stderr
    assert not left.exists()
    assert not list((tmp_path / "ours" / "runs").glob("2*"))

    done = repro("run", str(archive), "--trust", env=ours)
    assert done.returncode == 0, done.stderr
    assert "not as here: playbook special; those of the archive are used" in done.stderr
    assert left.exists()
    assert not listed.exists()


def _image(home: Path) -> str:
    (run,) = (home / "runs").glob("2*")
    summary = read_run(run).summary
    assert summary is not None
    return f"repro/prepared:{summary.prepared[0].key[:40]}"


def test_a_campaign_is_refused_and_its_runs_are_named(repro: Repro, tmp_path: Path) -> None:
    home = {"REPRO_HOME": str(tmp_path / "home")}
    assert repro("run", CASE, "--runs", "2", "--until", "all", env=home).returncode == 0
    (campaign,) = (tmp_path / "home" / "campaigns").glob("2*")
    done = repro("export", campaign.name, env=home)
    assert done.returncode == 2
    assert f"repro history --campaign {campaign.name}" in done.stderr


@pytest.mark.slow
def test_an_export_that_is_killed_leaves_no_half_archive(maker: Path, tmp_path: Path) -> None:
    target = tmp_path / "a.tar.gz"
    arguments = ("export", "last", "--images", "-o", str(target))
    for after in (0.5, 1.5, 3.0):
        _killed(*arguments, home=maker, after=after)
        assert not target.exists() or _is_whole(target)
        target.unlink(missing_ok=True)
    _repro(*arguments, home=maker)
    assert _is_whole(target)
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.slow
def test_an_import_that_is_killed_leaves_no_half_run(archive: Path, tmp_path: Path) -> None:
    for after in (0.4, 0.8, 1.5, 3.0):
        _killed("import", str(archive), home=tmp_path, after=after)
        assert all(verify(run) == [] for run in tmp_path.glob("runs/2*"))
    _repro("import", str(archive), home=tmp_path)
    (run,) = tmp_path.glob("runs/2*")
    assert verify(run) == []
    listed = subprocess.run(
        [sys.executable, "-m", "repro", "history"],
        env={**os.environ, "REPRO_HOME": str(tmp_path)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert run.name in listed.stdout


def _is_whole(archive: Path) -> bool:
    return subprocess.run(["gzip", "-t", archive], check=False).returncode == 0


def _repro(*arguments: str, home: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "repro", *arguments],
        cwd=ROOT, env={**os.environ, "REPRO_HOME": str(home)}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def _killed(*arguments: str, home: Path, after: float) -> None:
    """Start a command, and end it as a power cut would."""
    process = subprocess.Popen(
        [sys.executable, "-m", "repro", *arguments],
        cwd=ROOT,
        env={**os.environ, "REPRO_HOME": str(home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    time.sleep(after)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(20)


def _remove_images(workspace: Path) -> None:
    wait_for_quiet({"REPRO_HOME": str(workspace.parent)})
    label = f"label=dev.repro.workspace={workspace.read_text('ascii').strip()}"
    listed = subprocess.run(
        ["docker", "images", "--quiet", "--filter", label],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    if images := listed.stdout.split():
        subprocess.run(["docker", "rmi", *images], capture_output=True, check=False)


def _images(engine: SecondEngine) -> list[str]:
    done = subprocess.run(
        ["docker", "-H", engine.url, "images", "--quiet"],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()
