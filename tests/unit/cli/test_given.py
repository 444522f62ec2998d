from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest

from repro.cli.given import what_is_given
from repro.errors import ArchiveError, InputError
from repro.plan import NO_OVERRIDES
from tests.support import ROOT

CASE = ROOT / "cases/black-fstring-multiline.yml"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REPRO_HOME", str(tmp_path / "home"))


def given(*paths: Path, engine: str = "local", trust: bool = False):
    return what_is_given(paths, NO_OVERRIDES, engine=engine, fresh=True, trust=trust)


def test_case_files_are_cases() -> None:
    found = given(CASE)
    assert [each.case.id for each in found.cases] == ["black-fstring-multiline"]
    assert found.before is None


def test_a_compressed_file_is_an_archive(tmp_path: Path) -> None:
    path = tmp_path / "any-name"
    path.write_bytes(gzip.compress(b"no tar"))
    with pytest.raises(ArchiveError):
        given(path)
    with pytest.raises(InputError, match="is an archive"):
        given(path, CASE)
    with pytest.raises(InputError, match="on this machine"):
        given(path, engine="tcp://192.0.2.1:8786")


def test_trust_is_said_of_archives_only() -> None:
    with pytest.raises(InputError, match="--trust"):
        given(CASE, trust=True)


def test_a_pipe_is_neither(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError):
        given(tmp_path / "missing.yml")
    from repro.cli.given import _is_archive

    assert not _is_archive(tmp_path / "pipe")
