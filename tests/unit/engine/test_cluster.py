"""A scheduler and workers of Dask in this process; nodes exist in memory only."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from repro.engine import cluster, placement, wire
from repro.engine.bench import Bench, own_folder
from repro.errors import (
    EngineError,
    EnvironmentTrouble,
    InputError,
    InterruptedRunError,
    ReproError,
    ServiceError,
    SettingsError,
    UnsupportedError,
)
from repro.model.campaign import Job
from repro.model.plan import Plan
from repro.ports import CellEngine, EnvironmentInfo
from repro.provider.memory import MemoryProvider, Reply
from repro.record import read_run, verify
from repro.settings import Cluster, Settings
from tests.support import a_case, planned, tools


class Machine:
    """What a worker stands on."""

    def __init__(self, home: Path, provider: MemoryProvider | None = None) -> None:
        self.provider = provider or MemoryProvider()
        self.provider.answer("client", Reply(exit=1))
        settings = Settings(home=home, cache=home)
        home.mkdir()
        self.bench = Bench(settings, tools(self.provider), home, home.name)


class BrokenProvider(MemoryProvider):
    """An engine that dies once it was asked for a node."""

    def start(self, *_asked: Any) -> Any:
        raise EngineError("the engine is gone")

    def environments(self) -> list[EnvironmentInfo]:
        raise EngineError("the engine is gone")


class Dask:
    """A cluster whose workers come and go."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever)
        self._thread.start()
        self.workers: dict[str, Any] = {}
        self.runners: dict[str, Any] = {}
        self.scheduler: Any = self._do(self._scheduler())

    def _do(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(60)

    async def _scheduler(self) -> Any:
        from distributed import Scheduler

        return await Scheduler(host="127.0.0.1", port=0, dashboard_address="127.0.0.1:0")

    def add(self, name: str, machine: Machine, *oses: str) -> None:
        self._do(self._add(name, machine, oses))

    async def _add(self, name: str, machine: Machine, oses: tuple[str, ...]) -> None:
        from distributed import Worker

        from repro.engine.worker import Runner

        self.runners[name] = runner = Runner(machine.bench)
        self.workers[name] = await Worker(
            self.scheduler.address,
            host="127.0.0.1",
            name=name,
            nthreads=1,
            plugins=(runner,),
            resources=placement.offer(1, oses or ("debian-12",), ()),
            memory_limit=0,
        )

    def lose(self, name: str) -> None:
        """As if its machine had gone."""
        worker = self.workers.pop(name)
        self._do(self.scheduler.remove_worker(worker.address, stimulus_id="lost"))
        self._do(worker.close(timeout=5, executor_wait=False))

    def close(self) -> None:
        for worker in self.workers.values():
            self._do(worker.close(timeout=5, executor_wait=False))
        self._do(self.scheduler.close())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()


@pytest.fixture
def dask() -> Iterator[Dask]:
    wire.need_distributed()
    made = Dask()
    yield made
    made.close()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", cache=tmp_path, cluster=Cluster(patience=0.5))


@pytest.fixture
def engine(dask: Dask, settings: Settings) -> Iterator[CellEngine]:
    with contextlib.closing(cluster.connect(dask.scheduler.address, settings)) as made:
        yield made


def a_job(key: str = "a#1", os: str = "debian-12") -> Job:
    plan = planned(a_case(environment={"os": os}))
    return Job(key=key, campaign="c1", plan=plan, case_text=b"schema: 1\n")


def _until(true: Callable[[], object]) -> None:
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_evidence_comes_back(
    dask: Dask, engine: CellEngine, settings: Settings, tmp_path: Path
) -> None:
    dask.add("one", Machine(tmp_path / "one"))
    assert engine.name == f"dask {dask.scheduler.address}"
    jobs = [a_job(f"a#{number}") for number in range(4)]
    futures = [engine.submit(job) for job in jobs]
    assert not futures[0].cancel()
    runs = {future.result(60).run for future in futures}
    assert len(runs) == 4
    for run in runs:
        assert verify(settings.runs / run) == []
        record = read_run(settings.runs / run)
        assert record.header.campaign == "c1"
        assert "on worker one" in [event.text for event in record.events]
    assert list((tmp_path / "one" / "runs").iterdir()) == [tmp_path / "one" / "runs" / ".pending"]
    _until(lambda: engine.room == 2)


def test_arrivals_are_told_before_the_future_is_done(
    dask: Dask, settings: Settings, tmp_path: Path
) -> None:
    dask.add("one", Machine(tmp_path / "one"))
    told: list[str] = []

    def arrived(folder: Path) -> None:
        told.append(folder.name)
        raise ServiceError("the history is not there")

    connected = cluster.connect(dask.scheduler.address, settings, arrived=arrived)
    with contextlib.closing(connected) as engine:
        summary = engine.submit(a_job()).result(60)
    assert told == [summary.run]


def test_a_cell_goes_where_its_os_is(dask: Dask, engine: CellEngine, tmp_path: Path) -> None:
    dask.add("one", Machine(tmp_path / "one"))
    _until(lambda: engine.room)
    with pytest.raises(UnsupportedError, match="no worker has os:debian-13"):
        engine.refuse(a_job(os="debian-13").plan)
    dask.add("two", Machine(tmp_path / "two"), "debian-13")
    _until(lambda: engine.room == 4)
    engine.refuse(a_job(os="debian-13").plan)
    assert engine.submit(a_job(os="debian-13")).result(60).cell.os == "debian-13"


def test_no_worker_that_fits_comes_in_time(dask: Dask, engine: CellEngine) -> None:
    engine.refuse(a_job().plan)
    assert engine.room == 0
    with pytest.raises(EnvironmentTrouble, match=r"no worker has .*os:debian-12") as caught:
        engine.submit(a_job()).result(60)
    assert caught.value.cause == "there is no worker"


def test_a_lost_worker_s_cells_run_elsewhere(
    dask: Dask, engine: CellEngine, settings: Settings, tmp_path: Path
) -> None:
    lost, other = Machine(tmp_path / "lost"), Machine(tmp_path / "other")
    lost.provider.answer("client", Reply(exit=1, seconds=30))
    dask.add("lost", lost)
    future = engine.submit(a_job())
    _until(lost.provider.environments)
    dask.add("other", other)
    dask.lose("lost")
    run = future.result(60).run
    assert "on worker other" in [each.text for each in read_run(settings.runs / run).events]
    _until(lambda: not lost.provider.environments())


def test_a_cell_that_kills_its_workers_fails_alone(
    dask: Dask, engine: CellEngine, tmp_path: Path
) -> None:
    dask.scheduler.allowed_failures = 0
    lost = Machine(tmp_path / "lost")
    lost.provider.answer("client", Reply(exit=1, seconds=30))
    dask.add("lost", lost)
    future = engine.submit(a_job())
    _until(lost.provider.environments)
    dask.lose("lost")
    with pytest.raises(EnvironmentTrouble, match="1 workers died"):
        future.result(60)
    dask.add("other", Machine(tmp_path / "other"))
    assert engine.submit(a_job("b#1")).result(60).verdict.verdict == "reproduced"


def test_a_worker_without_its_engine_takes_no_cells(
    dask: Dask, engine: CellEngine, tmp_path: Path
) -> None:
    """It would fail all of them, and be the first to be free each time."""
    dask.add("broken", Machine(tmp_path / "broken", BrokenProvider()))
    future = engine.submit(a_job())
    _until(lambda: dask.runners["broken"].trouble)
    assert "the engine is gone" in str(dask.runners["broken"].trouble)
    dask.add("other", Machine(tmp_path / "other"))
    dask.lose("broken")  # as `repro worker` does then
    assert future.result(60).verdict.verdict == "reproduced"


def test_stopped(dask: Dask, engine: CellEngine, settings: Settings, tmp_path: Path) -> None:
    machine = Machine(tmp_path / "one")
    machine.provider.answer("client", Reply(exit=1, seconds=30))
    dask.add("one", machine)
    futures = [engine.submit(a_job(f"a#{number}")) for number in range(3)]
    _until(machine.provider.environments)
    engine.stop()
    for future in [*futures, engine.submit(a_job("late#1"))]:
        with pytest.raises(InterruptedRunError):
            future.result(60)
    _until(lambda: not machine.provider.environments())
    assert not [path for path in settings.runs.glob("*") if path.name[0] != "."]


def test_images_are_made_ahead_where_nothing_runs(
    dask: Dask, engine: CellEngine, tmp_path: Path
) -> None:
    made: list[str] = []
    machine = Machine(tmp_path / "one")

    def prepare(plan: Plan, cancel: threading.Event) -> None:
        made.append(plan.cell.case)

    machine.bench.prepare = prepare  # type: ignore[method-assign]
    engine.prepare(a_job().plan)
    dask.add("one", machine)
    _until(lambda: engine.room)
    engine.prepare(a_job().plan)
    _until(lambda: made == ["a-case"])
    engine.prepare(a_job(os="debian-13").plan)
    assert made == ["a-case"]


def test_a_scheduler_that_goes_away(dask: Dask, engine: CellEngine, tmp_path: Path) -> None:
    machine = Machine(tmp_path / "one")
    machine.provider.answer("client", Reply(exit=1, seconds=30))
    dask.add("one", machine)
    future = engine.submit(a_job())
    _until(machine.provider.environments)
    dask._do(dask.scheduler.close())
    with pytest.raises(ServiceError, match="went away"):
        future.result(60)


def test_what_comes_back_broken(
    dask: Dask, engine: CellEngine, settings: Settings, tmp_path: Path
) -> None:
    machine = Machine(tmp_path / "one")
    run = machine.bench.run
    machine.bench.run = lambda *_: "no parcel"  # type: ignore[method-assign,assignment]
    dask.add("one", machine)
    with pytest.raises(ReproError, match="a worker failed"):
        engine.submit(a_job()).result(60)
    machine.bench.run = run  # type: ignore[method-assign]
    engine.submit(a_job("b#1")).result(60)
    assert len([path for path in settings.runs.glob("*") if path.name[0] != "."]) == 1


def test_folders_of_killed_workers_go(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, cache=tmp_path)
    left = tmp_path / "worker" / "left"
    (left / "runs").mkdir(parents=True)
    with own_folder(settings) as first, own_folder(settings) as second:
        assert first != second
        assert first.is_dir()
        assert not left.exists()
    assert [path for path in (tmp_path / "worker").iterdir() if path.is_dir()] == []


@pytest.mark.parametrize(
    "address", ["127.0.0.1:8786", "http://a:1", "tcp://a", "tcp://a:b", "tcp://:1", "tcp://a:1/b"]
)
def test_an_address_that_is_none(address: str, settings: Settings) -> None:
    with pytest.raises(InputError, match="no address"):
        cluster.connect(address, settings)


def test_certificates_that_are_not_there(settings: Settings, tmp_path: Path) -> None:
    missing = Cluster(ca=tmp_path / "ca.pem", cert=tmp_path / "c.pem", key=tmp_path / "k.pem")
    with pytest.raises(SettingsError, match=r"cluster\.ca"):
        cluster.connect("tls://127.0.0.1:1", settings.model_copy(update={"cluster": missing}))
    with pytest.raises(SettingsError, match="none are set"):
        cluster.connect("tls://127.0.0.1:1", settings)


def test_versions_that_do_not_fit(dask: Dask, settings: Settings) -> None:
    import distributed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(distributed, "__version__", "1.2.3")
        with pytest.raises(ServiceError, match=r"does not fit: .*here are distributed 1\.2\.3"):
            cluster.connect(dask.scheduler.address, settings)


def test_only_loopback_is_out_of_reach() -> None:
    assert wire.is_loopback("tcp://127.0.0.1:1")
    assert wire.is_loopback("tcp://localhost:1")
    assert not wire.is_loopback("tls://192.0.2.1:1")
    assert wire.own_host("tcp://127.0.0.1:1") == "127.0.0.1"


def test_cells_wait_for_memory(tmp_path: Path) -> None:
    """Two that need all of it run one after the other; one that is ended does not wait."""
    machine = Machine(tmp_path / "one")
    machine.provider.answer("client", Reply(exit=1, seconds=0.3))
    limits = {"memory": machine.provider.engine().memory}
    plan = a_job().plan
    node = plan.nodes[0].model_copy(
        update={"limits": plan.nodes[0].limits.model_copy(update=limits)}
    )
    job = a_job().model_copy(update={"plan": plan.model_copy(update={"nodes": (node,)})})
    cancel = threading.Event()
    with ThreadPoolExecutor(3) as pool:
        began = time.monotonic()
        both = [pool.submit(machine.bench.run, job, threading.Event()) for _ in range(2)]
        assert {len(each.result(60).files) > 3 for each in both} == {True}
        assert time.monotonic() - began > 0.55
        cancel.set()
        with pytest.raises(InterruptedRunError):
            machine.bench.run(job, cancel)
