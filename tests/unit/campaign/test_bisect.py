from __future__ import annotations

import math
import random
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from repro.campaign.bisect import Bisect
from repro.errors import InputError
from repro.model.bisection import BisectAnswer
from repro.model.campaign import Outcome
from repro.model.case import Repeat
from repro.model.observation import VerdictName
from repro.model.plan import Cell
from tests.bench import simulation

COMES_AND_GOES = Repeat(runs=20)


def releases(count: int) -> tuple[str, ...]:
    return tuple(f"1.{number}" for number in range(count))


def cell(version: str | None = None) -> Cell:
    return Cell(case="x", os="debian-12", version=version, topology="node", backend="docker")


@dataclass
class World:
    """The truth: which releases are affected, how often it shows, and what cannot be run."""

    affected: Collection[int]
    rate: float = 1.0
    verdicts: dict[int, VerdictName] = field(default_factory=dict)
    seed: int = 1
    told: list[Outcome] = field(default_factory=list)

    def run(self, asked: Cell) -> Outcome:
        index = int(str(asked.version).split(".")[1])
        number = sum(each.cell == asked for each in self.told)
        # The same run shows the same, in whatever order the runs come.
        shows = random.Random(f"{self.seed} {index} {number}").random() < self.rate
        verdict: VerdictName = (
            "reproduced" if index in self.affected and shows else "not-reproduced"
        )
        verdict = self.verdicts.get(index, verdict)
        found = Outcome(
            key=f"{asked}#{number}", cell=asked, run=f"r{number}", verdict=verdict, reason="so"
        )
        self.told.append(found)
        return found

    def bisect(self, search: Bisect, room: int = 1) -> BisectAnswer:
        while cells := search.wanted(room):
            assert not search.done
            assert len(cells) <= room
            for found in [self.run(each) for each in cells]:
                search.tell(found)
        assert search.done
        return search.answer()


def broken(indexes: Iterable[int]) -> dict[int, VerdictName]:
    return dict.fromkeys(indexes, "environment-failed")


@st.composite
def stretches(draw: st.DrawFn) -> tuple[int, int, int, int]:
    """Releases, the first affected, the first fixed, one that is affected."""
    count = draw(st.integers(2, 500))
    first = draw(st.integers(0, count - 1))
    fixed = draw(st.integers(first + 1, count))
    return count, first, fixed, draw(st.integers(first, fixed - 1))


# -- steady issues -----------------------------------------------------------------------------


@given(stretches(), st.integers(1, 3))
@settings(deadline=None)
def test_a_steady_issue_is_found_exactly_and_within_the_bound(
    stretch: tuple[int, int, int, int], room: int
) -> None:
    count, first, fixed, named = stretch
    versions = releases(count)
    world = World(range(first, fixed))
    found = world.bisect(Bisect(cell(versions[named]), versions), room)
    assert found.state == "answered"
    assert found.first_affected == versions[first]
    assert found.first_fixed == (versions[fixed] if fixed < count else None)
    assert found.monotonic
    assert found.nature == "steady"
    assert found.confidence > 0.99
    searches = (first > 0) + (fixed < count)
    assert found.evaluations == len(world.told) <= searches * math.ceil(math.log2(count)) + 3


@given(stretches())
@settings(deadline=None)
def test_the_stretches_hold_all_releases(stretch: tuple[int, int, int, int]) -> None:
    count, first, fixed, named = stretch
    versions = releases(count)
    found = World(range(first, fixed)).bisect(Bisect(cell(versions[named]), versions))
    told = [(each.state, each.first, each.last) for each in found.stretches]
    wanted = [
        ("clean", 0, first - 1), ("affected", first, fixed - 1), ("clean", fixed, count - 1)
    ]  # fmt: skip
    assert told == [(state, versions[a], versions[b]) for state, a, b in wanted if a <= b]


@given(stretches(), st.booleans())
@settings(deadline=None)
def test_two_named_ends_leave_one_boundary(
    stretch: tuple[int, int, int, int], introduced: bool
) -> None:
    count, first, fixed, bad = stretch
    good = first - 1 if introduced else fixed
    if not 0 <= good < count:
        return
    versions = releases(count)
    world = World(range(first, fixed))
    found = world.bisect(Bisect(cell(), versions, good=versions[good], bad=versions[bad]))
    (boundary,) = found.boundaries
    assert found.state == "answered"
    if introduced:
        assert (boundary.kind, boundary.before) == ("introduced", versions[first - 1])
        assert boundary.after == found.first_affected == versions[first]
    else:
        assert (boundary.kind, boundary.before) == ("fixed", versions[fixed - 1])
        assert boundary.after == found.first_fixed == versions[fixed]
    searched = abs(good - bad) + 1
    assert len(world.told) <= math.ceil(math.log2(searched)) + 3
    assert {each.cell.version for each in world.told} <= set(
        versions[min(good, bad) : max(good, bad) + 1]
    )


def test_that_an_issue_is_steady_is_not_taken_for_surer_than_it_is() -> None:
    found = World(range(20, 21)).bisect(Bisect(cell("1.20"), releases(40), confidence=0.9999))
    assert found.state == "abstained"
    assert found.confidence < 0.9999
    assert found.headline.startswith("the first affected release is 1.20;")
    assert "`repeat`" in found.action


def test_both_ends_come_first_and_at_once_where_there_is_room() -> None:
    versions = releases(30)
    assert [each.version for each in Bisect(cell(), versions).wanted(3)] == ["1.0", "1.29"]
    search = Bisect(cell(), versions)
    assert [each.version for each in search.wanted(1)] == ["1.0"]
    assert [each.version for each in search.wanted(0)] == []
    assert [each.version for each in search.wanted(1)] == ["1.29"]
    assert search.wanted(1) == []


def test_each_step_says_why_and_what_is_left() -> None:
    versions = releases(30)
    search = Bisect(cell("1.12"), versions)
    World(range(10, 20)).bisect(search)
    steps = search.steps
    assert [step.number for step in steps] == list(range(1, len(steps) + 1))
    assert "oldest" in steps[0].why
    assert "newest" in steps[1].why
    assert "said to be affected" in steps[2].why
    assert "first affected: one of 12, 1.1 to 1.12" in steps[2].left
    assert steps[2].showed == "affected: reproduced"
    assert "no boundary is left" in steps[-1].left
    assert any("nobody looked between" in step.why for step in steps)


@given(stretches())
@settings(max_examples=30, deadline=None)
def test_what_could_come_next_is_named_ahead(stretch: tuple[int, int, int, int]) -> None:
    """With one run under way, the next one is among two that were named."""
    count, first, fixed, named = stretch
    versions = releases(count)
    world, search = World(range(first, fixed)), Bisect(cell(versions[named]), versions)
    ahead: set[str | None] = {each.version for each in search.soon()}
    while cells := search.wanted(1):
        if world.told:
            assert cells[0].version in ahead
        ahead = {each.version for each in search.soon()}
        assert len(ahead) <= 2
        assert cells[0].version not in ahead or len(cells) > 1
        before = search.answer()
        # Looking ahead changes nothing.
        assert search.answer() == before
        rerun = {cells[0].version}
        search.tell(world.run(cells[0]))
        ahead |= rerun


def test_more_probes_look_further() -> None:
    versions = releases(100)
    found = [
        len(World(range(50, 100)).bisect(Bisect(cell(), versions, probes=probes)).versions)
        for probes in (0, 1, 4)
    ]
    assert found[0] < found[1] < found[2]


# -- issues that come and go -------------------------------------------------------------------


@given(stretches(), st.floats(0.2, 1.0), st.integers(0, 9))
@settings(max_examples=40, deadline=None)
def test_clean_runs_say_less_the_rarer_the_issue_is(
    stretch: tuple[int, int, int, int], rate: float, seed: int
) -> None:
    """Whatever the luck: the answer's confidence is kept, and no clean version is affected."""
    count, first, fixed, named = stretch
    versions = releases(count)
    world = World(range(first, fixed), rate, seed=seed)
    found = world.bisect(Bisect(cell(versions[named]), versions, repeat=COMES_AND_GOES), room=3)
    assert found.nature == "comes-and-goes"
    assert found.state in ("answered", "refused")
    if found.state == "answered":
        assert found.confidence >= 0.99
        assert versions.index(str(found.first_affected)) >= first
        assert found.first_fixed is None or versions.index(found.first_fixed) <= fixed


def test_it_is_run_as_often_as_its_rate_needs() -> None:
    versions = releases(40)
    runs = []
    for rate in (0.9, 0.3, 0.1):
        world = World(range(11, 23), rate)
        found = world.bisect(Bisect(cell("1.15"), versions, repeat=COMES_AND_GOES), room=4)
        assert (found.first_affected, found.first_fixed) == ("1.11", "1.23")
        assert found.rate is not None
        assert found.rate.low <= rate <= found.rate.high
        runs.append(found.evaluations)
    assert runs == sorted(runs)
    assert runs[0] < 60


def test_several_runs_of_a_version_start_at_once() -> None:
    search = Bisect(cell("1.4"), releases(9), repeat=COMES_AND_GOES)
    world = World((), 0.0)
    for each in search.wanted(2):
        search.tell(world.run(each))
    assert [each.version for each in search.wanted(4)] == ["1.4"] * 4


def test_below_its_bound_it_abstains_and_names_the_likely_ones() -> None:
    versions = releases(40)
    world = World(range(11, 40), 0.3)
    found = world.bisect(Bisect(cell("1.30"), versions, repeat=COMES_AND_GOES, budget=25))
    assert found.state == "abstained"
    assert found.headline.startswith("cannot tell the first affected release: 1.")
    assert "%" in found.headline
    assert found.first_affected is None
    candidates = found.boundaries[0].candidates
    assert len(candidates) > 1
    assert [each.confidence for each in candidates] == sorted(
        (each.confidence for each in candidates), reverse=True
    )
    assert any(each.state == "unknown" for each in found.stretches)
    assert found.action


def test_more_confidence_takes_more_runs() -> None:
    runs = [
        World(range(11, 40), 0.3)
        .bisect(Bisect(cell("1.30"), releases(40), repeat=COMES_AND_GOES, confidence=confidence))
        .evaluations
        for confidence in (0.8, 0.999)
    ]
    assert runs[0] < runs[1]


def test_one_that_was_not_declared_is_noticed_and_said() -> None:
    versions = releases(40)
    noticed = 0
    for seed in range(10):
        world = World(range(11, 40), 0.6, seed=seed)
        found = world.bisect(Bisect(cell("1.30"), versions))
        if found.nature == "comes-and-goes" and found.state == "answered":
            noticed += 1
            assert "declares no `repeat`" in " ".join(found.sentences)
            assert found.first_affected == "1.11"
    assert noticed > 3


# -- what cannot be run ------------------------------------------------------------------------


@given(st.integers(8, 300), st.data())
@settings(deadline=None)
def test_releases_that_cannot_be_run_are_skipped_and_said(count: int, data: st.DataObject) -> None:
    first = data.draw(st.integers(2, count - 1))
    start = data.draw(st.integers(0, count - 2))
    lost = set(range(start, data.draw(st.integers(start + 1, count - 1)))) - {count - 1}
    versions = releases(count)
    world = World(range(first, count), verdicts=broken(lost))
    found = world.bisect(Bisect(cell(), versions))
    assert found.state == "answered"
    assert not {each.version for each in found.versions if each.skipped} - {
        versions[index] for index in lost
    }
    tries = [each for each in world.told if each.verdict == "environment-failed"]
    assert len(tries) <= 2 * math.ceil(math.log2(count)) + 3
    assert found.evaluations == len(world.told) - len(tries)
    assert found.evaluations <= 2 * math.ceil(math.log2(count)) + 3
    able = [index for index in range(first, count) if index not in lost]
    before = [index for index in range(first) if index not in lost]
    assert found.first_affected == versions[able[0]]
    (boundary,) = found.boundaries
    assert boundary.before == (versions[before[-1]] if before else None)
    assert set(boundary.between) == {
        versions[index] for index in range(before[-1] + 1 if before else 0, able[0])
    }


def test_the_answer_names_what_lies_between() -> None:
    world = World(range(10, 20), verdicts=broken((9, 10)))
    found = world.bisect(Bisect(cell(), releases(20)))
    assert "1.11, or one of 1.9, 1.10 before it, which could not be run" in found.headline
    assert "2 releases could not be run: 1.9, 1.10" in found.sentences


def test_where_nothing_older_can_be_run_it_says_so() -> None:
    world = World(range(30), verdicts=broken(range(15)))
    found = world.bisect(Bisect(cell("1.20"), releases(40)))
    assert "affected since 1.15 at the latest; there are 15 older releases, " in found.headline
    skipped = sum(bool(each.skipped) for each in found.versions)
    assert 0 < skipped < 15
    assert f"of which {skipped} were tried and could not be run" in found.headline
    assert len(world.told) < 20


@pytest.mark.parametrize("verdict", ["inconclusive", "different-failure"])
def test_what_is_no_verdict_on_the_issue_gets_a_second_try(verdict: VerdictName) -> None:
    world = World(range(10, 20), verdicts={9: verdict})
    found = world.bisect(Bisect(cell(), releases(20)))
    assert sum(each.cell.version == "1.9" for each in world.told) == 2
    assert found.boundaries[0].between == ("1.9",)
    (skipped,) = [each for each in found.versions if each.skipped]
    assert skipped.skipped == f"{verdict}: so"


def test_a_run_that_was_replaced_counts_for_nothing() -> None:
    search = Bisect(cell(), releases(8))
    (asked,) = search.wanted(1)
    failed = World((), verdicts=broken(range(8))).run(asked)
    search.tell(failed.model_copy(update={"counted": False}))
    assert search.steps == []
    assert search.answer().versions == ()


# -- histories that are not monotonic ----------------------------------------------------------


def test_an_issue_that_comes_back_is_shown_and_not_explained_away() -> None:
    world = World([*range(5, 14), *range(18, 36)])
    found = world.bisect(Bisect(cell(), releases(36)))
    assert found.state == "answered"
    assert not found.monotonic
    assert [(each.state, each.first, each.last) for each in found.stretches] == [
        ("clean", "1.0", "1.4"),
        ("affected", "1.5", "1.13"),
        ("clean", "1.14", "1.17"),
        ("affected", "1.18", "1.35"),
    ]
    assert [each.kind for each in found.boundaries] == ["introduced", "fixed", "back"]
    assert (found.first_affected, found.first_fixed) == ("1.5", "1.14")
    assert found.headline.startswith("comes back: ")
    assert next(each.runs for each in found.versions if each.version == "1.17") == 3


def test_a_clean_release_between_affected_ones_is_found_by_the_look_inside() -> None:
    world = World([*range(20), *range(21, 41)])
    found = world.bisect(Bisect(cell(), releases(41)))
    assert not found.monotonic
    assert "clean 1.20" in found.headline
    assert next(each.runs for each in found.versions if each.version == "1.20") == 3


def test_a_hole_of_an_issue_that_comes_and_goes_takes_many_runs() -> None:
    world = World([*range(10), *range(11, 21)], 0.5)
    found = world.bisect(Bisect(cell(), releases(21), repeat=COMES_AND_GOES, probes=21))
    assert "clean 1.10" in found.headline
    assert next(each.runs for each in found.versions if each.version == "1.10") > 8


def test_an_affected_release_is_named_only_where_it_has_shown_the_issue() -> None:
    """Next to a long stretch that cannot be run, what is likely is still run."""
    for lost, first in ((range(74), "1.74"), (range(1, 104), "1.104")):
        world = World(range(2, 106), verdicts=broken(lost))
        found = world.bisect(Bisect(cell(), releases(106)))
        assert found.first_affected == first
        seen = {each.version: each for each in found.versions}
        assert seen[first].reproduced
        for boundary in found.boundaries:
            assert boundary.before is None or seen[boundary.before].runs


@given(st.sets(st.integers(0, 39)), st.integers(0, 39))
@settings(deadline=None)
def test_every_boundary_that_is_named_is_one(affected: set[int], named: int) -> None:
    versions = releases(40)
    world = World(affected | {named})
    found = world.bisect(Bisect(cell(versions[named]), versions))
    assert found.state == "answered"
    for boundary in found.boundaries:
        assert boundary.before is not None
        assert boundary.after is not None
        before, after = versions.index(boundary.before), versions.index(boundary.after)
        assert after == before + 1
        assert (before in world.affected) != (after in world.affected)
        assert (after in world.affected) == (boundary.kind != "fixed")


# -- determinism -------------------------------------------------------------------------------


@given(stretches(), st.randoms(use_true_random=False), st.sampled_from([1.0, 0.5]))
@settings(max_examples=30, deadline=None)
def test_the_order_of_telling_does_not_matter(
    stretch: tuple[int, int, int, int], dice: random.Random, rate: float
) -> None:
    count, first, fixed, named = stretch
    versions = releases(min(count, 60))
    count = len(versions)
    first, named = min(first, count - 1), min(named, count - 1)
    repeat = Repeat() if rate == 1 else COMES_AND_GOES
    searches = [Bisect(cell(versions[named]), versions, repeat=repeat) for _ in range(2)]
    world = World(range(first, fixed), rate)
    while cells := searches[0].wanted(4):
        assert searches[1].wanted(4) == cells
        found = [world.run(each) for each in cells]
        for each in found:
            searches[0].tell(each)
        dice.shuffle(found)
        for each in found:
            searches[1].tell(each)
    assert searches[0].answer() == searches[1].answer()


# -- what is refused ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("versions", "good", "bad", "own", "said"),
    [
        (("1.0",), None, None, None, "nothing to search in 1 release"),
        ((), None, None, None, "nothing to search in 0 releases"),
        (releases(5), "1.2", "1.2", None, "named as good and as bad"),
        (releases(5), "1.2", None, "1.2", "named as good and as bad"),
        (releases(5), "2.0", "1.2", None, "2.0, named as good, is none of the 5 releases"),
        (releases(5), None, "9", None, "9, named as bad, is none of the 5 releases"),
    ],
)
def test_what_no_run_is_needed_for_is_refused_at_once(
    versions: tuple[str, ...], good: str | None, bad: str | None, own: str | None, said: str
) -> None:
    with pytest.raises(InputError, match=said) as refused:
        Bisect(cell(own), versions, good=good, bad=bad)
    assert refused.value.cause
    assert refused.value.action


@pytest.mark.parametrize(
    ("affected", "options", "said"),
    [
        (range(2, 9), {"good": "1.4", "bad": "1.8"}, "1.4, named as good, is affected"),
        (range(2, 6), {"good": "1.4", "bad": "1.8"}, "the one named as bad is not"),
        (range(2, 6), {"good": "1.1", "bad": "1.8"}, "1.8 is to be affected, and did not"),
        (range(2, 6), {}, "neither the oldest nor the newest"),
        (range(2, 6), {"bad": "1.7"}, "1.7 is to be affected, and did not reproduce in 3 runs"),
        (range(2, 6), {"repeat": COMES_AND_GOES}, "1.9 is to be affected, and did not"),
    ],
)
def test_ends_that_are_not_as_said_are_refused(
    affected: range, options: dict[str, str], said: str
) -> None:
    world = World(affected)
    found = world.bisect(Bisect(cell(), releases(10), **options))  # type: ignore[arg-type]
    assert found.state == "refused"
    assert said in found.headline
    assert found.cause
    assert found.action
    assert found.boundaries == ()


def test_an_affected_version_that_cannot_be_run_is_no_verdict() -> None:
    world = World(range(2, 6), verdicts=broken([4]))
    found = world.bisect(Bisect(cell("1.4"), releases(10)))
    assert (found.state, found.headline) == (
        "refused", "1.4, which is to be affected, cannot be run here",
    )  # fmt: skip
    assert found.cause == "environment-failed: so"
    assert sum(each.cell.version == "1.4" for each in world.told) == 2


def test_only_a_good_version_is_held_against_the_newest() -> None:
    found = World(range(6, 10)).bisect(Bisect(cell(), releases(10), good="1.2"))
    assert found.first_affected == "1.6"


# -- the simulated catalogue -------------------------------------------------------------------


def test_random_histories_are_answered_and_right() -> None:
    """A small part of tests/bench/simulation.py."""
    played = [each for each, _ in simulation.simulate(60, seed=3)]
    answered = [each for each in played if each.answer.state == "answered"]
    assert len(answered) >= 57
    assert sum(not each.right for each in answered) <= 1
    steady = [each for each in played if each.history.steady]
    assert all(each.answer.evaluations <= each.history.bound for each in steady)
    assert {each.history.boundaries for each in steady} >= {1, 2}
