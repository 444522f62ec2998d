"""What is built is what is used: the wheel, away from the source."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.support import ROOT


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    wheel = next(folder.glob("*.whl"))
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def run(unpacked: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "repro", *arguments],
        cwd=unpacked.parent, env={**os.environ, "PYTHONPATH": str(unpacked)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_every_file_of_the_package_is_in_it(unpacked: Path) -> None:
    """Templates, phrases and styles too, and the marker that its types are to be read."""
    here = [path for path in (ROOT / "repro").rglob("*") if "__pycache__" not in path.parts]
    names = [str(path.relative_to(ROOT)) for path in here if path.is_file()]
    assert "repro/py.typed" in names
    assert [name for name in names if not (unpacked / name).is_file()] == []


def test_profiles_playbooks_and_cases_travel_with_it(unpacked: Path) -> None:
    for folder in ("profiles/os", "profiles/topologies", "playbooks", "cases"):
        here = {path.name for path in (ROOT / folder).glob("*.yml")}
        assert {path.name for path in (unpacked / "repro/data" / folder).glob("*.yml")} == here


def test_it_plans_away_from_the_source(unpacked: Path) -> None:
    case = unpacked / "repro/data/cases/redis-py-cancel-off-by-one.yml"
    done = run(unpacked, "plan", "--offline", str(case))
    assert done.returncode == 0, done.stderr
    assert "redis 4.5.3" in done.stdout
    assert "debian-12" in run(unpacked, "profiles").stdout


def test_nothing_else_is_in_it(unpacked: Path) -> None:
    tops = {path.name for path in unpacked.iterdir()}
    assert {name for name in tops if not name.endswith(".dist-info")} == {"repro"}
    assert not list(unpacked.rglob("tests"))


@pytest.mark.engine
def test_it_runs_a_case_away_from_the_source(unpacked: Path) -> None:
    case = unpacked / "repro/data/cases/mawk-interval-expressions.yml"
    done = run(unpacked, "run", str(case))
    assert done.returncode == 0, done.stderr
