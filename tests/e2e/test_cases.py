"""Every case of the catalogue, on the versions and OSes where it was seen by hand."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
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


def _options(row: dict[str, Any]) -> list[str]:
    return [part for key in ("version", "os") if key in row for part in (f"--{key}", row[key])]


@pytest.mark.engine
@pytest.mark.parametrize(("case", "row"), ROWS)
def test_verdict(case: str, row: dict[str, Any], repro: Repro) -> None:
    done = repro("run", "--json", f"cases/{case}.yml", *_options(row))
    assert done.stdout, done.stderr
    last = json.loads(done.stdout.splitlines()[-1])
    verdict = last["answer"]["cells"][0] if "answer" in last else last["verdict"]
    assert verdict["verdict"] == row["verdict"], done.stderr[-3000:]


def test_every_case_of_the_catalogue_is_in_the_table() -> None:
    assert {path.stem for path in (ROOT / "cases").glob("*.yml")} == TABLE.keys()


@pytest.mark.engine
def test_eight_different_ones_at_once(repro: Repro) -> None:
    rows = [(case, rows[0]) for case, rows in TABLE.items() if "repeat" not in _text(case)][:8]

    def verdict(pair: tuple[str, dict[str, Any]]) -> str:
        case, row = pair
        done = repro("run", "--json", f"cases/{case}.yml", *_options(row))
        assert done.stdout, done.stderr
        return str(json.loads(done.stdout.splitlines()[-1])["verdict"]["verdict"])

    with ThreadPoolExecutor(max_workers=len(rows)) as pool:
        seen = list(pool.map(verdict, rows))
    assert seen == [row["verdict"] for _, row in rows]


def _text(case: str) -> str:
    return (ROOT / "cases" / f"{case}.yml").read_text("utf-8")
