from __future__ import annotations

import shutil
import tempfile
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as checked
from hypothesis import strategies as st

from repro.campaign.drive import Drive
from repro.campaign.planning import Planning
from repro.campaign.question import GridQuestion, RunQuestion
from repro.campaign.repeat import Repeat, Together
from repro.campaign.replace import CAP, is_lasting, replacements
from repro.errors import (
    DiskFullError,
    EngineError,
    InterruptedRunError,
    PrepareError,
    ProfileError,
    RecordError,
    ServiceError,
)
from repro.model.campaign import Job, Outcome
from repro.model.case import Repeat as Asked
from repro.model.plan import Cell, Plan
from repro.model.record import RunSummary
from repro.plan import NO_OVERRIDES
from repro.provider.memory import Reply
from repro.record.campaigns import open_campaign, read_campaign, reopen_campaign
from repro.settings import Settings
from tests.campaigns import (
    ODD,
    SICK,
    WELL,
    Log,
    Versions,
    Watch,
    a_cell,
    a_loaded,
    an_outcome,
    driven,
    local,
    planning,
)

GONE = EngineError("the engine went away")
SLOW = Reply(exit=1, stderr=b"ProtocolError", seconds=60)


def cells(*versions: str, runs: int = 1, until: Any = "all") -> GridQuestion:
    asked = Asked(runs=runs, until=until)
    return RunQuestion([Repeat(a_cell(version), asked) for version in versions])


def verdicts(question: GridQuestion) -> dict[str | None, str]:
    return {answer.cell.version: answer.verdict for answer in question.cell_answers()}


class Ordered:
    """Notes in which order a campaign records, tells its strategy, and shows."""

    def __init__(self, strategy: Together) -> None:
        self.strategy, self.order = strategy, list[str]()
        self.outcomes: Sequence[Outcome] = ()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.strategy, name)

    def tell(self, outcome: Outcome) -> None:
        self.order.append("tell")
        self.strategy.tell(outcome)

    def outcome(self, _outcome: Outcome) -> None:
        self.order.append("record")


def test_an_outcome_is_recorded_before_anybody_is_told(settings: Settings) -> None:
    question = cells("1.0", "2.0")
    noted = Ordered(Together(question.cells))
    watch = Watch(when=lambda _outcome: noted.order.append("show"))
    assert driven(settings, Versions({"1.0": [SICK], "2.0": [WELL]}), noted, noted, watch=watch)[0]
    assert noted.order == ["record", "tell", "show"] * 2
    assert verdicts(question) == {"1.0": "reproduced", "2.0": "not-reproduced"}


def test_a_run_that_the_environment_failed_is_replaced_and_not_counted(settings: Settings) -> None:
    provider, question, log = Versions({"1.0": [GONE, GONE, SICK]}), cells("1.0"), Log()
    _, watch = driven(settings, provider, question.strategy, log)
    assert [(o.verdict, o.counted) for o in log.new] == [
        ("environment-failed", False),
        ("environment-failed", False),
        ("reproduced", True),
    ]
    assert [o.key for o in log.new] == watch.begun
    assert len(set(watch.begun)) == 3
    assert question.cell_answers()[0].replaced == 2


def test_replacing_comes_to_an_end(settings: Settings) -> None:
    provider, question, log = Versions({"1.0": [GONE]}), cells("1.0"), Log()
    driven(settings, provider, question.strategy, log)
    assert [o.counted for o in log.new] == [False] * CAP + [True]
    assert verdicts(question) == {"1.0": "environment-failed"}


def test_replacements_are_counted_in_a_row(settings: Settings) -> None:
    does: list[Reply | BaseException] = [GONE, GONE, SICK, GONE, GONE, GONE, SICK]
    question, log = cells("1.0", runs=2), Log()
    driven(settings, Versions({"1.0": does}), question.strategy, log, jobs=1)
    assert [o.verdict for o in log.new if o.counted] == ["reproduced"] * 2
    assert sum(not o.counted for o in log.new) == 5


def test_what_was_replaced_before_an_end_counts_toward_the_most(settings: Settings) -> None:
    cell = a_cell()
    before = [an_outcome(cell, "environment-failed", n, counted=False) for n in range(1, CAP + 1)]
    question, log = cells("1.0"), Log(before)
    driven(settings, Versions({"1.0": [GONE]}), question.strategy, log)
    assert [(o.key, o.counted) for o in log.new] == [(f"{cell}#{CAP + 1}", True)]


@pytest.mark.parametrize(
    ("trouble", "reason", "times", "lasting"),
    [
        ("EngineError", "refused", CAP, False),
        ("NodeLostError", "gone", CAP, False),
        ("SetupError", "exit 1", 1, True),
        ("SetupError", "curl: connection reset by peer", 1, False),
        ("PrepareError", "no matching distribution", 0, True),
        ("PrepareError", "Read timed out.", 1, False),
        ("PrepareError", "Temporary failure resolving 'mirror.example'", 1, False),
        ("PrepareError", "502 Bad Gateway", 1, False),
        ("PrepareError", "version 5020 is none", 0, True),
        ("ProfileError", "there is no OS profile", 0, True),
        ("ServiceError", "the registry is down", 0, False),
    ],
)
def test_what_is_replaced_and_what_lasts(
    trouble: str, reason: str, times: int, lasting: bool
) -> None:
    failed = an_outcome(a_cell(), "environment-failed", trouble=trouble, reason=reason)
    assert (replacements(failed), is_lasting(failed)) == (times, lasting)


@pytest.mark.parametrize("verdict", ["reproduced", "not-reproduced", "inconclusive"])
def test_a_valid_run_is_neither_replaced_nor_lasting(verdict: Any) -> None:
    told = an_outcome(a_cell(), verdict, trouble="EngineError", reason="connection")
    assert (replacements(told), is_lasting(told)) == (0, False)


def test_a_cell_that_cannot_be_planned_is_an_outcome(settings: Settings) -> None:
    def planner(cell: Cell, key: str) -> Job:
        if cell.version == "2.0":
            raise ProfileError("there is no such profile", action="write one")
        return planning()(cell, key)

    question, log = cells("1.0", "2.0"), Log()
    driven(settings, Versions({"1.0": [SICK]}), question.strategy, log, planner=planner)
    failed = next(o for o in log.new if o.cell.version == "2.0")
    assert (failed.run, failed.stage, failed.trouble) == ("", "plan", "ProfileError")
    assert verdicts(question) == {"1.0": "reproduced", "2.0": "environment-failed"}
    assert question.exit_status() == 5


def test_trouble_on_the_way_to_a_run_is_an_outcome_of_that_cell_alone(settings: Settings) -> None:
    question, log = cells("1.0", "2.0"), Log()
    with local(settings, Versions({"2.0": [SICK]}), jobs=1) as engine:
        submit = engine.submit

        def failing(job: Job) -> Future[RunSummary]:
            future: Future[RunSummary] = Future()
            if job.plan.cell.version == "2.0":
                return submit(job)
            future.set_exception(RecordError("the folder is not yours"))
            return future

        engine.submit = failing  # type: ignore[method-assign]
        Drive(question.strategy, engine, log, planning(), Watch()).run()
    assert verdicts(question) == {"1.0": "environment-failed", "2.0": "reproduced"}
    failed = [o for o in log.new if o.cell.version == "1.0"]
    assert {(o.stage, o.trouble, o.reason) for o in failed} == {
        ("run", "RecordError", "the folder is not yours")
    }


def test_after_the_time_is_up_nothing_more_is_started(settings: Settings) -> None:
    provider, question, log = Versions({"1.0": [SICK], "2.0": [SICK]}), cells("1.0", "2.0"), Log()
    done, watch = driven(settings, provider, question.strategy, log, until=time.monotonic() - 1)
    assert (done, watch.begun, provider.ran) == (False, [], [])


def test_what_runs_when_the_time_is_up_comes_to_its_end(settings: Settings) -> None:
    provider = Versions({"1.0": [Reply(exit=1, seconds=3.5)], "2.0": [SICK]})
    question, log = cells("1.0", "2.0"), Log()
    until = time.monotonic() + 3
    done, watch = driven(settings, provider, question.strategy, log, until=until, jobs=1)
    assert not done
    assert [o.verdict for o in log.new] == ["reproduced"]
    assert len(watch.begun) == 1


@pytest.mark.parametrize("error", [KeyboardInterrupt(), InterruptedRunError("ended")])
def test_an_interrupt_ends_what_runs_and_keeps_what_had_ended(
    settings: Settings, error: BaseException
) -> None:
    provider = Versions({"1.0": [SICK], "2.0": [SLOW], "3.0": [SLOW]})
    question, log = cells("1.0", "2.0", "3.0"), Log()

    def interrupt(_outcome: Outcome) -> None:
        while provider.ran.count("2.0") == 0:
            time.sleep(0.01)
        raise error

    begin = time.monotonic()
    with pytest.raises(type(error)):
        driven(settings, provider, question.strategy, log, watch=Watch(when=interrupt))
    assert time.monotonic() - begin < 30
    assert [o.cell.version for o in log.new] == ["1.0"]
    assert provider.environments() == []


def test_a_run_that_ends_while_the_campaign_does_is_kept(settings: Settings) -> None:
    """Except for failures of the environment: the end may have caused them."""
    provider = Versions({"1.0": [SICK], "2.0": [SICK], "3.0": [GONE]})
    question, log = cells("1.0", "2.0", "3.0"), Log()

    def interrupt(_outcome: Outcome) -> None:
        end = time.monotonic() + 20
        while engine.room < engine.slots and time.monotonic() < end:
            time.sleep(0.01)
        raise KeyboardInterrupt

    with local(settings, provider, jobs=3) as engine, pytest.raises(KeyboardInterrupt):
        Drive(question.strategy, engine, log, planning(), Watch(when=interrupt)).run()
    assert {o.cell.version: o.counted for o in log.new} == {"1.0": True, "2.0": True, "3.0": False}


def test_a_record_in_trouble_ends_the_campaign_in_order(settings: Settings) -> None:
    class Full(Log):
        def outcome(self, outcome: Outcome) -> None:
            if self.new:
                raise DiskFullError("no room")
            super().outcome(outcome)

    provider, log = Versions({v: [SICK] for v in ("1.0", "2.0", "3.0")}), Full()
    with pytest.raises(DiskFullError):
        driven(settings, provider, cells("1.0", "2.0", "3.0").strategy, log)
    assert len(log.new) == 1
    assert provider.environments() == []


def test_a_defect_in_one_run_keeps_the_others(settings: Settings) -> None:
    begun = threading.Event()

    class Defective(Versions):
        def _act(self, call: Any) -> int:
            if call.command.env["REPRO_VERSION"] == "1.0":
                begun.wait(20)
                raise ZeroDivisionError
            status = super()._act(call)
            begun.set()
            return status

    log = Log()
    with pytest.raises(ZeroDivisionError):
        driven(settings, Defective({"2.0": [SICK]}), cells("1.0", "2.0").strategy, log)
    assert {o.cell.version for o in log.new} <= {"2.0"}
    assert all(o.verdict == "reproduced" for o in log.new)


def test_what_no_machine_can_carry_out_is_an_outcome_of_that_cell(settings: Settings) -> None:
    case = a_loaded(
        steps=[{"fault": "kill", "on": "node"}], symptom=[{"node": "node", "state": "exited"}]
    )
    log = Log()
    driven(settings, Versions({}), cells("1.0").strategy, log, planner=planning(case))
    (told,) = log.new
    assert (told.verdict, told.trouble, told.run) == ("environment-failed", "UnsupportedError", "")
    assert "fault:kill" in told.reason
    again = Log((told,))
    driven(settings, Versions({}), cells("1.0").strategy, again, planner=planning(case))
    assert [each.key for each in again.new] == [f"{told.cell}#2"]


class Soon(Together):
    """Names cells that may come, again and again."""

    def soon(self) -> Sequence[Cell]:
        return [a_cell("8.0"), a_cell("9.0")]


def test_images_are_made_ahead_once_a_cell_and_trouble_is_left_for_later(
    settings: Settings,
) -> None:
    question, planned, asked = cells("1.0", "2.0", "3.0"), planning(), list[str]()

    def planner(cell: Cell, key: str) -> Job:
        if cell.version == "9.0":
            asked.append("9.0")
            raise ServiceError("no answer")
        return planned(cell, key)

    provider = Versions({v: [SICK] for v in ("1.0", "2.0", "3.0")})
    with local(settings, provider, jobs=5) as engine:

        def prepare(plan: Plan) -> None:
            asked.append(str(plan.cell.version))

        engine.prepare = prepare  # type: ignore[method-assign]
        Drive(Soon(question.cells), engine, Log(), planner, Watch()).run()
    assert sorted(asked) == ["8.0", "9.0"]


# -- going on ------------------------------------------------------------------------------

SHOWS: dict[str, list[Reply | BaseException]] = {
    "1.0": [SICK], "2.0": [WELL], "3.0": [GONE], "4.0": [ODD],
}  # fmt: skip
RUNS = 2


def asked_for() -> GridQuestion:
    return cells(*SHOWS, runs=RUNS)


def told(question: GridQuestion) -> list[Any]:
    changing = {"runs": (), "seconds": 0.0}
    return [each.model_copy(update=changing) for each in question.cell_answers()]


@pytest.fixture(scope="module")
def whole() -> Any:
    """A campaign that came to its end: its folder, and its answer."""
    with tempfile.TemporaryDirectory() as name:
        settings = Settings(home=Path(name), cache=Path(name))
        question = asked_for()
        with open_campaign(settings, "matrix", "x", {}, {}) as log:
            driven(settings, Versions(SHOWS), question.strategy, log, jobs=4)
        yield log.folder, told(question)


@checked(max_examples=15, deadline=None)
@given(share=st.floats(0, 1))
def test_going_on_from_whatever_was_kept_comes_to_the_same_answer(
    whole: tuple[Path, list[Any]], share: float
) -> None:
    folder, answer = whole
    kept = (folder / "cells.jsonl").read_bytes()
    cut = kept[: round(share * len(kept))]
    with tempfile.TemporaryDirectory() as name:
        settings = Settings(home=Path(name), cache=Path(name))
        copy = shutil.copytree(folder, settings.campaigns / folder.name)
        (copy / "cells.jsonl").write_bytes(cut)
        provider, question = Versions(SHOWS), asked_for()
        with reopen_campaign(settings, copy) as log:
            before = log.outcomes
            _, watch = driven(settings, provider, question.strategy, log, jobs=4)
        record = read_campaign(copy)
    assert len(before) == cut.count(b"\n")
    assert told(question) == answer
    keys = [each.key for each in record.outcomes]
    assert len(keys) == len(set(keys)) == len(before) + len(watch.begun)
    assert not {each.key for each in before} & set(watch.begun)
    assert sum(recorded for _, recorded in watch.ended) == sum(each.counted for each in before)


def test_a_campaign_that_ended_out_of_order_takes_no_key_twice(settings: Settings) -> None:
    cell = a_cell()
    question, log = cells("1.0", runs=3), Log([an_outcome(cell, "reproduced", 3)])
    _, watch = driven(settings, Versions({"1.0": [SICK]}), question.strategy, log)
    assert watch.begun == [f"{cell}#4", f"{cell}#5"]
    assert len(question.cell_answers()[0].runs) == 3


def test_going_on_with_all_of_it_runs_nothing(settings: Settings) -> None:
    question = cells("1.0", "2.0")
    log = Log([an_outcome(a_cell("1.0")), an_outcome(a_cell("2.0"), "not-reproduced")])
    provider = Versions({})
    done, watch = driven(settings, provider, question.strategy, log)
    assert (done, watch.begun, log.new, provider.ran) == (True, [], [], [])
    assert [recorded for _, recorded in watch.ended] == [True, True]


def test_a_plan_goes_to_the_cell_that_was_asked_for() -> None:
    case = a_loaded(workarounds=[{"name": "calm", "env": {"CALM": "1"}}])
    jobs: Planning = planning(case)
    base = jobs.plan(case, NO_OVERRIDES).cell
    assert base == a_cell()
    for change in (
        {}, {"os": "debian-13"}, {"version": "2.0"}, {"topology": "client-server"},
        {"workaround": "calm"},
    ):  # fmt: skip
        cell = base.model_copy(update=change)
        assert jobs(cell, "k").plan.cell == cell
    assert jobs(base.model_copy(update={"workaround": "calm"}), "k").plan.nodes[0].env["CALM"]


def test_prepare_error_is_lasting_for_the_drive_too(settings: Settings) -> None:
    question, log = cells("1.0"), Log()
    provider = Versions({"1.0": [PrepareError("no matching distribution")]})
    driven(settings, provider, question.strategy, log)
    assert [o.counted for o in log.new] == [True]
