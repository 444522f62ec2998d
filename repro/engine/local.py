"""Cells on this machine: as many at a time as its cores and its memory allow."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from repro.engine.ahead import prepare_images
from repro.engine.capacity import MemoryGate, capacity, free_memory, memory_of
from repro.engine.tools import let_go
from repro.errors import InterruptedRunError
from repro.flow import refuse_unsupported, run_case
from repro.model.campaign import Job
from repro.model.plan import Plan
from repro.model.record import Event, RunSummary
from repro.ports import Environment
from repro.record import new_header, open_run
from repro.settings import Settings
from repro.stages import Tools

#: Images made ahead at a time, beside the cells that run.
_AHEAD = 2
#: Environments removed at a time.
_RELEASES = 2

#: Is told what happens in a run: the job's key and the event.
Listen = Callable[[str, Event], None]


class LocalEngine:
    """Runs cells in threads of this process: they mostly wait for the container engine.

    ``jobs`` is how many at a time; None: by cores and memory.  ``tools`` are shared by all cells;
    their environments are removed here, in the background, before ``close`` returns.
    """

    name = "local"

    def __init__(
        self,
        settings: Settings,
        tools: Tools,
        *,
        jobs: int | None = None,
        listen: Listen = lambda _key, _event: None,
    ) -> None:
        info = tools.provider.engine()
        free = free_memory(info.memory)
        self.slots = jobs or capacity(info.cpus, free)
        self._settings = settings
        self._tools = dataclasses.replace(tools, dispose=self._dispose)
        self._listen = listen
        self._gate = MemoryGate(free)
        self._cancel = threading.Event()
        self._no_more = threading.Event()
        self._cells = ThreadPoolExecutor(self.slots, "cell")
        self._ahead = ThreadPoolExecutor(min(_AHEAD, self.slots), "prepare")
        self._releases = ThreadPoolExecutor(_RELEASES, "release")
        self._busy = 0
        self._counting = threading.Lock()

    @property
    def room(self) -> int:
        """Slots that are free."""
        return self.slots - self._busy

    def refuse(self, plan: Plan) -> None:
        """Raises UnsupportedError."""
        refuse_unsupported(plan, self._tools.provider.powers)

    def submit(self, job: Job) -> Future[RunSummary]:
        """Run it when there is room."""
        with self._counting:
            self._busy += 1
        future = self._cells.submit(self._run, job)
        future.add_done_callback(lambda _ended: self._freed())
        return future

    def prepare(self, plan: Plan) -> None:
        """Make its images, beside the cells that run."""
        self._ahead.submit(prepare_images, plan, self._tools.preparer, self._no_more)

    def stop(self) -> None:
        """End all runs: each closes its record and lets its environment go."""
        self._no_more.set()
        self._cancel.set()
        self._gate.wake()

    def close(self) -> None:
        """Wait until the cells are over and their environments removed."""
        self._no_more.set()  # what is made ahead is wanted no longer
        self._ahead.shutdown(cancel_futures=True)
        self._cells.shutdown()
        self._tools.preparer.close()
        self._releases.shutdown()

    def _freed(self) -> None:
        with self._counting:
            self._busy -= 1

    def _run(self, job: Job) -> RunSummary:
        with self._gate.taking(memory_of(job.plan), self._cancel):
            if self._cancel.is_set():
                raise InterruptedRunError("the campaign was interrupted")
            tools = dataclasses.replace(
                self._tools, listen=lambda event: self._listen(job.key, event)
            )
            header = new_header(job.plan, job.overrides, job.campaign, job.key)
            recorder = open_run(self._settings, header, job.case_text, job.sources, job.plan)
            summary = run_case(job.plan, tools, recorder, self._cancel)
            return recorder.redactor.model(summary)

    def _dispose(self, environment: Environment) -> None:
        self._releases.submit(let_go, environment)
