"""The case format, on a real engine: each file says in its first line what it ends in."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from repro.model.observation import EXIT_STATUS
from tests.e2e.conftest import Repro

FILES = sorted((Path(__file__).parent / "format").glob("*.yml"))


@pytest.mark.engine
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_verdict(path: Path, repro: Repro) -> None:
    expected = path.read_text("utf-8").splitlines()[0].removeprefix("# verdict: ")
    done = repro("run", "--json", str(path))
    assert done.stdout, done.stderr
    summary = json.loads(done.stdout)
    wrong = [each for each in summary["verdict"]["symptom"] if not each["holds"]]
    assert summary["verdict"]["verdict"] == expected, (wrong, done.stderr[-3000:])
    assert done.returncode == EXIT_STATUS[expected]
