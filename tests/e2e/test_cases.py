"""Every case of the catalogue, on the versions and OSes where it was seen by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.conftest import Repro
from tests.support import ROOT

TABLE = yaml.safe_load(Path(__file__).with_name("verdicts.yml").read_text("utf-8"))
ROWS = [
    pytest.param(case, row, id=" ".join([case, *map(str, row.values())]))
    for case, rows in TABLE.items()
    for row in rows
]


@pytest.mark.engine
@pytest.mark.parametrize(("case", "row"), ROWS)
def test_verdict(case: str, row: dict[str, Any], repro: Repro) -> None:
    options = [part for key in ("version", "os") if key in row for part in (f"--{key}", row[key])]
    done = repro("run", "--json", f"cases/{case}.yml", *options)
    assert done.stdout, done.stderr
    last = json.loads(done.stdout.splitlines()[-1])
    verdict = last.get("together") or last["verdict"]
    assert verdict["verdict"] == row["verdict"], done.stderr[-3000:]


def test_every_case_of_the_catalogue_is_in_the_table() -> None:
    assert {path.stem for path in (ROOT / "cases").glob("*.yml")} == TABLE.keys()
