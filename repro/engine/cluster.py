"""Cells on many machines, through a Dask scheduler (docs/cluster.md).

A cell's evidence comes back as a parcel and is in this record before its future is done, so a
worker that dies afterwards takes nothing with it.  What a worker had not handed over when it died
is run again elsewhere, by the scheduler; of several answers for a cell there is only ever one.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from repro.engine import parcel, placement, wire
from repro.engine.workers import Workers, gone
from repro.errors import (
    EnvironmentTrouble,
    InterruptedRunError,
    ReproError,
    ServiceError,
)
from repro.model.campaign import Job
from repro.model.plan import Plan
from repro.model.record import RunSummary
from repro.record import arrival
from repro.settings import Settings

if TYPE_CHECKING:
    from distributed import Client
    from distributed import Future as Remote

#: First parts of the keys of Dask tasks; the first one keeps the average time of a cell.
_RUN = "repro-run"
_PREPARE = "repro-prepare"
#: Parcels that are unpacked at a time.
_UNPACKERS = 4
#: Seconds between two looks for cells that no worker can run any more.
_WATCH = 1.0


@dataclass
class _Sent:
    """A job that is under way."""

    job: Job
    key: tuple[str, ...]
    needs: Mapping[str, float]
    future: Future[RunSummary] = field(default_factory=Future)
    remote: Remote | None = None
    since: float = field(default_factory=time.monotonic)


def connect(
    address: str, settings: Settings, *, arrived: Callable[[Path], object] = lambda _run: None
) -> ClusterEngine:
    """The engine behind a scheduler's address; ``arrived`` is told of each run folder that came.

    Raises InputError, SettingsError and ServiceError saying what is wrong with the address, the
    certificates or the scheduler.
    """
    wire.split(address)
    wire.need_distributed()
    from distributed import Client

    security = wire.security(address, settings)
    wire.check(address, security)
    try:
        client = Client(
            address, security=security, timeout=wire.PATIENCE, set_as_default=False, name="repro"
        )
    except (OSError, ImportError) as error:
        raise gone(address, str(error)) from error
    return ClusterEngine(client, address, settings, arrived)


class ClusterEngine:
    """Implements ``repro.ports.CellEngine``."""

    def __init__(
        self,
        client: Client,
        address: str,
        settings: Settings,
        arrived: Callable[[Path], object] = lambda _run: None,
    ) -> None:
        self._client = client
        self._address = address
        self._settings = settings
        self._arrived = arrived
        # An earlier command's task of the same key may still be running somewhere.
        self._token = os.urandom(6).hex()
        self._changing = threading.Lock()
        self._sent: dict[tuple[str, ...], _Sent] = {}
        self._ahead: dict[str, Remote] = {}
        self._workers = Workers(client, address, settings.cluster.patience)
        self._stopped = threading.Event()
        self._closed = threading.Event()
        self._unpackers = ThreadPoolExecutor(_UNPACKERS, "unpack")
        self._watcher = threading.Thread(target=self._watch, name="cluster", daemon=True)
        arrival.clean(settings.runs)
        self._watcher.start()

    @property
    def name(self) -> str:
        """What it is, for the record."""
        return f"dask {self._address}"

    @property
    def room(self) -> int:
        """How many more cells the workers can take on.  Raises ServiceError without scheduler."""
        seen = self._workers.look()
        with self._changing:
            ours = dict(self._sent)
        done = {key for key, each in ours.items() if each.remote and each.remote.done()}
        busy = {
            worker: sum(not self._is_over(key, ours.keys() - done) for key in keys)
            for worker, keys in seen.tasks.items()
        }
        return placement.room(seen.offers, busy, len(ours.keys() - done - seen.held), len(ours))

    def refuse(self, plan: Plan) -> None:
        """Raises UnsupportedError, naming what is missing and which workers there are."""
        self._workers.refuse(plan)

    def submit(self, job: Job) -> Future[RunSummary]:
        """Send it to the scheduler, which sends it to a worker that fits."""
        from repro.engine.worker import run_job

        key = (_RUN, job.campaign, self._token, job.key)
        sent = _Sent(job, key, placement.needs(job.plan))
        sent.future.set_running_or_notify_cancel()
        with self._changing:
            self._sent[key] = sent
        if self._stopped.is_set():
            self._settle(sent, InterruptedRunError("the campaign was ended"))
            return sent.future
        try:
            sent.remote = self._client.submit(run_job, job, key=key, resources=sent.needs)
        except Exception as error:  # noqa: BLE001 - whatever Dask raises, the job was not sent
            self._settle(sent, gone(self._address, str(error)))
        else:
            sent.remote.add_done_callback(lambda _done: self._collect_later(sent))
        return sent.future

    def prepare(self, plan: Plan) -> None:
        """Make its images on one fitting worker that has nothing to do, if there is one."""
        from repro.engine.worker import prepare_plan

        wanted = placement.needs(plan)
        try:
            idle = self._workers.look().idle(wanted)
        except ServiceError:
            return
        worker = next((each for each in idle if each not in self._ahead), None)
        if worker is None:
            return
        with contextlib.suppress(Exception):
            self._ahead[worker] = remote = self._client.submit(
                prepare_plan,
                plan,
                key=(_PREPARE, os.urandom(6).hex()),
                resources=wanted,
                workers=[worker],
                priority=-1,
            )
            remote.add_done_callback(lambda _done: self._ahead.pop(worker, None))

    def stop(self) -> None:
        """Cancel all: workers end the cells of it that they run, and keep nothing of them."""
        self._stopped.set()
        with self._changing:
            sent = list(self._sent.values())
        remotes = [each.remote for each in sent if each.remote is not None]
        for each in sent:
            self._settle(each, InterruptedRunError("the campaign was ended"))
        with contextlib.suppress(Exception):
            self._client.cancel([*remotes, *self._ahead.values()])

    def close(self) -> None:
        """Leave the scheduler; what was not over by then is ended."""
        self._closed.set()
        self._watcher.join()
        if self._sent:
            self.stop()
        self._unpackers.shutdown()
        self._ahead.clear()
        self._client.close()

    # -- answers -------------------------------------------------------------------------

    def _collect_later(self, sent: _Sent) -> None:
        with contextlib.suppress(RuntimeError):  # closed meanwhile
            self._unpackers.submit(self._collect, sent)

    def _collect(self, sent: _Sent) -> None:
        if sent.future.done() or sent.remote is None:
            return
        try:
            summary, folder = parcel.unpack(sent.remote.result(), self._settings.runs)
        except BaseException as error:  # noqa: BLE001 - it is the future's, not this thread's
            self._settle(sent, self._explained(error))
            return
        with contextlib.suppress(ReproError):  # what could not be told now is told later
            self._arrived(folder)
        self._settle(sent, summary)

    def _settle(self, sent: _Sent, answer: RunSummary | ReproError) -> None:
        """The first answer counts; there is no second one."""
        with self._changing:
            if self._sent.pop(sent.key, None) is None:
                return
        if isinstance(answer, ReproError):
            sent.future.set_exception(answer)
        else:
            sent.future.set_result(answer)

    def _explained(self, error: BaseException) -> ReproError:
        """What ended a task, as an error of ours."""
        from distributed import CancelledError
        from distributed.scheduler import KilledWorker

        if isinstance(error, ReproError):
            return error
        if isinstance(error, KilledWorker):
            return EnvironmentTrouble(
                f"{error.allowed_failures + 1} workers died while they ran this cell",
                cause="the cell needs more memory than they have, or brings their machine down",
                action="look at those workers; bound the cell's nodes with `limits` in its case",
            )
        if isinstance(error, CancelledError | OSError):
            return gone(self._address)
        return ReproError(
            f"a worker failed: {type(error).__name__}: {error}",
            cause="workers, scheduler and this repro are not of the same version, or a defect",
            action="install the same version everywhere, the scheduler included",
        )

    def _watch(self) -> None:
        """Give up jobs that no worker can run any more."""
        while not self._closed.wait(_WATCH):
            with self._changing:
                waiting = list(self._sent.values())
            for sent in waiting:
                try:
                    error = self._workers.lost(sent.job.plan, sent.since)
                except ServiceError:
                    break  # Dask cancels them all by itself
                if error is not None:
                    self._give_up(sent, error)

    def _give_up(self, sent: _Sent, error: ReproError) -> None:
        self._settle(sent, EnvironmentTrouble(error.what, cause=error.cause, action=error.action))
        with contextlib.suppress(Exception):
            self._client.cancel([sent.remote])

    def _is_over(self, key: Any, going_on: Collection[Any]) -> bool:
        """Whether a task that a worker had a moment ago was one of ours, and is over by now."""
        return isinstance(key, tuple) and self._token in key and key not in going_on
