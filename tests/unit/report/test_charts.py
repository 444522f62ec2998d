from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from repro.model.bisection import BisectAnswer, BisectStep, Boundary, Stretch, VersionSeen
from repro.report.charts import line, placed

RELEASES = [f"1.{n}" for n in range(10)]


def an_answer() -> BisectAnswer:
    ran = [("1.9", "not-reproduced"), ("1.4", "reproduced"), ("1.2", "not-reproduced"),
           ("1.3", "reproduced"), ("1.2", "not-reproduced")]  # fmt: skip
    steps = [
        BisectStep(number=n, version=version, why="w", verdict=verdict, showed="s", left="l")
        for n, (version, verdict) in enumerate(ran, start=1)
    ]
    return BisectAnswer(
        state="answered", headline="h", steps=tuple(steps),
        boundaries=(Boundary(kind="introduced", before="1.2", after="1.3", confidence=0.9),),
        stretches=(
            Stretch(first="1.0", last="1.2", state="clean"),
            Stretch(first="1.3", last="1.9", state="affected"),
        ),
        versions=tuple(VersionSeen(version=each, runs=1, reproduced=0)
                       for each in dict.fromkeys(sorted(version for version, _ in ran))),
    )  # fmt: skip


def test_releases_stand_in_order_with_what_is_held_of_them() -> None:
    made = line(an_answer(), RELEASES)
    assert made is not None
    assert made.releases == 10
    assert [(band.x, band.width, band.look) for band in made.bands] == [
        (0, 30, "clean"), (30, 70, "affected")
    ]  # fmt: skip
    assert made.edges == (30,)
    looks = {probe.x: probe.look for probe in made.probes}
    assert looks == {95: "clean", 45: "affected", 25: "clean", 35: "affected"}


def test_runs_are_numbered_and_the_boundary_is_named() -> None:
    made = line(an_answer(), RELEASES)
    assert made is not None
    assert {(each.at, each.text) for each in made.numbers} == {
        (95, "1"), (45, "2"), (25, "3, 5"), (35, "4")
    }  # fmt: skip
    assert [each.text for each in made.names] == ["1.3", "1.2", "1.0", "1.9"]


def test_where_the_releases_are_not_known_those_that_ran_are_drawn() -> None:
    answer = an_answer()
    shorter = answer.model_copy(update={"stretches": answer.stretches[1:], "boundaries": ()})
    shorter = shorter.model_copy(
        update={"stretches": (Stretch(first="1.3", last="1.9", state="affected"),)}
    )
    made = line(shorter, [])
    assert made is not None
    assert made.releases == 4


def test_nothing_searched_is_no_picture() -> None:
    assert line(BisectAnswer(state="refused", headline="h"), []) is None


LABELS = st.lists(st.tuples(st.floats(0, 100), st.text("0123456789.", min_size=1, max_size=12)))


@given(LABELS)
def test_no_label_is_over_another_or_outside(labels: list[tuple[float, str]]) -> None:
    taken: dict[int, list[tuple[float, float]]] = {}
    for label in placed(labels):
        width = 2.25 * len(label.text)
        left = {"start": label.x, "middle": label.x - width / 2, "end": label.x - width}
        start = left[label.anchor]
        assert -1e-6 <= start <= start + width <= 100 + 1e-6
        for one, other in taken.setdefault(label.row, []):
            assert start >= other or start + width <= one
        taken[label.row].append((start, start + width))
    assert sorted(taken) == list(range(len(taken)))
