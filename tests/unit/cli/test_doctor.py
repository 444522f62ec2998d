from __future__ import annotations

import json
from collections.abc import Callable, Iterable

import pytest

from repro.cli.doctor import Words, examined
from repro.doctor import Finding
from repro.errors import EngineError

Say = Callable[[str], None]


class Machine:
    """Its engine is missing until somebody installs it."""

    def __init__(self, *, obeys: bool = True) -> None:
        self.obeys = obeys
        self.state = "missing"

    def install(self, say: Say) -> None:
        say("installing\x1b[2J it")
        if not self.obeys:
            raise EngineError("it was refused", cause="no room\nno rights", action="make room")
        self.state = "there"

    def look(self) -> Iterable[Finding]:
        yield Finding("Python", "ok", "3.11")
        if self.state == "missing":
            yield Finding("engine", "trouble", "none", "install one", self.install)
        else:
            yield Finding("engine", "ok", "docker 20.10")


def test_what_can_be_set_right_is_offered(capsys: pytest.CaptureFixture[str]) -> None:
    machine = Machine()
    assert examined(machine.look, Words(as_json=False, fixing=False)) == 5
    assert machine.state == "missing"
    assert capsys.readouterr().out == (
        "✓ Python: 3.11\n✗ engine: none\n    install one (repro doctor --fix does it)\n"
    )


def test_what_was_set_right_is_looked_at_again(capsys: pytest.CaptureFixture[str]) -> None:
    assert examined(Machine().look, Words(as_json=False, fixing=True)) == 0
    assert capsys.readouterr().out == (
        "✓ Python: 3.11\n✗ engine: none\n    install one\n"
        "    installing\\x1b[2J it\n✓ engine: docker 20.10\n"
    )


def test_a_remedy_that_fails_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    assert examined(Machine(obeys=False).look, Words(as_json=False, fixing=True)) == 5
    assert capsys.readouterr().out.endswith(
        "it\n    it was refused\n    no room\n    no rights\n    make room\n"
    )


@pytest.mark.parametrize("obeys", [True, False])
def test_a_program_gets_json_and_nothing_else(
    obeys: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    status = examined(Machine(obeys=obeys).look, Words(as_json=True, fixing=True))
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    seen = [(row["name"], row["state"], row["fixable"]) for row in rows]
    before = [("Python", "ok", False), ("engine", "trouble", True)]
    assert (status, seen) == ((0, [*before, ("engine", "ok", False)]) if obeys else (5, before))
