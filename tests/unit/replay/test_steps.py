from __future__ import annotations

import time
from typing import Any

import pytest

from repro import flow
from repro.model.observation import StepObservation
from repro.provider.memory import MemoryProvider, Reply
from tests.support import MemoryRecord, a_case, planned, tools


def replay(provider: MemoryProvider, **keys: Any) -> tuple[list[StepObservation], str]:
    record = MemoryRecord()
    summary = flow.run_case(planned(a_case(**keys)), tools(provider), record)
    seen = [each for each in record.observations if isinstance(each, StepObservation)]
    return seen, summary.verdict.verdict


def test_the_first_step_that_is_not_as_expected_is_the_last() -> None:
    provider = MemoryProvider()
    provider.answer("second", Reply(exit=1))
    seen, _ = replay(
        provider,
        steps=[{"name": n, "run": n} for n in ("first", "second", "third")],
        symptom=[{"step": "second", "exit": 1}],
    )
    assert [each.step for each in seen] == ["first", "second"]
    assert [each.expected for each in seen] == [True, False]


def test_a_step_is_done_again_until_it_is_as_expected() -> None:
    provider = MemoryProvider()
    provider.answer("flaky", Reply(exit=1), Reply(exit=1), Reply())
    step = {"name": "flaky", "run": "flaky", "retry": {"for": "5s", "every": "10ms"}}
    seen, _ = replay(provider, steps=[step], symptom=[{"step": "flaky", "exit": 1}])
    assert [(each.attempts, each.expected) for each in seen] == [(3, True)]


def test_retrying_comes_to_an_end() -> None:
    provider = MemoryProvider()
    provider.answer("flaky", Reply(exit=1))
    step = {"name": "flaky", "run": "flaky", "retry": {"for": "1s", "every": "20ms"}}
    begin = time.monotonic()
    seen, verdict = replay(provider, steps=[step], symptom=[{"step": "flaky", "exit": 1}])
    assert time.monotonic() - begin < 30
    assert seen[0].attempts > 1
    assert verdict == "reproduced"


def test_what_runs_beside_ends_with_the_steps_and_its_output_is_kept() -> None:
    provider = MemoryProvider()
    provider.answer("beside", Reply(stdout=b"begun", seconds=60))
    begin = time.monotonic()
    seen, verdict = replay(
        provider,
        steps=[
            {"name": "beside", "run": "beside", "background": True},
            {"name": "client", "run": "client"},
        ],
        symptom=[{"step": "client", "exit": 1}],
        healthy=[{"step": "client", "exit": 0}],
    )
    assert time.monotonic() - begin < 40
    by_name = {each.step: each for each in seen}
    assert by_name["beside"].result.ended_by == "cancel"
    assert by_name["beside"].expected
    assert verdict == "not-reproduced"


def test_what_ran_beside_and_failed_is_told() -> None:
    provider = MemoryProvider()
    provider.answer("beside", Reply(exit=3))
    _, verdict = replay(
        provider,
        steps=[
            {"name": "beside", "run": "beside", "background": True},
            {"wait": {"seconds": 0.2}},
        ],
        symptom=[{"step": "beside", "exit": 1}],
    )
    assert verdict == "different-failure"


def test_a_wait_in_vain_says_for_what() -> None:
    provider = MemoryProvider()
    provider.answer("/proc/net/tcp", Reply(exit=1))
    seen, verdict = replay(
        provider,
        steps=[{"name": "up", "wait": {"port": 6379}, "timeout": "200ms"}],
        symptom=[{"step": "up", "exit": 9}],
    )
    assert seen[0].why.startswith("waited 0.")
    assert "nothing listens on port 6379" in seen[0].why
    assert verdict == "different-failure"


def test_a_wait_for_a_line_of_a_log() -> None:
    provider = MemoryProvider()
    provider.answer(
        "/var/log/x", Reply(exit=1), Reply(stdout=b"not yet\n"), Reply(stdout=b"ready\n")
    )
    wait = {"log": "/var/log/x", "matches": "^ready$"}
    seen, _ = replay(
        provider, steps=[{"name": "up", "wait": wait}], symptom=[{"step": "up", "exit": 1}]
    )
    assert seen[0].expected


def test_http_tells_status_body_and_no_answer() -> None:
    provider = MemoryProvider()
    provider.answer(
        "urllib",
        Reply(stdout=b"body", stderr=b"503 Busy\nServer: x\n"),
        Reply(exit=7, stderr=b"no answer from http://s/: refused\n"),
    )
    steps = [
        {"name": "busy", "http": "GET http://s/", "expect": {"status": 503, "stdout": "body"}},
        {"name": "down", "http": "GET http://s/"},
    ]
    seen, _ = replay(provider, steps=steps, symptom=[{"step": "busy", "status": 503}])
    assert [(each.status, each.expected) for each in seen] == [(503, True), (None, False)]
    assert "no answer" in seen[1].why


@pytest.mark.parametrize("long", [False, True])
def test_a_script_of_any_length_reaches_the_shell(long: bool) -> None:
    provider = MemoryProvider()
    script = "client" + (" " * 200_000 if long else "")
    provider.answer("bash -eo pipefail", Reply(exit=1))
    seen, verdict = replay(
        provider,
        steps=[{"name": "client", "run": script}],
        symptom=[{"step": "client", "exit": 1}],
    )
    assert seen[0].command == script
    assert verdict == "reproduced"
