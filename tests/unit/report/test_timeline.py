from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from repro.model.observation import StepObservation
from repro.model.record import Event
from repro.report.timeline import Timeline, numbered, timeline
from tests.unit.report.subjects import run, step

RUN = run(step())
TIMES = st.lists(
    st.tuples(
        st.floats(1, 1000), st.floats(0, 100), st.sampled_from(["node", "other"]), st.booleans()
    ),
    min_size=1,
    max_size=40,
)


def timed(started: float, took: float, node: str = "node", *, well: bool = True) -> StepObservation:
    seen = step(code=0 if well else 1)
    result = seen.result.model_copy(update={"started": started, "seconds": took})
    return seen.model_copy(update={"result": result, "node": node})


def drawn(*steps: StepObservation, events: tuple[Event, ...] = ()) -> Timeline:
    made = timeline(RUN.model_copy(update={"observations": steps, "events": events}))
    assert made is not None
    return made


def test_nothing_timed_is_no_picture() -> None:
    assert timeline(run(step())) is None


def test_stages_take_their_share_of_the_whole() -> None:
    ended = [("prepare", 1.0), ("start", 0.5), ("steps", 2.5)]
    events = tuple(Event(at=1, stage=name, what="end", seconds=took) for name, took in ended)
    begun = Event(at=1, stage="steps", what="begin")
    stages = drawn(events=(begun, *events)).stages
    assert [(each.name, each.x, each.width) for each in stages] == [
        ("prepare", 0, 25), ("start", 25, 12.5), ("steps", 37.5, 62.5)
    ]  # fmt: skip


def test_steps_are_numbered_as_they_began() -> None:
    late, early = timed(20, 1), timed(10, 1)
    assert numbered(run(late, early)) == [(1, early), (2, late)]


def test_a_lane_for_each_node_and_a_row_for_what_is_done_at_the_same_time() -> None:
    made = drawn(timed(10, 8), timed(11, 2, well=False), timed(14, 6, "other"))
    assert made.seconds == 10
    node, other = made.lanes
    assert (node.node, node.rows) == ("node", 2)
    assert [(bar.x, bar.width, bar.row, bar.expected) for bar in node.bars] == [
        (0, 80, 0, True), (10, 20, 1, False)
    ]  # fmt: skip
    assert (other.node, other.rows) == ("other", 1)
    assert [(bar.label, bar.began, bar.seconds) for bar in other.bars] == [("3", 4, 6)]


def test_marks_of_the_axis_are_round() -> None:
    labels = [tick.label for tick in drawn(timed(10, 1.07)).ticks]
    assert labels == ["0", "0.50 s", "1.0 s"]


@given(TIMES)
def test_everything_is_within_the_picture(times: list[tuple[float, float, str, bool]]) -> None:
    made = drawn(*(timed(at, took, node, well=well) for at, took, node, well in times))
    bars = [bar for lane in made.lanes for bar in lane.bars]
    assert len(bars) == len(times)
    for bar in bars:
        assert 0 <= bar.x <= bar.x + bar.width <= 100 + 1e-6
        assert bar.label_x is None or 0 <= bar.label_x <= 100
    assert 1 <= len(made.ticks) <= 6
    assert all(0 <= tick.x <= 100 + 1e-6 for tick in made.ticks)


def test_a_thousand_steps_are_not_all_drawn() -> None:
    made = drawn(*(timed(10 + n, 1) for n in range(1000)))
    assert sum(len(lane.bars) for lane in made.lanes) == 200
    assert made.left_out == 800
    assert made.seconds == 1000


def test_of_very_many_steps_one_that_failed_is_drawn() -> None:
    made = drawn(*(timed(10 + n, 1, well=n != 700) for n in range(1000)))
    assert [bar.label for lane in made.lanes for bar in lane.bars if not bar.expected] == ["701 ✗"]
