from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repro.campaign.changes import changes
from repro.errors import InputError
from repro.model.record import Lock, NodeLock, RunHeader, RunRecord
from repro.plan import Overrides
from repro.workaround import with_workaround
from tests.support import a_case, planned

CALM = {
    "name": "calm",
    "env": {"CALM": "1", "BOTH": "workaround"},
    "vars": {"size": 2},
    "files": [{"path": "/etc/a", "content": "new\n"}],
    "setup": [{"name": "settle", "run": "settle"}],
}
CASE = a_case(
    environment={"env": {"BOTH": "case", "OWN": "1"}, "vars": {"size": 1, "own": 3}},
    files=[{"path": "/etc/a", "content": "old\n"}, {"path": "/etc/b", "content": "b\n"}],
    setup=[{"name": "begin", "run": "begin"}],
    workarounds=[CALM, {"name": "nothing"}],
)


def test_a_workaround_goes_over_the_case() -> None:
    changed = with_workaround(CASE, "calm")
    assert {file.path: file.content for file in changed.files} == {
        "/etc/a": "new\n", "/etc/b": "b\n",
    }  # fmt: skip
    assert [step.name for step in changed.setup] == ["begin", "settle"]
    assert changed.environment.env == {"BOTH": "workaround", "OWN": "1", "CALM": "1"}
    assert changed.environment.vars == {"size": 2, "own": 3}
    assert changed.steps == CASE.steps


def test_one_that_changes_nothing_is_the_case() -> None:
    assert with_workaround(CASE, "nothing") == CASE


@pytest.mark.parametrize("case", [CASE, a_case()])
def test_an_unknown_one_is_refused(case: object) -> None:
    with pytest.raises(InputError, match="no workaround 'cold'"):
        with_workaround(case, "cold")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("own", "others", "left"),
    [
        ([], [], 1), ([], ["a"], 2), (["a"], [], 1), (["a"], ["a"], 1), (["a"], ["b"], 2),
        (["a", "b"], ["b", "a"], 1), (["a", "b"], ["a"], 2),
    ],
)  # fmt: skip
def test_a_file_takes_the_place_of_one_that_stands_on_the_same_nodes(
    own: list[str], others: list[str], left: int
) -> None:
    case = a_case(
        files=[{"path": "/x", "content": "old", "on": own}],
        workarounds=[{"name": "w", "files": [{"path": "/x", "content": "new", "on": others}]}],
    )
    files = with_workaround(case, "w").files
    assert len(files) == left
    assert files[-1].content == "new"


def record(workaround: str | None, **packages: str) -> RunRecord:
    plan = planned(CASE, Overrides(workaround=workaround))
    header = RunHeader(
        run="r", tool="0", started="", cell=plan.cell, title="", case_digest="0" * 64
    )
    node = NodeLock(
        image="i", image_digest="d", prepared="p", os_release={}, packages={"pip": packages}
    )
    lock = Lock(kernel="6", engine="docker", nodes={each.name: node for each in plan.nodes})
    return RunRecord(folder="f", header=header, finished=True, plan=plan, lock=lock)


def test_what_it_changed_is_listed() -> None:
    found = changes(record(None, six="1"), record("calm", six="2", new="1"))
    assert found[:4] == (
        "file /etc/a on node: changed", "  @@ -1 +1 @@", "  -old", "  +new",
    )  # fmt: skip
    assert "environment of node: CALM: none → 1" in found
    assert "environment of node: BOTH: case → workaround" in found
    assert next(line for line in found if line.startswith("setup on node")).count("settle")
    assert found[-2:] == ("pip on node: six: 1 → 2", "pip on node: new: none → 1")
    assert not [line for line in found if "/etc/b" in line]


def test_nothing_changed_lists_nothing() -> None:
    assert changes(record(None, six="1"), record("nothing", six="1")) == ()
    assert changes(record("calm"), record("calm")) == ()


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_any_two_files_can_be_told_apart(before: bytes, after: bytes) -> None:
    def with_file(data: bytes) -> RunRecord:
        made = record(None)
        assert made.plan is not None
        (first, *_) = made.plan.files
        plan = made.plan.model_copy(update={"files": (first.model_copy(update={"data": data}),)})
        return made.model_copy(update={"plan": plan})

    found = changes(with_file(before), with_file(after))
    assert bool(found) == (before != after)
    assert len(found) <= 43
