from __future__ import annotations

from typing import Any

import pytest

from repro.model.case import Expectation
from repro.model.observation import Captured, Completed
from repro.replay.expect import shortfall
from repro.replay.scene import Attempt
from tests.support import MATCHER


def attempt(status: int | None = None, **result: Any) -> Attempt:
    for stream in ("stdout", "stderr"):
        if stream in result:
            result[stream] = Captured(text=result[stream], size=len(result[stream]))
    return Attempt("command", Completed(**{"exit": 0, **result}), status)


@pytest.mark.parametrize(
    ("expect", "seen", "wrong"),
    [
        ({}, attempt(), ""),
        ({}, attempt(exit=1), "exit 1, expected 0"),
        ({}, attempt(exit=139, signal="SIGSEGV"), "exit 139 (SIGSEGV), expected 0"),
        ({"exit": 3}, attempt(exit=3), ""),
        ({"exit": [2, 3]}, attempt(exit=4), "exit 4, expected 2 or 3"),
        ({"exit": "any"}, attempt(exit=4), ""),
        ({"exit": "any"}, attempt(exit=137, timed_out=True, seconds=5), ""),
        ({"exit": "nonzero"}, attempt(exit=4), ""),
        ({"exit": "nonzero"}, attempt(), "exit 0, expected another than 0"),
        ({"exit": "timeout"}, attempt(exit=137, timed_out=True), ""),
        ({"exit": "timeout"}, attempt(), "exit 0, expected a time-out"),
        ({}, attempt(exit=137, timed_out=True, seconds=5), "timed out after 5.0 s"),
        ({}, attempt(exit=None, ended_by="lost"), "the node was lost"),
        ({}, attempt(exit=137, ended_by="disk-limit"), "disk limit"),
        ({"stdout": "ok"}, attempt(stdout="it is ok"), ""),
        ({"stdout": "ok"}, attempt(stdout="it is not"), "does not contain 'ok'"),
        ({"output": {"matches": "^b$"}}, attempt(stdout="a\n", stderr="b\n"), ""),
        ({"status": 200}, attempt(status=200), ""),
        ({"status": [200, 204]}, attempt(status=404), "status 404, expected 200 or 204"),
        ({}, attempt(status=503), "status 503"),
        ({}, attempt(status=302), ""),
    ],
)
def test_shortfall(expect: dict[str, Any], seen: Attempt, wrong: str) -> None:
    said = shortfall(Expectation.model_validate(expect), seen, MATCHER.search)
    assert bool(said) == bool(wrong), said
    assert wrong in str(said)
