from __future__ import annotations

from collections.abc import Sequence

import pytest

from repro.campaign.repeat import Repeat, Together
from repro.model.campaign import CellAnswer, Outcome
from repro.model.case import Repeat as Asked
from repro.model.observation import Rate, VerdictName
from repro.model.plan import Cell

SHOWN: dict[str, VerdictName] = {
    "r": "reproduced",
    "c": "not-reproduced",
    "e": "environment-failed",
    "d": "different-failure",
    "i": "inconclusive",
}


def cell(version: str = "1.0") -> Cell:
    return Cell(case="x", os="debian-12", version=version, topology="node", backend="docker")


def outcome(of: Cell, verdict: VerdictName, *, counted: bool = True) -> Outcome:
    return Outcome(
        key=f"{of}#1", cell=of, run="run-1", verdict=verdict, reason="so", seconds=2.0,
        counted=counted,
    )  # fmt: skip


def played(shown: str, asked: Asked, expected: Rate | float | None = None) -> Repeat:
    """Run with what each run shows, as far as runs are wanted; the rest must not be wanted."""
    strategy = Repeat(cell(), asked, expected)
    for letter in shown:
        assert strategy.wanted(1) == (cell(),), f"{letter} of {shown} is not wanted"
        strategy.tell(outcome(cell(), SHOWN[letter]))
    return strategy


@pytest.mark.parametrize(
    ("until", "runs", "shown"),
    [
        ("first", 1, "r"),
        ("first", 1, "c"),
        ("first", 1, "d"),
        ("first", 1, "e"),
        ("first", 10, "ccr"),
        ("first", 3, "ccc"),
        ("first", 10, "eee"),
        ("first", 4, "eccc" + "c"),
        ("all", 4, "rcrr"),
        ("all", 3, "rrr"),
        ("decided", 50, "rc"),
        ("decided", 50, "cccr"),
        ("decided", 50, "rrrrr"),
        ("decided", 50, "c" * 50),
        ("decided", 3, "rrr"),
    ],
)
def test_it_ends_when_its_question_is_answered(until: str, runs: int, shown: str) -> None:
    asked = Asked.model_validate({"runs": runs, "until": until})
    ended = played(shown, asked)
    assert ended.done
    assert ended.wanted(5) == ()
    assert not played(shown[:-1], asked).done


@pytest.mark.parametrize(
    ("expected", "clean"),
    [(0.5, 5), (1.0, 1), (Rate(runs=10, reproduced=3, low=0.1, high=0.6), 9), (None, 20)],
)
def test_a_known_rate_says_how_many_clean_runs_decide(
    expected: Rate | float | None, clean: int
) -> None:
    asked = Asked(runs=20, until="decided")
    assert not played("c" * (clean - 1), asked, expected).done
    ended = played("c" * clean, asked, expected)
    assert ended.done
    assert ended.answer().verdict == "not-reproduced"


@pytest.mark.parametrize(
    ("shown", "verdict"),
    [
        ("ccr", "reproduced"),
        ("cccc", "not-reproduced"),
        ("eccc" + "c", "not-reproduced"),
        ("dddd", "different-failure"),
        ("ccci", "inconclusive"),
        ("eee", "environment-failed"),
    ],
)
def test_the_runs_give_one_verdict(shown: str, verdict: VerdictName) -> None:
    found = played(shown, Asked(runs=4)).answer()
    assert found.verdict == verdict
    assert found.seconds == 2.0 * len(shown)
    assert len(found.runs) == len(shown)


def test_the_answer_says_how_often_and_what_a_fix_takes() -> None:
    found = played("rccr", Asked(runs=4, until="all")).answer()
    assert found.rate is not None
    assert (found.rate.reproduced, found.rate.runs) == (2, 4)
    assert found.clean_runs == 5
    assert "2 of 4 runs" in found.reason
    assert played("cc", Asked(runs=2)).answer().clean_runs is None


def test_room_is_used_and_never_exceeded() -> None:
    strategy = Repeat(cell(), Asked(runs=5, until="all"))
    assert strategy.soon() == (cell(),)
    assert len(strategy.wanted(0)) == 0
    assert len(strategy.wanted(3)) == 3
    assert strategy.soon() == ()
    assert len(strategy.wanted(3)) == 2
    assert len(strategy.wanted(3)) == 0
    assert not strategy.done


def test_a_run_that_was_replaced_is_counted_as_that_and_says_nothing() -> None:
    strategy = Repeat(cell(), Asked(runs=1))
    strategy.wanted(1)
    strategy.tell(outcome(cell(), "environment-failed", counted=False))
    assert not strategy.done
    assert strategy.wanted(1) == ()
    strategy.tell(outcome(cell(), "reproduced"))
    assert strategy.answer().replaced == 1
    assert strategy.answer().verdict == "reproduced"


def test_there_is_no_answer_before_a_run() -> None:
    with pytest.raises(ValueError, match="was not run"):
        Repeat(cell(), Asked()).answer()


def answers(strategies: Sequence[Repeat]) -> list[CellAnswer]:
    return [each.answer() for each in strategies]


def test_together_the_first_comes_first() -> None:
    first, second = Repeat(cell("1"), Asked(runs=2, until="all")), Repeat(cell("2"), Asked())
    both = Together([first, second])
    assert both.soon() == [cell("1"), cell("2")]
    assert both.wanted(1) == [cell("1")]
    assert both.wanted(3) == [cell("1"), cell("2")]
    assert both.wanted(3) == []
    both.tell(outcome(cell("2"), "not-reproduced"))
    assert not both.done
    both.tell(outcome(cell("1"), "environment-failed", counted=False))
    both.tell(outcome(cell("1"), "reproduced"))
    both.tell(outcome(cell("1"), "reproduced"))
    assert both.done
    assert [each.verdict for each in answers([first, second])] == ["reproduced", "not-reproduced"]


def test_each_outcome_goes_to_the_one_that_asked() -> None:
    alike = [Repeat(cell(), Asked()), Repeat(cell(), Asked())]
    both = Together(alike)
    assert len(both.wanted(2)) == 2
    both.tell(outcome(cell(), "reproduced"))
    both.tell(outcome(cell(), "not-reproduced"))
    assert [each.verdict for each in answers(alike)] == ["reproduced", "not-reproduced"]
    with pytest.raises(ValueError, match="nothing asked"):
        both.tell(outcome(cell(), "reproduced"))


def test_wide_begins_every_cell_before_any_gets_a_second_run() -> None:
    cells = [cell(version) for version in ("1", "2", "3")]
    together = Together([Repeat(each, Asked(runs=3, until="all")) for each in cells], wide=True)
    assert list(together.wanted(2)) == cells[:2]
    assert list(together.wanted(3)) == [cells[2], cells[0], cells[0]]
