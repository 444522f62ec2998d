from __future__ import annotations

from pathlib import Path

import pytest

from repro.archive.case import is_redacted, load_recorded, redacted_places
from repro.catalog import Catalog
from repro.record import new_header, open_run
from repro.settings import Settings
from tests.unit.archive.support import a_run, planned

CASE = """\
schema: 1
id: greeting
title: It says nothing
environment:
  os: debian-12
  env:
    API_TOKEN: {value: s3cr3tV4lue99, secret: true}
steps:
  - {name: greet, run: hello}
symptom:
  - {step: greet, exit: 1}
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", cache=tmp_path / "cache")


def test_a_recorded_case_is_read_with_its_files(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    loaded = load_recorded(a_run(settings, tmp_path / "own"), Catalog(settings))
    assert {"files/hello.py", "checks/test_hello.py"} <= loaded.sources.keys()
    assert redacted_places(loaded.text) == []


def test_a_value_that_the_case_keeps_secret_is_named(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "case.yml"
    path.write_text(CASE)
    plan = planned(settings, path)
    text = CASE.replace("s3cr3tV4lue99", '"[redacted]"').encode()
    recorder = open_run(settings, new_header(plan), text, {}, plan)
    loaded = load_recorded(recorder.folder, Catalog(settings))
    (place,) = redacted_places(loaded.text)
    assert place.startswith("line 7: API_TOKEN: ")


@pytest.mark.parametrize(
    ("value", "hidden"),
    [("[redacted]", True), ("a [redacted:known] b", True), ("[red]", False), ("redacted", False)],
)
def test_what_stands_in_place_of_a_value(value: str, hidden: bool) -> None:
    assert is_redacted(value) is hidden
