from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repro.campaign.look import Look
from repro.model.case import Case
from repro.model.observation import VerdictName
from repro.model.plan import Cell
from repro.model.recheck import Issue
from repro.versions import order
from tests.campaigns import a_cell, a_loaded, an_outcome

KEY = order("pypi")
SHOWN: dict[str, VerdictName] = {
    "r": "reproduced", "c": "not-reproduced", "e": "environment-failed", "d": "different-failure",
    "L": "environment-failed",
}  # fmt: skip
OLD = "2026-01-01T00:00:00+00:00"


def a_look(
    versions: Sequence[str], before: Issue | None = None, digest: str = "d", **keys: Any
) -> tuple[Look, list[Issue]]:
    kept: list[Issue] = []
    case: Case = a_loaded(**keys).case
    cells = [a_cell(version) for version in versions]
    look = Look(case, digest, cells, KEY, before, lambda each: kept.append(each.issue()))
    return look, kept


def play(look: Look, shown: str, room: int = 1) -> str:
    """What each run shows; what is left over was not wanted."""
    left, attempts = list(shown), 0
    running: list[Cell] = []
    while left and not look.done:
        running += look.wanted(room - len(running))
        cell = running.pop(0)
        letter, attempts = left.pop(0), attempts + 1
        more = {"trouble": "ProfileError" if letter == "L" else "EngineError"}
        look.tell(an_outcome(cell, SHOWN[letter], attempts, **more))
    for cell in running:
        look.tell(an_outcome(cell, SHOWN[left.pop(0)], attempts := attempts + 1))
    return "".join(left)


def after(versions: Sequence[str], shown: str, before: Issue | None = None) -> Issue:
    look, kept = a_look(versions, before)
    assert play(look, shown) == ""
    assert look.done
    (issue,) = kept
    return issue


def looked(versions: Sequence[str], shown: str) -> Issue:
    """An issue as an earlier look left it, long ago."""
    return after(versions, shown).model_copy(update={"since": OLD, "looked": OLD})


def test_a_first_look_needs_no_confirmation() -> None:
    issue = after(["1.0", "2.0"], "rc")
    assert (str(issue.state), issue.newest) == ("fixed in 2.0", "2.0")
    assert {v: s.verdict for v, s in issue.seen.items()} == {
        "1.0": "reproduced", "2.0": "not-reproduced",
    }  # fmt: skip


def test_a_state_that_stays_keeps_its_beginning_and_runs_nothing_twice() -> None:
    before = looked(["1.0"], "r")
    issue = after(["2.0"], "r", before)
    assert (str(issue.state), issue.since, issue.newest) == ("open", OLD, "2.0")
    assert issue.looked > OLD


@pytest.mark.parametrize(
    ("first", "shown", "state"),
    [
        ("r", "cc", "fixed in 2.0"),
        ("rc", "rr", "back in 3.0"),
        ("r", "cr", "flaky"),
        ("rc", "rc", "flaky"),
        ("c", "rr", "open"),
        ("c", "rc", "flaky"),
    ],
)
def test_a_change_is_confirmed_by_a_second_run(first: str, shown: str, state: str) -> None:
    versions = [f"{number}.0" for number in range(1, len(first) + 2)]
    issue = after(versions[-1:], shown, looked(versions[:-1], first))
    assert str(issue.state) == state
    assert issue.since > OLD


@pytest.mark.parametrize(("again", "done"), [("e", False), ("L", False), ("d", True)])
def test_a_change_that_could_not_be_confirmed_is_none(again: str, done: bool) -> None:
    before = looked(["1.0"], "r")
    look, (*_,) = a_look(["2.0", "3.0"], before)
    assert play(look, "cc" + again) == ""
    issue = look.issue()
    assert (issue.state, issue.since) == (before.state, OLD)
    assert issue.seen["3.0"].is_done is done
    assert bool(look.failures()) is not done


def test_flaky_stays_flaky_on_the_next_release() -> None:
    before = after(["2.0"], "cr", looked(["1.0"], "r")).model_copy(update={"since": OLD})
    assert before.state.name == "flaky"
    look, _ = a_look(["3.0"], before)
    assert play(look, "cr") == ""
    assert (look.issue().state.name, look.issue().since) == ("flaky", OLD)


def test_a_case_that_says_how_often_to_run_it_needs_no_confirmation() -> None:
    look, kept = a_look(["2.0"], looked(["1.0"], "r"), repeat={"runs": 3, "until": "all"})
    assert play(look, "ccc") == ""
    assert [str(each.state) for each in kept] == ["fixed in 2.0"]
    assert kept[0].seen["2.0"].rate is not None


@pytest.mark.parametrize("room", [1, 2, 3])
def test_a_look_is_over_once_whatever_still_ran(room: int) -> None:
    look, kept = a_look(["1.0"], repeat={"runs": 3, "until": "first"})
    play(look, "rrr", room)
    assert look.done
    assert len(kept) == 1
    assert len(look.outcomes) == room


def test_failures_leave_the_state_and_are_named() -> None:
    before = looked(["1.0", "2.0"], "rc")
    look, kept = a_look(["3.0"], before)
    assert play(look, "e") == ""
    (issue,) = kept
    assert (issue.state, issue.since, issue.newest) == (before.state, OLD, "3.0")
    assert list(map(str, look.failures())) == ["3.0: so it was"]
    assert look.may_pass
    lasting, _ = a_look(["3.0"], before)
    assert play(lasting, "L") == ""
    assert lasting.issue().seen["3.0"].lasting
    assert not lasting.may_pass


def test_a_release_that_fails_at_first_does_not_ask_for_all_between() -> None:
    """The newest that was looked at counts, also when it has to be tried again."""
    assert after(["1.0", "9.0"], "re").newest == "9.0"


@given(st.text("rcedL", min_size=1, max_size=3), st.text("rcedL", min_size=4, max_size=6))
def test_every_look_comes_to_its_end(first: str, shown: str) -> None:
    versions = [f"{number}.0" for number in range(1, 4)]
    before = looked(versions[: len(first)], first)
    look, kept = a_look(["5.0", "6.0"], before)
    left = play(look, shown)
    assert look.done
    assert len(kept) == 1
    assert 2 <= len(look.outcomes) == len(shown) - len(left) <= 3
    state = kept[0].state
    if not set("rc") & set(shown[:2]):
        assert state.is_like(before.state)
    if state.is_like(before.state):
        assert kept[0].since == OLD
    elif state.name != "cannot-tell":
        assert len(look.outcomes) == 3
