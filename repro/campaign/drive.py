"""The loop of a campaign: what the strategy wants is run, and it is told what that showed.

What an earlier command recorded is told again instead of being run, so a campaign that was ended,
however suddenly, is gone on with by running the same loop on its folder.
"""

from __future__ import annotations

import contextlib
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Protocol

from repro.campaign.replace import replacements
from repro.campaign.strategy import Strategy
from repro.errors import InterruptedRunError, ReproError, ServiceError
from repro.model.campaign import Job, Outcome
from repro.model.plan import Cell
from repro.model.record import RunSummary
from repro.ports import CellEngine

#: Seconds that running cells get to end in order once the campaign is to stop.
_GRACE = 60.0
#: Seconds after which the engine is asked again whether it has room: workers come and go.
_LOOK = 2.0


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

        Raises InterruptedRunError when the user ended it, ServiceError when the engine is gone;
        what was running by then has come to its end.
        """
        for outcome in self.log.outcomes:
            self._remember(outcome)
        try:
            while self._start_wanted() or self._running:
                with contextlib.suppress(Empty):
                    self._take(*self._ended.get(timeout=_LOOK))
        except BaseException:
            self._stop()
            raise
        return self.strategy.done

    def _remember(self, outcome: Outcome) -> None:
        """What an earlier command recorded; runs at the same time may have ended in any order.

        A cell that did not come to a run is tried again: what was missing may be there by now.
        """
        cell, attempt = outcome.cell, int(outcome.key.rpartition("#")[2])
        self._attempts[cell] = max(self._attempts[cell], attempt)
        self._replaced[cell] = 0 if outcome.counted else self._replaced[cell] + 1
        if outcome.run:
            self._recorded[cell].append(outcome)

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
        while self._recorded[cell]:
            outcome = self._recorded[cell].popleft()
            self.strategy.tell(outcome)
            if outcome.counted:
                self.watcher.end(outcome, recorded=True)
                return
        self._attempts[cell] += 1
        key = f"{cell}#{self._attempts[cell]}"
        try:
            job = self.planner(cell, key)
            self.engine.refuse(job.plan)
        except ServiceError:
            raise
        except ReproError as error:
            self._tell(_unplanned(cell, key, error))
            return
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
                # What is wrong comes again, and is told, when the cell is run.
                with contextlib.suppress(ReproError):
                    self.engine.prepare(self.planner(cell, "").plan)

    # -- ending --------------------------------------------------------------------------

    def _take(self, job: Job, future: Future[RunSummary]) -> None:
        outcome = self._outcome(job, future)
        allowed = replacements(outcome)
        if self._replaced[outcome.cell] < allowed and not self._is_late:
            self._replaced[outcome.cell] += 1
            self._tell(outcome.model_copy(update={"counted": False}))
            self._start(outcome.cell)
        else:
            self._replaced[outcome.cell] = 0
            self._tell(outcome)

    def _outcome(self, job: Job, future: Future[RunSummary]) -> Outcome:
        """Raises InterruptedRunError for a run that was ended, ServiceError without an engine."""
        self._running.pop(job.key, None)
        try:
            return Outcome.of(job.key, future.result())
        except (InterruptedRunError, ServiceError):
            raise
        except ReproError as error:
            return _unplanned(job.plan.cell, job.key, error, stage="run")

    def _tell(self, outcome: Outcome) -> None:
        self.log.outcome(outcome)
        self.strategy.tell(outcome)
        self.watcher.end(outcome, recorded=False)

    def _stop(self) -> None:
        """End what runs; whatever had come to its end by then is kept.

        A failure of the environment is not counted: the end itself may have caused it.
        """
        self.engine.stop()
        end = time.monotonic() + _GRACE
        while self._running and (left := end - time.monotonic()) > 0:
            # The first trouble is the one that is told.
            with contextlib.suppress(Exception):
                outcome = self._outcome(*self._ended.get(timeout=left))
                valid = outcome.verdict != "environment-failed"
                self.log.outcome(outcome.model_copy(update={"counted": valid}))


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
