from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repro.campaign.belief import Noise, Side, believe, best_run, information, most_telling

COMES_AND_GOES = 0.0


def by_hand(steady: float, reproduced: int, missed: int) -> float:
    """The marginal likelihood over a grid of rates, with the prior Beta(1/2, 1)."""
    steps = 20_000
    # Substituting rate = x²: the prior's density is then the same everywhere.
    grid = [((each + 0.5) / steps) ** 2 for each in range(steps)]
    some = sum(rate**reproduced * (1 - rate) ** missed for rate in grid) / steps
    return (steady if missed == 0 else 0.0) + (1 - steady) * some


@pytest.mark.parametrize("steady", [0.0, 0.3, 0.999])
@pytest.mark.parametrize("reproduced", [1, 7])
def test_likelihoods_agree_with_a_grid_of_rates(steady: float, reproduced: int) -> None:
    found = Noise(steady, reproduced).likelihoods(0, 12)
    for missed in (0, 1, 5, 12):
        ratio = by_hand(steady, reproduced, missed) / by_hand(steady, reproduced, 0)
        assert found[missed] / found[0] == pytest.approx(ratio, rel=1e-3, abs=1e-8)


@given(st.integers(0, 40), st.integers(0, 200), st.integers(1, 60))
def test_likelihoods_may_start_anywhere(reproduced: int, fewest: int, more: int) -> None:
    noise = Noise(COMES_AND_GOES, reproduced)
    whole, part = noise.likelihoods(0, fewest + more), noise.likelihoods(fewest, fewest + more)
    if whole[fewest + more]:
        assert part[more] == pytest.approx(whole[fewest + more] / whole[fewest])


def test_a_steady_issue_is_never_missed() -> None:
    assert Noise(1.0, 3).likelihoods(0, 3) == [1.0, 0.0, 0.0, 0.0]
    assert Noise(0.999, 3).missing(0, 1) < 1e-3
    assert Noise(1.0, 3).mean(0) == 1.0


def test_the_mean_follows_the_runs() -> None:
    assert Noise(COMES_AND_GOES, 30).mean(70) == pytest.approx(0.3, abs=0.01)
    assert Noise(0.999, 5).mean(0) > 0.999
    assert Noise(0.999, 5).mean(5) == Noise(COMES_AND_GOES, 5).mean(5)


def test_sides_share_the_rate() -> None:
    """Misses that one side takes for sure make clean runs weigh less on the other."""
    side = Side((1, 0), (5, 0), end=1 / 3)
    alone = believe([side], 0, Noise(COMES_AND_GOES, 3)).weights[0][0]
    sure_misses = Side((3, 4), (20, 0), end=1.0)
    beside = believe([side, sure_misses], 0, Noise(COMES_AND_GOES, 3)).weights[0][0]
    counted = believe([side], 20, Noise(COMES_AND_GOES, 3)).weights[0][0]
    assert beside == pytest.approx(counted)
    assert beside < alone


def sides() -> st.SearchStrategy[list[Side]]:
    def side(clean: list[int]) -> Side:
        return Side(tuple(range(len(clean))), tuple(clean), 1 / (len(clean) + 1))

    return st.lists(st.lists(st.integers(0, 4), max_size=6).map(side), max_size=4)


@given(sides(), st.integers(0, 5), st.integers(1, 9), st.sampled_from([0.0, 0.5]))
def test_the_posterior_is_that_of_all_combinations(
    found: list[Side], missed: int, reproduced: int, steady: float
) -> None:
    noise = Noise(steady, reproduced)
    belief = believe(found, missed, noise)
    most = missed + sum(side.missed[-1] for side in found)
    likely = noise.likelihoods(missed, most)
    joint: dict[tuple[int, ...], float] = {(): 1.0}
    for side in found:
        joint = {
            (*key, each): mass * side.prior[each]
            for key, mass in joint.items()
            for each in range(len(side.prior))
        }
    for key in joint:
        joint[key] *= likely[sum(side.missed[at] for side, at in zip(found, key, strict=True))]
    whole = sum(joint.values())
    for place, weights in enumerate(belief.weights):
        for each, weight in enumerate(weights):
            mass = sum(mass for key, mass in joint.items() if key[place] == each)
            assert weight == pytest.approx(mass / whole, abs=1e-6)


def test_what_a_run_tells() -> None:
    assert information(0.5, 1.0) == 1.0
    assert information(0.0, 0.3) == information(1.0, 0.3) == 0.0
    # The capacity of the Z-channel with crossover 1/2 is log2(5/4), at 2/5 (Wikipedia, Z-channel).
    assert most_telling(0.5) == pytest.approx(0.4)
    assert information(0.4, 0.5) == pytest.approx(math.log2(1.25))
    assert most_telling(1.0) == 0.5


@given(
    st.lists(st.floats(0.01, 1), min_size=2, max_size=30), st.floats(0.02, 1.0)
)  # fmt: skip
def test_the_best_run_is_the_one_that_tells_most(raw: list[float], rate: float) -> None:
    weights = [each / sum(raw) for each in raw]
    places = len(weights) - 1
    quick = best_run(weights, rate, [1.0] * places)
    # A chance below one for all of them alike makes it look at every place.
    slow = best_run(weights, rate, [0.5] * places)
    if quick and slow:
        assert quick[0] == pytest.approx(2 * slow[0])


def test_what_cannot_be_run_is_not_chosen() -> None:
    weights = [0.25] * 4
    assert best_run(weights, 1.0, [1.0, 1.0, 1.0]) == (1.0, 1)
    found = best_run(weights, 1.0, [1.0, 0.0, 0.1])
    assert found is not None
    assert found[1] == 0
    assert best_run(weights, 1.0, [0.0, 0.0, 0.0]) is None
