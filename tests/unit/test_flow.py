from __future__ import annotations

import dataclasses
import threading
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from repro import flow
from repro.errors import (
    DiskFullError,
    EngineError,
    ImageError,
    ImageGoneError,
    InterruptedRunError,
    NodeLostError,
    UnsupportedError,
)
from repro.model.case import Case
from repro.model.observation import NodeObservation, StepObservation, TroubleObservation
from repro.model.record import Event, RunSummary
from repro.ports import NodeState
from repro.provider.memory import MemoryNode, MemoryProvider, Reply
from repro.stages import Keep
from tests.support import InstantPreparer, MemoryRecord, a_case, planned, tools

SICK = Reply(exit=1, stderr=b"ProtocolError")
WELL = Reply(stdout=b"OK")


def run(
    case: Case, provider: MemoryProvider, keep: Keep = "never"
) -> tuple[RunSummary, MemoryRecord]:
    record = MemoryRecord()
    return flow.run_case(planned(case), tools(provider, keep), record), record


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        (SICK, "reproduced"),
        (WELL, "not-reproduced"),
        (Reply(exit=139, stderr=b"Segmentation fault"), "different-failure"),
    ],
)
def test_a_run_ends_in_the_verdict_of_what_was_seen(reply: Reply, verdict: str) -> None:
    provider = MemoryProvider()
    provider.answer("client", reply)
    summary, record = run(a_case(), provider)
    assert summary.verdict.verdict == verdict
    assert record.summaries == [summary]
    assert provider.environments() == []
    assert [event.stage for event in record.events if event.what == "end"] == [
        name for name, _ in flow.STAGES
    ]


def test_observations_are_kept_before_anything_is_judged() -> None:
    provider = MemoryProvider()
    provider.answer("client", SICK)
    _, record = run(a_case(), provider)
    kinds = [type(each) for each in record.observations]
    assert kinds == [StepObservation, NodeObservation]


@pytest.mark.parametrize(
    ("stage", "error"),
    [
        ("os_image", ImageError("no image")),
        ("start", EngineError("refused")),
        ("put", DiskFullError("no room")),
        ("run", EngineError("the engine went away")),
        ("engine", EngineError("the engine went away")),
    ],
)
def test_trouble_of_the_environment_is_never_a_verdict(stage: Any, error: Exception) -> None:
    provider = MemoryProvider()
    provider.answer("client", SICK)
    provider.fail(stage, error)
    case = a_case(files=[{"path": "/case/a", "content": "a"}])
    summary, record = run(case, provider)
    assert summary.verdict.verdict == "environment-failed"
    assert isinstance(record.observations[-1], TroubleObservation)
    assert provider.environments() == []


def test_a_failed_setup_is_no_verdict_on_the_issue() -> None:
    provider = MemoryProvider()
    provider.answer("client", SICK)
    provider.answer("start-server", Reply(exit=1, stderr=b"port in use"))
    summary, record = run(a_case(setup=[{"run": "start-server"}]), provider)
    assert summary.verdict.verdict == "environment-failed"
    trouble = record.observations[-1]
    assert isinstance(trouble, TroubleObservation)
    assert "port in use" in trouble.cause
    assert summary.action == trouble.action != ""


def test_a_node_lost_in_the_middle_is_no_verdict() -> None:
    provider = MemoryProvider()
    provider.answer("client", Reply(seconds=60))
    case = a_case()
    record = MemoryRecord()

    def lose() -> None:
        while not provider.environments():
            time.sleep(0.005)
        time.sleep(0.05)
        environment: Any = provider.attach(provider.environments()[0].id)
        environment.nodes["node"].lose()

    thread = threading.Thread(target=lose)
    thread.start()
    summary = flow.run_case(planned(case), tools(provider), record)
    thread.join()
    assert summary.verdict.verdict == "environment-failed"
    assert "lost" in summary.verdict.reason


def test_a_symptom_that_is_the_loss_of_the_node() -> None:
    provider = MemoryProvider()
    case = a_case(symptom=[{"node": "node", "state": "exited"}])
    plan = planned(case)
    record = MemoryRecord()
    provider.answer("client", Reply(seconds=60))

    def lose() -> None:
        while not provider.environments():
            time.sleep(0.005)
        environment: Any = provider.attach(provider.environments()[0].id)
        environment.nodes["node"].lose(NodeState("exited", 1))

    thread = threading.Thread(target=lose)
    thread.start()
    summary = flow.run_case(plan, tools(provider), record)
    thread.join()
    assert summary.verdict.verdict == "reproduced"


@pytest.mark.parametrize(
    ("keep", "reply", "kept"),
    [
        ("never", SICK, False),
        ("always", WELL, True),
        ("on-reproduced", SICK, True),
        ("on-reproduced", WELL, False),
        ("on-failure", SICK, False),
        ("on-failure", Reply(exit=9), True),
    ],
)
def test_environments_are_kept_as_asked(keep: Keep, reply: Reply, kept: bool) -> None:
    provider = MemoryProvider()
    provider.answer("client", reply)
    summary, _ = run(a_case(), provider, keep)
    assert summary.kept is kept
    assert [each.id for each in provider.environments()] == ([summary.environment] if kept else [])


def test_a_case_that_needs_a_missing_power_is_refused_before_anything_starts() -> None:
    provider = MemoryProvider()
    case = a_case(
        steps=[{"fault": "kill", "on": "node"}], symptom=[{"node": "node", "state": "exited"}]
    )
    record = MemoryRecord()
    with pytest.raises(UnsupportedError, match="fault:kill"):
        flow.run_case(planned(case), tools(provider), record)
    assert record.events == []


def test_an_interrupted_run_keeps_what_it_has_and_leaves_nothing_up() -> None:
    provider = MemoryProvider()
    provider.fail("run", KeyboardInterrupt())  # type: ignore[arg-type]
    record = MemoryRecord()
    with pytest.raises(InterruptedRunError):
        flow.run_case(planned(a_case()), tools(provider), record)
    assert record.summaries[0].interrupted
    assert record.summaries[0].verdict.verdict == "environment-failed"
    assert provider.environments() == []


def test_an_image_that_was_pruned_meanwhile_is_made_again() -> None:
    provider = MemoryProvider()
    provider.answer("client", SICK)
    provider.fail("start", ImageGoneError("somebody pruned it"))
    summary, _ = run(a_case(), provider)
    assert summary.verdict.verdict == "reproduced"


def test_a_defect_is_raised_and_leaves_nothing_up() -> None:
    provider = MemoryProvider()
    provider.fail("run", ZeroDivisionError("a defect"))
    record = MemoryRecord()
    with pytest.raises(ZeroDivisionError):
        flow.run_case(planned(a_case()), tools(provider), record)
    assert record.summaries[0].verdict.verdict == "environment-failed"
    assert provider.environments() == []


def test_equal_nodes_are_prepared_once() -> None:
    provider = MemoryProvider()
    provider.answer("client", WELL)
    case = a_case(
        environment={"topology": "cluster"},
        steps=[{"name": "client", "run": "client", "on": "member"}],
    )
    summary, record = run(case, provider)
    assert [each.node for each in summary.prepared] == ["n1", "n2", "n3"]
    assert len([e for e in record.events if "an image in memory" in e.text]) == 1
    assert [o.node for o in record.observations if isinstance(o, StepObservation)] == [
        "n1",
        "n2",
        "n3",
    ]


TROUBLES = st.lists(
    st.tuples(
        st.sampled_from(["engine", "os_image", "start", "put", "get", "run"]),
        st.sampled_from([EngineError("x"), NodeLostError("x"), DiskFullError("x")]),
    ),
    min_size=1,
    max_size=3,
)


@settings(max_examples=80, deadline=None)
@given(TROUBLES, st.sampled_from([SICK, WELL, Reply(exit=9)]))
def test_whatever_goes_wrong_is_never_not_reproduced(
    troubles: list[tuple[Any, Exception]], reply: Reply
) -> None:
    provider = MemoryProvider()
    provider.answer("client", reply)
    for stage, error in troubles:
        provider.fail(stage, error)
    case = a_case(
        files=[{"path": "/case/a", "content": "a"}],
        healthy=[{"step": "client", "exit": 0}],
        collect=[{"path": "/case/a"}],
    )
    summary, _ = run(case, provider)
    hit = {stage for stage, _ in troubles} - {"get"}
    if hit:
        assert summary.verdict.verdict != "not-reproduced" or hit <= {"engine"}
    assert provider.environments() == []


# -- ended from another thread ---------------------------------------------------------------

LONG = Reply(exit=1, seconds=60)
RETRY = {"name": "client", "run": "client", "retry": {"for": "60s", "every": "50ms"}}
WAITS: dict[str, dict[str, Any]] = {
    "seconds": {"seconds": "60s"},
    "port": {"port": 80},
    "log": {"log": "/var/log/a", "matches": "ready"},
    "command": {"run": "ready"},
}


def cancelled(case: Case, provider: MemoryProvider, stage: str) -> MemoryRecord:
    """A run that is ended in a stage, a little after that began."""
    record, cancel, over = MemoryRecord(), threading.Event(), threading.Event()

    def end() -> None:
        while not any((e.stage, e.what) == (stage, "begin") for e in list(record.events)):
            if over.wait(0.005):
                return
        time.sleep(0.1)
        cancel.set()

    thread = threading.Thread(target=end)
    thread.start()
    begin = time.monotonic()
    try:
        with pytest.raises(InterruptedRunError, match="run-1"):
            flow.run_case(planned(case), tools(provider), record, cancel)
    finally:
        over.set()
        thread.join()
    assert time.monotonic() - begin < 40
    (summary,) = record.summaries
    assert summary.interrupted
    assert summary.verdict.verdict == "environment-failed"
    assert summary.trouble == "InterruptedRunError"
    assert provider.environments() == []
    return record


@pytest.mark.parametrize("stage", [name for name, _ in flow.STAGES])
def test_a_run_that_is_cancelled_as_a_stage_begins(stage: str) -> None:
    provider, cancel, record = MemoryProvider(), threading.Event(), MemoryRecord()
    provider.answer("client", WELL)

    def note(event: Event) -> None:
        if event.what == "end" and event.stage == before:
            cancel.set()

    names = [name for name, _ in flow.STAGES]
    before = names[names.index(stage) - 1] if stage != names[0] else ""
    if not before:
        cancel.set()
    ready = dataclasses.replace(tools(provider), listen=note)
    case = a_case(healthy=[{"step": "client", "exit": 0}])
    with pytest.raises(InterruptedRunError):
        flow.run_case(planned(case), ready, record, cancel)
    assert record.summaries[0].interrupted
    assert record.summaries[0].stage == stage
    assert record.verdicts[0].verdict == "environment-failed"
    assert provider.environments() == []


def test_a_run_cancelled_while_its_image_is_made() -> None:
    class Slow(InstantPreparer):
        def prepare(self, *given: Any, cancel: threading.Event | None, **more: Any) -> Any:
            assert cancel is not None
            assert cancel.wait(60)
            raise InterruptedRunError("ended")

    provider, cancel, record = MemoryProvider(), threading.Event(), MemoryRecord()
    threading.Timer(0.1, cancel.set).start()
    ready = dataclasses.replace(tools(provider), preparer=Slow(provider))
    with pytest.raises(InterruptedRunError):
        flow.run_case(planned(a_case()), ready, record, cancel)
    assert record.summaries[0].stage == "prepare"


def test_a_run_cancelled_while_its_nodes_start_leaves_none() -> None:
    cancel, record = threading.Event(), MemoryRecord()

    class Slow(MemoryProvider):
        def start(self, *given: Any) -> Any:
            cancel.set()
            return super().start(*given)

    provider = Slow()
    with pytest.raises(InterruptedRunError):
        flow.run_case(planned(a_case()), tools(provider), record, cancel)
    assert provider.environments() == []
    assert record.summaries[0].interrupted


@pytest.mark.parametrize("phase", ["setup", "steps"])
@pytest.mark.parametrize(
    "step",
    [
        {"name": "client", "run": "client"},
        RETRY,
        {"name": "client", "http": "GET http://node/client"},
        *({"name": "client", "wait": wait, "timeout": "50s"} for wait in WAITS.values()),
    ],
    ids=["run", "retry", "http", *(f"wait-{kind}" for kind in WAITS)],
)
def test_a_run_cancelled_in_a_long_step(phase: str, step: dict[str, Any]) -> None:
    provider = MemoryProvider()
    provider.answer("sh", Reply(exit=1))
    provider.answer("tail", Reply(exit=1))
    provider.answer("urllib", LONG)
    provider.answer("client", SICK if "retry" in step else LONG)
    keys: dict[str, Any] = {"steps": [step]}
    if phase == "setup":
        keys = {"setup": [step], "steps": [{"name": "last", "run": "last"}]}
    case = a_case(symptom=[{"step": keys["steps"][0]["name"], "exit": 1}], **keys)
    record = cancelled(case, provider, phase)
    assert record.summaries[0].stage == phase
    assert not any(isinstance(each, StepObservation) for each in record.observations)


def test_a_run_cancelled_in_a_dialogue(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = threading.Event()

    class Silent:
        def read(self, timeout: float) -> bytes | None:
            time.sleep(min(timeout, 0.02))
            return b""

        def write(self, data: bytes) -> None: ...

        def resize(self, rows: int, columns: int) -> None: ...

        def close(self) -> int | None:
            closed.set()
            return 129

    def console(*_given: Any) -> Silent:
        return Silent()

    monkeypatch.setattr(MemoryNode, "console", console, raising=False)
    provider = MemoryProvider(powers=frozenset({"console"}))
    step = {"name": "client", "interact": "psql", "dialogue": [{"expect": "=#", "send": "x"}]}
    cancelled(a_case(steps=[step]), provider, "steps")
    assert closed.is_set()


@pytest.mark.parametrize("ending", [None, Reply(exit=1, stderr=b"port in use")])
def test_what_setup_left_running_is_observed_before_the_record_is_closed(
    ending: Reply | None,
) -> None:
    class Closing(MemoryRecord):
        def observe(self, observation: Any) -> None:
            assert not self.summaries, "the record is closed"
            super().observe(observation)

    provider, cancel, record = MemoryProvider(), threading.Event(), Closing()
    provider.answer("serve", LONG)
    provider.answer("second", ending or LONG)
    setup = [{"name": "serve", "run": "serve", "background": True}, {"run": "second"}]
    plan = planned(a_case(setup=setup))
    if ending is None:
        threading.Timer(1, cancel.set).start()
        with pytest.raises(InterruptedRunError):
            flow.run_case(plan, tools(provider), record, cancel)
    else:
        flow.run_case(plan, tools(provider), record, cancel)
    seen = [each.step for each in record.observations if isinstance(each, StepObservation)]
    assert "serve" in seen
    assert record.summaries[0].verdict.verdict == "environment-failed"


@settings(max_examples=40, deadline=None)
@given(st.floats(0, 0.08), st.sampled_from([SICK, WELL, Reply(exit=9)]))
def test_a_run_that_was_ended_is_never_not_reproduced(moment: float, reply: Reply) -> None:
    provider, cancel, record = MemoryProvider(), threading.Event(), MemoryRecord()
    provider.answer("client", dataclasses.replace(reply, seconds=0.02))
    case = a_case(
        setup=[{"wait": {"seconds": "10ms"}}],
        healthy=[{"step": "client", "exit": 0}],
        collect=[{"path": "/case/a"}],
    )
    timer = threading.Timer(moment, cancel.set)
    timer.start()
    try:
        summary = flow.run_case(planned(case), tools(provider), record, cancel)
    except InterruptedRunError:
        summary = record.summaries[0]
        assert summary.interrupted
        assert summary.verdict.verdict == "environment-failed"
    else:
        expected = {1: "reproduced", 0: "not-reproduced", 9: "different-failure"}[reply.exit]
        assert summary.verdict.verdict == expected
    finally:
        timer.cancel()
    assert provider.environments() == []
