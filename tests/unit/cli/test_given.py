from __future__ import annotations

import gzip
import os
import shutil
from pathlib import Path

import pytest

from repro.cli.again import case_given
from repro.cli.given import what_is_given
from repro.cli.session import Session
from repro.errors import ArchiveError, InputError, NotFoundError
from repro.plan import NO_OVERRIDES, Overrides
from repro.settings import Settings
from tests.support import ROOT
from tests.unit.kept import keep
from tests.unit.report.subjects import SICK, case, run

CASE = ROOT / "cases/black-fstring-multiline.yml"
RUN = "20261121-224155-demo-1-0a1b"


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


def home_of(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", cache=tmp_path / "cache")


class TestARunOfOnesOwn:
    def test_is_made_again_as_it_was(self, tmp_path: Path) -> None:
        changed = run(SICK, version="1.3", name=RUN)
        header = changed.header.model_copy(
            update={"overrides": {"version": "1.3", "vars.mode": "a b"}}
        )
        keep(home_of(tmp_path), changed.model_copy(update={"header": header}),
             case())  # fmt: skip
        (kept,) = (tmp_path / "home" / "runs").glob("2*")
        for named in (kept.name, "last", kept.name[:20], str(kept)):
            found = given(Path(named))
            assert [each.case.id for each in found.cases] == ["demo-1"]
            assert (found.overrides.version, found.overrides.vars) == ("1.3", {"mode": "a b"})
            assert found.overrides.os is None  # it is the case's own
            assert found.before is not None
            assert (found.before.header.run, found.cases[0].path) == (kept.name, Path(kept.name))

    def test_stands_for_its_case_in_campaigns(self, tmp_path: Path) -> None:
        keep(home_of(tmp_path), run(SICK), case())
        assert case_given(Session(), Path("last")).case.id == "demo-1"
        assert case_given(Session(), CASE).path == CASE

    def test_a_file_of_that_name_comes_first(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        keep(home_of(tmp_path), run(SICK), case())
        monkeypatch.chdir(tmp_path)
        shutil.copy(CASE, "last")
        assert [each.case.id for each in given(Path("last")).cases] == ["black-fstring-multiline"]

    def test_one_that_is_none_says_so(self) -> None:
        with pytest.raises(NotFoundError, match="no single run"):
            given(Path(RUN))

    def test_a_variable_that_was_a_secret_is_to_be_given_again(self, tmp_path: Path) -> None:
        header = run(SICK).header
        hidden = header.model_copy(update={"overrides": {"vars.key": "[redacted:known]"}})
        kept = run(SICK).model_copy(update={"header": hidden})
        keep(home_of(tmp_path), kept, case())
        with pytest.raises(InputError, match="variable key was a secret"):
            given(Path("last"))
        again = Overrides(vars={"key": "told"})
        found = what_is_given([Path("last")], again, engine="local", fresh=True, trust=False)
        assert found.overrides.vars == {"key": "told"}


def test_a_pipe_is_neither(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError):
        given(tmp_path / "missing.yml")
    from repro.cli.given import _is_archive

    assert not _is_archive(tmp_path / "pipe")
