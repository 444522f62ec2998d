"""A table of files: each ``bad/NAME.yml`` with what is said of it in ``bad/NAME.expected``."""

from __future__ import annotations

from pathlib import Path

import pytest

from repro.casefile import load
from repro.errors import CaseError

FOLDER = Path(__file__).parent / "bad"


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yml")), ids=lambda path: path.stem)
def test_every_problem_is_told_where_it_is(path: Path) -> None:
    with pytest.raises(CaseError) as caught:
        load(path)
    told = [str(problem).removeprefix(f"{FOLDER}/") for problem in caught.value.problems]
    assert told == path.with_suffix(".expected").read_text("utf-8").splitlines()
    assert caught.value.exit_status == 2


def test_the_table_is_whole() -> None:
    assert {path.stem for path in FOLDER.glob("*.yml")} == {
        path.stem for path in FOLDER.glob("*.expected")
    }
