from __future__ import annotations

import time
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from repro.model.observation import Completed, ModuleObservation, Observation
from repro.model.plan import Limits
from repro.model.record import Lock, RunRecord
from repro.report.diff import RunDiff, diff_lines, diff_runs
from repro.report.text import plain
from tests.unit.record import samples


def record(run: str = "a", *observations: Observation, **rest: Any) -> RunRecord:
    values: dict[str, Any] = {
        "folder": "/r",
        "header": samples.header(run),
        "finished": True,
        "plan": samples.plan(),
        "lock": samples.lock(),
        "verdict": samples.verdict(),
        "observations": observations or (samples.observation(),),
        **rest,
    }
    return RunRecord(**values)


def lock(dpkg: dict[str, str], **rest: Any) -> Lock:
    node = samples.lock().nodes["main"].model_copy(update={"packages": {"dpkg": dpkg}})
    return samples.lock().model_copy(update={"nodes": {"main": node}, **rest})


def test_runs_that_differ_only_in_time() -> None:
    later = samples.observation().model_copy(
        update={"result": samples.observation().result.model_copy(update={"seconds": 9.0})}
    )
    diff = diff_runs(record("a"), record("b", later))
    assert diff.same
    assert plain(diff_lines(diff)) == "a and b differ in nothing but times\n"


def test_verdicts_and_findings() -> None:
    other = samples.verdict("not-reproduced", "all is well")
    failed = other.symptom[0].model_copy(update={"holds": False, "why": "exit is 0"})
    diff = diff_runs(record(), record("b", verdict=other.model_copy(update={"symptom": (failed,)})))
    assert [(item.a, item.b) for item in diff.verdict] == [
        ("reproduced", "not-reproduced"),
        ("the symptom holds", "all is well"),
    ]
    (finding,) = diff.findings
    assert finding.a == "holds: exit is 1"
    assert finding.b == "does not hold: exit is 0"
    assert not diff.same


def test_exits_and_outputs() -> None:
    ended = samples.observation("one\ntwo\nthree")
    other = samples.observation("one\n2\nthree").model_copy(
        update={"result": samples.observation("one\n2\nthree").result.model_copy(
            update={"exit": 0, "signal": None}
        )}
    )  # fmt: skip
    diff = diff_runs(record("a", ended), record("b", other))
    assert [(item.what, item.a, item.b) for item in diff.observations] == [
        ("step client on main: exit", "1", "0")
    ]
    (output,) = diff.outputs
    assert output.what == "step client on main: stdout"
    assert output.diff[1:] == (" one", "-two", "+2", " three")


def test_an_observation_that_only_one_has() -> None:
    extra = samples.observation("x", step="more")
    diff = diff_runs(record(), record("b", samples.observation(), extra))
    assert ("step more on main: exit", None, "1") in [
        (item.what, item.a, item.b) for item in diff.observations
    ]


def test_values_of_a_module() -> None:
    one = ModuleObservation(key="k", node="main", module="service", values={"is_running": True})
    other = one.model_copy(update={"values": {"is_running": False}})
    (change,) = diff_runs(record("a", one), record("b", other)).observations
    assert (change.what, change.a, change.b) == (
        "module service on main: is_running", "True", "False",
    )  # fmt: skip


def test_packages_added_removed_and_changed() -> None:
    a = record("a", lock=lock({"bash": "5.1", "gone": "1", "same": "1"}))
    b = record("b", lock=lock({"bash": "5.2", "new": "2", "same": "1"}))
    diff = diff_runs(a, b)
    assert [(item.name, item.a, item.b) for item in diff.packages] == [
        ("bash", "5.1", "5.2"),
        ("gone", "1", None),
        ("new", None, "2"),
    ]
    text = plain(diff_lines(diff))
    assert "bash  5.1   →  5.2" in text
    assert "gone  1     →  none" in text


def test_kernel_image_os_settings_and_limits() -> None:
    node = samples.lock().nodes["main"].model_copy(
        update={"image_digest": "sha256:2", "os_release": {"ID": "ubuntu"}}
    )  # fmt: skip
    other = samples.lock().model_copy(
        update={"kernel": "6.2", "nodes": {"main": node}, "settings": {"proxy": "x"}}
    )
    planned = samples.plan().nodes[0].model_copy(
        update={"limits": Limits(memory=1, cpus=1, processes=64, disk=2**30)}
    )  # fmt: skip
    plan = samples.plan().model_copy(update={"nodes": (planned,)})
    diff = diff_runs(record(), record("b", lock=other, plan=plan))
    assert {item.what for item in diff.environment} == {
        "kernel",
        "setting proxy",
        "main: image digest",
        "main: os-release ID",
        "main: limit memory",
    }


def test_unfinished_runs_can_be_compared() -> None:
    bare = record("b", verdict=None, lock=None, plan=None, finished=False)
    diff = diff_runs(record(), bare)
    assert diff.verdict[0].b == "unfinished"
    assert diff.packages == ()


def test_hostile_and_large_outputs_are_bounded() -> None:
    a = samples.observation("\x1b[2J" + "\n".join(f"a{n % 7}" for n in range(100_000)))
    b = samples.observation("\x1b[3J" + "\n".join(f"b{n % 5}" for n in range(100_000)))
    began = time.perf_counter()
    diff = diff_runs(record("a", a), record("b", b))
    assert time.perf_counter() - began < 10
    (output,) = diff.outputs
    assert len(output.diff) == 60
    assert output.left_out > 0
    assert "\x1b" not in plain(diff_lines(diff))


def test_it_survives_json() -> None:
    diff = diff_runs(record(), record("b", samples.observation("other")))
    assert RunDiff.model_validate_json(diff.model_dump_json()) == diff


texts = st.text(st.sampled_from("ab\n\x1b"), max_size=60)


@given(texts, texts)
def test_outputs_are_told_apart_exactly_when_they_differ(one: str, other: str) -> None:
    diff = diff_runs(record("a", samples.observation(one)), record("b", samples.observation(other)))
    assert bool(diff.outputs) == (one != other)
    assert diff.same == (one == other)
    for output in diff.outputs:
        assert any(row.startswith(("+", "-")) for row in output.diff)


def test_a_result_without_an_exit() -> None:
    lost = samples.observation().model_copy(
        update={"result": Completed(exit=None, ended_by="lost")}
    )
    (change,) = diff_runs(record(), record("b", lost)).observations
    assert change.b == "none, ended by lost"
