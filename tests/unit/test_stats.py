from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repro.model.observation import Verdict, VerdictName
from repro.stats import combine, describe, missed_below, rate, wilson


def verdicts(*names: Any) -> list[Verdict]:
    return [Verdict(verdict=name, reason=f"because {name}") for name in names]


def test_wilson_agrees_with_published_values() -> None:
    # Newcombe (1998), Statistics in Medicine 17, table I, method 3.
    low, high = wilson(81, 263)
    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)
    low, high = wilson(15, 148)
    assert (round(low, 4), round(high, 4)) == (0.0624, 0.1605)
    low, high = wilson(0, 20)
    assert (low, round(high, 4)) == (0.0, 0.1611)
    low, high = wilson(1, 29)
    assert (round(low, 4), round(high, 4)) == (0.0061, 0.1718)


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_holds_the_rate_between_0_and_1(counts: tuple[int, int]) -> None:
    successes, trials = counts
    low, high = wilson(successes, trials)
    assert 0 <= low <= successes / trials <= high <= 1


@pytest.mark.parametrize("counts", [(1, 0), (-1, 5), (6, 5)])
def test_wilson_refuses_what_is_no_rate(counts: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="is no rate"):
        wilson(*counts)


def test_twenty_clean_runs_leave_less_than_fourteen_percent() -> None:
    assert math.floor(missed_below(20) * 100) == 13
    assert missed_below(0) == 1.0
    seen = rate(verdicts(*["not-reproduced"] * 20))
    assert seen is not None
    assert describe(seen) == "0 of 20: below 14 % at 95 %"


def test_environment_failures_are_no_runs_of_the_issue() -> None:
    assert rate(verdicts("environment-failed", "different-failure", "inconclusive")) is None
    seen = rate(verdicts("environment-failed", "reproduced", "not-reproduced"))
    assert seen is not None
    assert (seen.runs, seen.reproduced) == (2, 1)


@pytest.mark.parametrize(
    ("names", "wanted", "together"),
    [
        (["reproduced"], 1, "reproduced"),
        (["not-reproduced", "reproduced"], 10, "reproduced"),
        (["not-reproduced"] * 10, 10, "not-reproduced"),
        ([*["not-reproduced"] * 9, "environment-failed"], 10, "inconclusive"),
        (["environment-failed"] * 3, 10, "environment-failed"),
        (["different-failure"] * 10, 10, "different-failure"),
        (["environment-failed", "reproduced"], 10, "reproduced"),
    ],
)
def test_several_runs_give_one_verdict(
    names: Sequence[VerdictName], wanted: int, together: VerdictName
) -> None:
    assert combine(verdicts(*names), wanted).verdict == together
