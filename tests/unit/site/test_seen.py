from __future__ import annotations

from repro.model.observation import Rate
from repro.model.recheck import Issue, State, VersionVerdict
from repro.record.history import RunLine
from repro.site.about import About
from repro.site.seen import KnownIssue, Standing, helped
from tests.unit.site.samples import run


def issue(*runs: RunLine) -> KnownIssue:
    made = KnownIssue("demo", "A demo", About())
    made.add(runs)
    return made


def state(name: str = "fixed", looked: str = "2026-11-02", **rest: object) -> Issue:
    values = {"case": "demo", "os": "debian-12", "topology": "single", "digest": "0",
              "since": "2026-11-01T00:00:00+00:00", "looked": looked}  # fmt: skip
    return Issue.model_validate(values | {"state": State.model_validate({"name": name})} | rest)


def test_runs_are_counted_by_place_and_version() -> None:
    made = issue(
        run(3, verdict="environment-failed"),
        run(2, verdict="not-reproduced"),
        run(1),
        run(0, os="debian-13", version=None),
    )
    tally = made.place("debian-12", "single").cells["1.2"]
    assert (tally.reproduced, tally.clean, tally.other, tally.run) == (1, 1, 1, run(3).run)
    assert tally.rate is not None
    assert tally.rate.runs == 2
    assert made.place("debian-13", "single").cells[""].reproduced == 1
    assert (made.runs, made.reproduced, made.valid) == (4, 2, 3)


def test_without_a_recheck_the_newest_verdict_says_where_it_stands() -> None:
    made = issue(run(2, verdict="inconclusive"), run(1, version="1.3", verdict="not-reproduced"),
                 run(0))  # fmt: skip
    assert made.worst == Standing("fixed", "1.3", run(1).started)
    assert issue(run(verdict="unfinished")).worst == Standing("none")
    assert issue().worst == Standing("none")


def test_a_state_counts_more_than_runs_and_the_newest_look_most() -> None:
    made = issue(run(0))
    place = made.place("debian-12", "single")
    place.take(state("flaky", "2026-11-03"))
    place.take(state("fixed", "2026-11-02"))
    assert made.worst.kind == "flaky"
    assert made.worst.rechecked


def test_it_stands_where_it_is_worst() -> None:
    made = issue(run(1, verdict="not-reproduced"), run(0, os="debian-13"))
    assert made.worst.kind == "open"
    made = issue(run(1), run(0, os="debian-13"))
    assert made.worst.since == run(1).started


def test_what_a_look_saw_is_shown_where_the_history_was_lost() -> None:
    rate = Rate(runs=4, reproduced=3, low=0, high=1)
    seen = VersionVerdict(verdict="reproduced", reason="", run="gone", at="", rate=rate)
    one = seen.model_copy(update={"rate": None})
    place = issue(run(0)).place("debian-12", "single")
    place.take(state(seen={"1.2": seen, "1.3": seen, "1.4": one}))
    assert place.cells["1.2"].valid == 1
    assert (place.cells["1.3"].reproduced, place.cells["1.3"].clean) == (3, 1)
    assert (place.cells["1.4"].reproduced, place.cells["1.4"].run) == (1, "")


def test_runs_with_a_workaround_say_nothing_of_the_issue() -> None:
    made = issue(run(1, workaround="w", verdict="not-reproduced"), run(0))
    assert made.runs == 2
    assert made.place("debian-12", "single").cells["1.2"].clean == 0


# -- workarounds ------------------------------------------------------------------------------


def test_a_workaround_helped_where_its_control_showed_the_issue() -> None:
    with_it = run(1, workaround="w", campaign="c", verdict="not-reproduced")
    (found,) = helped([with_it, run(0, campaign="c")])
    assert (found.name, found.run, found.with_it.runs) == ("w", with_it.run, 1)
    assert helped([with_it]) == ()
    assert helped([with_it, run(0, campaign="other")]) == ()
    assert helped([with_it, run(0, campaign="c", os="debian-13")]) == ()
    assert helped([with_it, run(0, campaign="c", verdict="not-reproduced")]) == ()


def test_a_workaround_with_which_it_showed_once_did_not_help() -> None:
    control = run(0, campaign="c")
    clean = run(1, workaround="w", campaign="c", verdict="not-reproduced")
    assert helped([clean, run(2, workaround="w", campaign="c"), control]) == ()
    trouble = run(2, workaround="w", campaign="c", verdict="different-failure")
    assert helped([clean, trouble, control]) == ()


def test_an_issue_that_comes_and_goes_takes_more_clean_runs() -> None:
    """At a rate of one in two it takes five clean runs in a row, at 95 %."""
    control = [run(0, campaign="c"), run(1, campaign="c", verdict="not-reproduced")]
    clean = [
        run(number, workaround="w", campaign="c", verdict="not-reproduced")
        for number in range(2, 7)
    ]
    assert helped([*clean[:4], *control]) == ()
    assert [each.name for each in helped([*clean, *control])] == ["w"]
