from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from repro.cli.groups import Repeats, grouped
from repro.cli.options import AsJson, CaseFile
from repro.errors import InputError
from tests.campaigns import a_loaded


@dataclass(frozen=True)
class Speed:
    fast: Annotated[bool, typer.Option("--fast", help="Hurry.")] = False
    times: Annotated[int, typer.Option("--times", min=1, help="How often.")] = 2


def go(case: CaseFile, *, speed: Speed, json: AsJson = False) -> int:
    """Go somewhere."""
    print(case, speed, json)
    return 3


@pytest.fixture
def app() -> typer.Typer:
    made = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False)
    made.command()(grouped(go))
    return made


@pytest.mark.parametrize(
    ("arguments", "seen"),
    [
        (["x.yml"], "x.yml Speed(fast=False, times=2) False\n"),
        (["--fast", "x.yml", "--times", "5", "--json"], "x.yml Speed(fast=True, times=5) True\n"),
    ],
)
def test_a_group_is_options_of_its_command(
    app: typer.Typer, arguments: list[str], seen: str
) -> None:
    result = CliRunner().invoke(app, arguments, standalone_mode=False)
    assert (result.return_value, result.output) == (3, seen)


@pytest.mark.parametrize("arguments", [["x.yml", "--times", "0"], ["x.yml", "--speed", "1"], []])
def test_a_groups_options_are_checked_as_any(app: typer.Typer, arguments: list[str]) -> None:
    assert CliRunner().invoke(app, arguments).exit_code == 2


def test_help_shows_the_options_where_the_group_stands(app: typer.Typer) -> None:
    told = CliRunner().invoke(app, ["--help"]).output
    assert "Go somewhere." in told
    assert told.index("--fast") < told.index("How often.") < told.index("--json")


def test_how_often_is_the_cases_word_but_for_what_is_said() -> None:
    case = a_loaded(repeat={"runs": 7, "until": "all"})
    assert (Repeats().of(case).runs, Repeats().of(case).until) == (7, "all")
    assert (Repeats(runs=2).of(case).runs, Repeats(until="first").of(case).until) == (2, "first")
    with pytest.raises(InputError, match="--until"):
        Repeats(until="never").of(case)
