"""What was kept of earlier runs, through the command line."""

from __future__ import annotations

import json
from pathlib import Path

from tests.unit.cli.workspace import Cli, write


def test_a_history_that_is_rebuilt_is_nothing_but_json_for_a_program(cli: Cli, place: Path) -> None:
    assert cli("run", write(place / "x.yml"))[0] == 0
    _, out, err = cli("history", "--rebuild", "--json")
    assert [json.loads(line)["case"] for line in out.splitlines()] == ["x"]
    assert err == "1 runs read; 0 folders could not be read\n"
    assert cli("history", "--rebuild")[1].startswith(err)


def test_what_is_not_as_it_was_recorded_is_json_for_a_program(cli: Cli, place: Path) -> None:
    assert cli("run", write(place / "x.yml"))[0] == 0
    status, out, _ = cli("show", "last", "--verify", "--json")
    whole = json.loads(out)
    assert (status, whole["problems"]) == (0, [])
    (folder,) = place.glob(f"**/runs/{whole['run']}")
    (folder / "added.txt").write_text("")
    status, out, _ = cli("show", "last", "--verify", "--json")
    assert (status, json.loads(out)["problems"]) == (6, ["added.txt: not in the manifest"])
