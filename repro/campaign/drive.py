"""The loop of a campaign: what the strategy wants is run, and it is told what that showed.

What an earlier command recorded is told again instead of being run, so a campaign that was ended,
however suddenly, is gone on with by running the same loop on its folder.
"""

from __future__ import annotations

import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Protocol

from repro.campaign.replace import replacements
from repro.campaign.strategy import Strategy
from repro.errors import (
    EnvironmentTrouble,
    InputError,
    InterruptedRunError,
    ReproError,
    ServiceError,
)
from repro.model.campaign import Job, Outcome
from repro.model.plan import Cell
from repro.model.record import RunSummary
from repro.ports import CellEngine

#: Seconds that running cells get to end in order once the campaign is to stop.
_GRACE = 60.0


class Log(Protocol):
    """What a campaign needs of its record."""

    @property
    def outcomes(self) -> Iterable[Outcome]:
        """What was recorded before."""

    def outcome(self, outcome: Outcome) -> None:
        """Keep what a run showed."""


class Watcher(Protocol):
    """Is told what happens, one call at a time."""

    def begin(self, job: Job) -> None:
        """A run begins."""

    def end(self, outcome: Outcome, *, recorded: bool) -> None:
        """A run ended; ``recorded``: an earlier command did that."""


#: Makes the job for a run of a cell, by its key.  Raises InputError, ServiceError.
Planner = Callable[[Cell, str], Job]


@dataclass
class Drive:
    """One campaign on one engine.

    ``until`` is the moment (``time.monotonic``) after which nothing more is started.
    """

    strategy: Strategy
    engine: CellEngine
    log: Log
    planner: Planner
    watcher: Watcher
    until: float | None = None
    _ended: SimpleQueue[tuple[Job, Future[RunSummary]]] = field(default_factory=SimpleQueue)
    _running: dict[str, Job] = field(default_factory=dict)
    _recorded: dict[Cell, deque[Outcome]] = field(default_factory=lambda: defaultdict(deque))
    _attempts: dict[Cell, int] = field(default_factory=lambda: defaultdict(int))
    _replaced: dict[Cell, int] = field(default_factory=lambda: defaultdict(int))
    _prepared: set[Cell] = field(default_factory=set)

    def run(self) -> bool:
        """Go on until nothing more is wanted, or time is up: then False.

        Raises InterruptedRunError when the user ended it, UnsupportedError for a plan that the
        engine could never carry out, ServiceError when the engine is gone; what was running by
        then has come to its end.
        """
        for outcome in self.log.outcomes:
            self._attempts[outcome.cell] += 1
            if outcome.counted:
                self._recorded[outcome.cell].append(outcome)
        try:
            while self._start_wanted() or self._running:
                self._take(*self._ended.get())
        except BaseException:
            self._stop()
            raise
        return self.strategy.done

    @property
    def _is_late(self) -> bool:
        return self.until is not None and time.monotonic() >= self.until

    # -- starting ------------------------------------------------------------------------

    def _start_wanted(self) -> bool:
        """Start what there is room for; whether anything runs then."""
        while not self._is_late and not self.strategy.done:
            cells = self.strategy.wanted(max(self.engine.room, 0 if self._running else 1))
            if not cells:
                break
            for cell in cells:
                self._start(cell)
        self._prepare_ahead()
        return bool(self._running)

    def _start(self, cell: Cell) -> None:
        if self._recorded[cell]:
            outcome = self._recorded[cell].popleft()
            self.strategy.tell(outcome)
            self.watcher.end(outcome, recorded=True)
            return
        self._attempts[cell] += 1
        key = f"{cell}#{self._attempts[cell]}"
        try:
            job = self.planner(cell, key)
        except ReproError as error:
            self._tell(_unplanned(cell, key, error))
            return
        self.engine.refuse(job.plan)
        self._running[key] = job
        self.watcher.begin(job)
        future = self.engine.submit(job)
        future.add_done_callback(lambda ended: self._ended.put((job, ended)))

    def _prepare_ahead(self) -> None:
        """The images of what may come next, where the engine has nothing better to do."""
        if self._is_late or self.strategy.done or self.engine.room <= 0:
            return
        for cell in self.strategy.soon():
            if cell not in self._prepared:
                self._prepared.add(cell)
                try:
                    self.engine.prepare(self.planner(cell, "").plan)
                except (InputError, EnvironmentTrouble):
                    continue  # it comes again, and is told, when the cell is run

    # -- ending --------------------------------------------------------------------------

    def _take(self, job: Job, future: Future[RunSummary]) -> None:
        outcome = self._outcome(job, future)
        allowed = replacements(outcome)
        if self._replaced[outcome.cell] < allowed and not self._is_late:
            self._replaced[outcome.cell] += 1
            outcome = outcome.model_copy(update={"counted": False})
            self.log.outcome(outcome)
            self.watcher.end(outcome, recorded=False)
            self._start(outcome.cell)
        else:
            self._replaced[outcome.cell] = 0
            self._tell(outcome)

    def _outcome(self, job: Job, future: Future[RunSummary]) -> Outcome:
        """Raises InterruptedRunError for a run that was ended, ServiceError without an engine."""
        self._running.pop(job.key, None)
        try:
            return outcome_of(job.key, future.result())
        except (InterruptedRunError, ServiceError):
            raise
        except ReproError as error:
            return _unplanned(job.plan.cell, job.key, error, stage="run")

    def _tell(self, outcome: Outcome) -> None:
        self.log.outcome(outcome)
        self.strategy.tell(outcome)
        self.watcher.end(outcome, recorded=False)

    def _stop(self) -> None:
        """End what runs; whatever had come to its end by then is kept."""
        self.engine.stop()
        end = time.monotonic() + _GRACE
        while self._running and (left := end - time.monotonic()) > 0:
            try:
                job, future = self._ended.get(timeout=left)
                self.log.outcome(self._outcome(job, future))
            except (InterruptedRunError, ServiceError):
                continue
            except Exception:  # noqa: BLE001 - the first trouble is the one that is told
                return


def outcome_of(key: str, summary: RunSummary) -> Outcome:
    """What the campaign keeps of a run."""
    return Outcome(
        key=key,
        cell=summary.cell,
        run=summary.run,
        verdict=summary.verdict.verdict,
        reason=summary.verdict.reason,
        started=summary.started,
        seconds=summary.seconds,
        stage=summary.stage,
        trouble=summary.trouble,
        action=summary.action,
        version_seen=summary.version_seen,
    )


def _unplanned(cell: Cell, key: str, error: ReproError, stage: str = "plan") -> Outcome:
    return Outcome(
        key=key,
        cell=cell,
        run="",
        verdict="environment-failed",
        reason=error.what,
        stage=stage,
        trouble=type(error).__name__,
        action=error.action,
    )
