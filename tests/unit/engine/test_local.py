from __future__ import annotations

import dataclasses
import threading
import time
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from repro.engine.local import LocalEngine
from repro.errors import EngineError, InterruptedRunError, UnsupportedError
from repro.model.campaign import Job
from repro.model.record import Event, RunSummary
from repro.ports import Environment
from repro.provider.memory import Reply
from repro.record import read_run
from repro.settings import Settings
from tests.campaigns import SICK, WELL, Versions, a_cell, a_loaded, local, planning
from tests.support import InstantPreparer, tools

SLOW = Reply(exit=1, seconds=60)


def jobs(count: int, version: str = "1.0", memory: int = 1 << 24, **keys: Any) -> list[Job]:
    planner = planning(a_loaded(**keys), memory=memory)
    return [planner(a_cell(version), f"cell#{number}") for number in range(count)]


def wait_until(true: Any) -> None:
    end = time.monotonic() + 30
    while not true() and time.monotonic() < end:
        time.sleep(0.01)
    assert true()


def folders(settings: Settings) -> list[Path]:
    return [path for path in settings.runs.iterdir() if not path.name.startswith(".")]


def test_never_more_cells_at_a_time_than_asked_for(settings: Settings) -> None:
    provider = Versions({"1.0": [Reply(exit=1, seconds=0.05)]})
    with local(settings, provider, jobs=3) as engine:
        assert engine.room == 3
        futures = [engine.submit(job) for job in jobs(9)]
        assert engine.room <= 0
        assert {future.result(60).verdict.verdict for future in futures} == {"reproduced"}
        wait_until(lambda: engine.room == 3)  # who waits for a future may go on before it is noted
    assert 1 < provider.most <= 3
    assert len(folders(settings)) == 9


def test_cells_that_do_not_fit_together_run_one_after_the_other(settings: Settings) -> None:
    """The engine says 4 GiB; what this machine has free may be less."""
    provider = Versions({"1.0": [Reply(exit=1, seconds=0.05)]})
    large = jobs(4, memory=1 << 36)
    with local(settings, provider, jobs=4) as engine:
        for future in [engine.submit(job) for job in large]:
            assert future.result(60).verdict.verdict == "reproduced"
    assert provider.most == 1


def test_a_run_knows_its_campaign_and_is_recorded_before_it_is_told(settings: Settings) -> None:
    heard: list[tuple[str, Event]] = []
    provider = Versions({"1.0": [SICK]})
    engine = LocalEngine(
        settings, tools(provider), jobs=1, listen=lambda key, event: heard.append((key, event))
    )
    job = jobs(1)[0].model_copy(update={"campaign": "night"})
    summary = engine.submit(job).result(30)
    record = read_run(settings.runs / summary.run)
    engine.close()
    assert record.finished
    assert (record.header.campaign, summary.campaign) == ("night", "night")
    assert {key for key, _ in heard} == {"cell#0"}
    assert [e.stage for _, e in heard if e.what == "begin"][:2] == ["prepare", "start"]


def test_stop_ends_what_runs_and_what_waits_in_order(settings: Settings) -> None:
    provider = Versions({"1.0": [SLOW]})
    begin = time.monotonic()
    with local(settings, provider, jobs=2) as engine:
        futures = [engine.submit(job) for job in jobs(5)]
        wait_until(lambda: len(provider.ran) == 2)
        engine.stop()
        for future in futures:
            assert isinstance(future.exception(30), InterruptedRunError)
    assert time.monotonic() - begin < 40
    runs = [read_run(folder) for folder in folders(settings)]
    assert len(runs) == 2
    for run in runs:
        assert run.finished
        assert run.summary is not None
        assert run.summary.interrupted
        assert run.summary.verdict.verdict == "environment-failed"


def test_stop_reaches_a_cell_that_waits_for_memory(settings: Settings) -> None:
    provider = Versions({"1.0": [SLOW]})
    large = jobs(2, memory=1 << 36)
    with local(settings, provider, jobs=2) as engine:
        futures = [engine.submit(job) for job in large]
        wait_until(lambda: provider.ran)
        engine.stop()
        assert all(isinstance(each.exception(30), InterruptedRunError) for each in futures)
    assert len(provider.ran) == 1


def test_environments_are_removed_behind_the_verdict(settings: Settings) -> None:
    """A verdict does not wait for it; ``close`` does."""
    removing, go_on = threading.Event(), threading.Event()

    class Slow(Versions):
        def release(self, environment: str) -> None:
            removing.set()
            go_on.wait(30)
            super().release(environment)

    provider = Slow({"1.0": [SICK]})
    with local(settings, provider, jobs=1) as engine:
        assert engine.submit(jobs(1)[0]).result(30).verdict.verdict == "reproduced"
        assert removing.wait(30)
        assert len(provider.environments()) == 1
        go_on.set()


def test_an_environment_that_cannot_be_removed_ends_nothing(settings: Settings) -> None:
    provider = Versions({"1.0": [SICK]})
    provider.fail("release", EngineError("busy"))
    engine = LocalEngine(settings, tools(provider), jobs=1)
    results = [engine.submit(job).result(30) for job in jobs(2)]
    engine.close()
    assert [each.verdict.verdict for each in results] == ["reproduced"] * 2
    assert len(provider.environments()) == 1  # its label is found by the next sweep


def test_kept_environments_stay(settings: Settings) -> None:
    provider = Versions({"1.0": [SICK], "2.0": [WELL]})
    engine = LocalEngine(settings, tools(provider, keep="on-reproduced"), jobs=2)
    kept = engine.submit(jobs(1)[0]).result(30)
    engine.submit(jobs(1, "2.0")[0]).result(30)
    engine.close()
    assert [each.id for each in provider.environments()] == [kept.environment]


def test_what_a_machine_cannot_do_is_refused(settings: Settings) -> None:
    plan = jobs(
        1, steps=[{"fault": "kill", "on": "node"}], symptom=[{"node": "node", "state": "exited"}]
    )[0].plan
    with local(settings, Versions({})) as engine, pytest.raises(UnsupportedError):
        engine.refuse(plan)


class Patient(InstantPreparer):
    """Makes an image until it is told to end."""

    begun = threading.Event()
    closed = False

    def prepare(self, *given: Any, cancel: threading.Event | None, **more: Any) -> Any:
        assert cancel is not None
        self.begun.set()
        if not cancel.wait(60):
            raise AssertionError("nobody ended it")
        raise InterruptedRunError("ended")

    def close(self) -> None:
        self.closed = True


def test_nobody_waits_for_an_image_that_is_not_wanted_any_more(settings: Settings) -> None:
    provider = Versions({})
    preparer = Patient(provider)
    engine = LocalEngine(settings, dataclasses.replace(tools(provider), preparer=preparer), jobs=1)
    engine.prepare(jobs(1)[0].plan)
    assert preparer.begun.wait(30)
    begin = time.monotonic()
    engine.close()
    assert time.monotonic() - begin < 30
    assert preparer.closed


def test_a_defect_is_the_futures_and_leaves_nothing(settings: Settings) -> None:
    provider = Versions({"1.0": [ZeroDivisionError()]})
    with local(settings, provider) as engine:
        future: Future[RunSummary] = engine.submit(jobs(1)[0])
        assert isinstance(future.exception(30), ZeroDivisionError)
        wait_until(lambda: engine.room == engine.slots)


def test_close_waits_until_all_environments_are_gone(settings: Settings) -> None:
    provider = Versions({"1.0": [SICK]})
    released: list[str] = []

    class Noting:
        def __init__(self, environment: Environment) -> None:
            self.environment = environment

        def release(self) -> None:
            time.sleep(0.05)
            released.append(self.environment.id)
            self.environment.release()

    with local(settings, provider, jobs=4) as engine:
        dispose = engine._tools.dispose
        engine._tools = dataclasses.replace(
            engine._tools,
            dispose=lambda each: dispose(Noting(each)),  # type: ignore[arg-type]
        )
        for job in jobs(6):
            engine.submit(job)
    assert len(released) == 6
