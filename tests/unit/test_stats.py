from __future__ import annotations

import math
import random
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repro.model.observation import Verdict, VerdictName
from repro.stats import clean_runs_needed, combine, describe, missed_below, rate, sprt, wilson


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
    assert str(describe(seen)) == "0 of 20: below 14 % at 95 %"


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


@given(st.integers(1, 2000))
def test_clean_runs_rule_out_the_rate_that_they_would_have_found(runs: int) -> None:
    assert clean_runs_needed(missed_below(runs)) == runs


@given(st.floats(0.001, 0.999), st.floats(0.5, 0.999))
def test_clean_runs_are_enough_and_not_one_too_many(share: float, confidence: float) -> None:
    runs = clean_runs_needed(share, confidence)
    assert (1 - share) ** runs <= (1 - confidence) * (1 + 1e-6)
    assert runs == 1 or (1 - share) ** (runs - 1) > (1 - confidence) * (1 - 1e-6)


def test_clean_runs_of_a_rate_that_was_seen() -> None:
    seen = rate(verdicts(*["reproduced"] * 3, *["not-reproduced"] * 7))
    assert seen is not None
    assert clean_runs_needed(seen) == 9  # 0.7^8 is 5.8 %, 0.7^9 is 4.0 %
    assert clean_runs_needed(1.0) == 1
    with pytest.raises(ValueError, match="cannot be ruled out"):
        clean_runs_needed(0.0)


def test_wald_tells_two_rates_apart() -> None:
    # log(19) / log(1.9) is 4.59: four successes are not enough, five are.
    assert sprt(4, 4, 0.5, 0.95) is None
    assert sprt(5, 5, 0.5, 0.95) == "high"
    assert sprt(0, 2, 0.5, 0.95) == "low"
    assert sprt(0, 0, 0.5, 0.95) is None
    assert sprt(1, 10, 0.0, 0.5) == "high"
    assert sprt(9, 10, 0.5, 1.0) == "low"


def test_wald_errs_as_rarely_as_asked() -> None:
    dice = random.Random(1)
    for truth, wrong in ((0.3, "high"), (0.7, "low")):
        errors = 0
        for _ in range(2000):
            seen = runs = 0
            while (found := sprt(seen, runs, 0.3, 0.7)) is None:
                seen, runs = seen + (dice.random() < truth), runs + 1
            errors += found == wrong
        assert errors / 2000 <= 0.05


@pytest.mark.parametrize("rates", [(0.5, 0.5), (-0.1, 0.5), (0.5, 1.1)])
def test_wald_refuses_what_are_no_two_rates(rates: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="no two rates"):
        sprt(1, 2, *rates)
