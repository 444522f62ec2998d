from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from repro.prepare.words import complaint, disk_full

TABLE = Path(__file__).parents[2] / "golden" / "package_managers.yml"
CASES = yaml.safe_load(TABLE.read_text("utf-8"))


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_shows_what_the_package_manager_said(case):
    assert complaint(case["output"]) == case["said"]


@given(st.text())
def test_shows_no_more_than_a_few_short_lines(output):
    lines = complaint(output).split("\n")
    assert len(lines) <= 5
    assert all(len(line) <= 610 for line in lines)


@given(st.lists(st.text("abc xyz", min_size=1).filter(str.strip), min_size=1, max_size=3))
def test_shows_the_last_lines_where_nothing_is_marked(lines):
    assert complaint("\n".join(lines)) == "\n".join(line.strip() for line in lines)


def test_a_very_long_line_is_cut_in_its_middle():
    said = complaint("E: " + "a" * 400 + "b" * 400)
    assert said.startswith("aaa")
    assert said.endswith("bbb")
    assert len(said) < 700


@pytest.mark.parametrize(
    ("output", "full"),
    [
        ("dpkg: error: unable to write: No space left on device", True),
        ("npm ERR! code ENOSPC", True),
        ("ERROR: no space left in my head", False),
    ],
)
def test_knows_a_full_disk(output, full):
    assert disk_full(output) is full
