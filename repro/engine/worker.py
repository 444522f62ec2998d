"""A Dask worker that runs cells; imported by workers, and by who submits to them.

Without a nanny: a process that is started again by a supervisor of Dask's would begin without the
check of the container engine, and signals would have to pass through two processes.  A service
manager does it better (docs/cluster.md).
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from distributed import Reschedule, Worker, get_worker
from distributed.diagnostics.plugin import WorkerPlugin

from repro.engine import wire
from repro.engine.bench import Bench, EngineGoneError, own_folder
from repro.engine.parcel import Parcel
from repro.errors import InterruptedRunError, ReproError, ServiceError
from repro.model.campaign import Job
from repro.model.plan import Plan
from repro.settings import Settings
from repro.stages import Tools

_PLUGIN = "repro"
#: Seconds between two looks at the container engine.
_TEND = 60.0
#: Seconds that a worker gets to end in order.
_ENDING = 60.0
#: Before a cell is given back by a worker that ends: the scheduler is told of that meanwhile.
_GIVE_BACK = 0.2


def run_job(job: Job) -> Parcel:
    """On a worker: one run of a cell, with all that it left behind.

    Raises ReproError for what is no verdict.
    """
    worker = get_worker()
    runner: Runner = worker.plugins[_PLUGIN]
    return runner.run(worker.get_current_task(), job)


def prepare_plan(plan: Plan) -> None:
    """On a worker: make a plan's prepared images."""
    worker = get_worker()
    runner: Runner = worker.plugins[_PLUGIN]
    runner.prepare(worker.get_current_task(), plan)


class Runner(WorkerPlugin):  # type: ignore[misc]
    """What a worker runs cells by.  A cell that nobody waits for any more is ended."""

    name = _PLUGIN

    def __init__(self, bench: Bench) -> None:
        self.ended = asyncio.Event()
        self.trouble: ReproError | None = None
        self._bench = bench
        self._loop = asyncio.get_running_loop()
        self._ending = False
        self._cancels: dict[Any, threading.Event] = {}

    def run(self, key: Any, job: Job) -> Parcel:
        """Raises Reschedule when it is to be run elsewhere."""
        with self._cancelled(key) as cancel:
            try:
                return self._bench.run(job, cancel)
            except InterruptedRunError:
                pass
            except EngineGoneError as error:
                self.give_up(error)
        time.sleep(_GIVE_BACK)
        raise Reschedule

    def prepare(self, key: Any, plan: Plan) -> None:
        """Make its prepared images."""
        with self._cancelled(key) as cancel:
            self._bench.prepare(plan, cancel)

    def give_up(self, trouble: ReproError | None = None) -> None:
        """End this worker: its cells run elsewhere.  From any thread."""
        self.trouble = self.trouble or trouble
        self._loop.call_soon_threadsafe(self.ended.set)

    def interrupt(self) -> None:
        """End the cells that run, and all that still come."""
        self._ending = True
        for cancel in tuple(self._cancels.values()):
            cancel.set()
        self._bench.wake()

    async def tend(self) -> None:
        """Look after the container engine until it is gone."""
        while True:
            await asyncio.sleep(_TEND)
            try:
                await asyncio.to_thread(self._bench.tend)
            except EngineGoneError as error:
                self.give_up(error)
                return

    def transition(self, key: Any, start: str, finish: str, **_more: Any) -> None:
        """Called by Dask; released while it runs: its campaign was stopped, or killed."""
        cancel = self._cancels.get(key)
        if cancel is not None and start == "executing" and finish == "released":
            cancel.set()
            self._bench.wake()

    def teardown(self, worker: Worker) -> None:  # noqa: ARG002
        """Called by Dask when the worker closes, for whatever reason."""
        self.interrupt()

    @contextlib.contextmanager
    def _cancelled(self, key: Any) -> Any:
        cancel = self._cancels.setdefault(key, threading.Event())
        if self._ending:
            cancel.set()
        try:
            yield cancel
        finally:
            self._cancels.pop(key, None)


@dataclass(frozen=True)
class Place:
    """Which scheduler a worker serves, under which name; ``host`` is where it listens."""

    scheduler: str
    name: str
    host: str
    slots: int
    resources: Mapping[str, float]


def serve(settings: Settings, tools: Tools, place: Place, say: Callable[[str], None]) -> None:
    """Run cells for a scheduler until SIGTERM or SIGINT: what runs then is run elsewhere.

    Raises ServiceError when the scheduler is not there, or goes away, and EngineGoneError when the
    container engine does.
    """
    security = wire.security(place.scheduler, settings)
    wire.check(place.scheduler, security, "worker")
    with own_folder(settings) as folder:
        bench = Bench(settings, tools, folder, place.name)
        try:
            asyncio.run(_serve(bench, place, security, folder, say))
        finally:
            bench.close()


async def _serve(
    bench: Bench, place: Place, security: Any, folder: Path, say: Callable[[str], None]
) -> None:
    runner = Runner(bench)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, runner.ended.set)
    worker = Worker(
        place.scheduler,
        nthreads=place.slots,
        name=place.name,
        resources=dict(place.resources),
        host=place.host,
        protocol=wire.split(place.scheduler)[0],
        security=security,
        plugins=(runner,),
        # Results stay in memory: a run's evidence is bounded, and leaves at once.
        memory_limit=0,
        local_directory=str(folder),
        death_timeout=wire.PATIENCE,
    )
    try:
        await worker
    except (TimeoutError, OSError, RuntimeError, ValueError) as error:
        raise ServiceError(
            f"the scheduler at {place.scheduler} does not take this worker",
            cause=str(error.__cause__ or error),
            action="if a worker of this name is there already, choose another with --name",
        ) from error
    say(f"ready at {worker.address}")
    await _until_over(worker, runner, place)
    if runner.trouble is not None:
        raise runner.trouble


async def _until_over(worker: Worker, runner: Runner, place: Place) -> None:
    finished = asyncio.create_task(worker.finished())
    asked = asyncio.create_task(runner.ended.wait())
    tending = asyncio.create_task(runner.tend())
    await asyncio.wait({finished, asked}, return_when=asyncio.FIRST_COMPLETED)
    tending.cancel()
    if not runner.ended.is_set():
        asked.cancel()
        raise ServiceError(
            f"the scheduler at {place.scheduler} went away",
            cause="it was ended, or the network between it and this worker is broken",
            action="start this worker again once it is back",
        )
    # First the scheduler is told, so that no cell that is given back comes here again.
    closing = asyncio.create_task(worker.close_gracefully(reason="asked to end"))
    await asyncio.sleep(_GIVE_BACK)
    runner.interrupt()
    await asyncio.wait({closing}, timeout=_ENDING)
