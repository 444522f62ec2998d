"""Where a worker carries out cells: one provider and one set of tools for all of its threads."""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from repro.engine.ahead import prepare_images
from repro.engine.capacity import MemoryGate, free_memory, memory_of
from repro.engine.parcel import Parcel, pack
from repro.engine.tools import let_go
from repro.errors import EngineError, InterruptedRunError, ReproError
from repro.flow import run_case
from repro.model.campaign import Job
from repro.model.plan import Plan
from repro.model.record import Event
from repro.ports import Environment
from repro.record import new_header, open_run
from repro.record.folder import run_id
from repro.record.pending import told
from repro.settings import Settings
from repro.stages import Tools

#: In the worker's home; a folder in it for each worker process.
_FOLDER = "worker"
_LOCK = ".lock"
_RELEASES = 2
#: The stage of the event that says where a run took place.
PLACE = "place"


class EngineGoneError(EngineError):
    """The container engine of this worker does not answer any more: no verdict of a cell."""

    default_action = "start the engine, then the worker again"


class Bench:
    """Runs cells and packs their evidence.

    ``folder`` holds their run folders meanwhile; ``name`` is the worker's, for the record.
    """

    def __init__(self, settings: Settings, tools: Tools, folder: Path, name: str = "") -> None:
        self.name = name
        self._settings = settings.model_copy(update={"home": folder})
        self._tools = dataclasses.replace(tools, dispose=self._dispose, keep="never")
        self._gate = MemoryGate(free_memory(tools.provider.engine().memory))
        self._releases = ThreadPoolExecutor(_RELEASES, "release")

    def run(self, job: Job, cancel: threading.Event) -> Parcel:
        """One run of a cell, with all that it left behind; nothing of it stays here.

        Raises EngineGoneError when it is this machine that failed, InterruptedRunError once
        ``cancel`` is set.
        """
        with self._gate.taking(memory_of(job.plan), cancel):
            if cancel.is_set():
                raise InterruptedRunError("the run was ended before it began")
            header = new_header(job.plan, job.overrides, job.campaign, job.key)
            # Runs of many machines come together in one folder: a few digits more tell them apart.
            name = f"{run_id(header.cell.case, header.started)}{os.urandom(4).hex()}"
            header = header.model_copy(update={"run": name})
            recorder = open_run(self._settings, header, job.case_text, job.sources, job.plan)
            try:
                with recorder:
                    text = f"on worker {self.name}"
                    recorder.event(Event(at=time.time(), stage=PLACE, text=text))
                    summary = run_case(job.plan, self._tools, recorder, cancel)
                if summary.verdict.verdict == "environment-failed":
                    self.check()
                return pack(recorder.folder)
            finally:
                shutil.rmtree(recorder.folder, ignore_errors=True)
                told(recorder.folder)

    def prepare(self, plan: Plan, cancel: threading.Event) -> None:
        """Make a plan's prepared images.  Nothing is said of trouble."""
        prepare_images(plan, self._tools.preparer, cancel)

    def check(self) -> None:
        """Raises EngineGoneError when the container engine does not answer."""
        try:
            self._tools.provider.environments()
        except EngineError as error:
            raise EngineGoneError(error.what, cause=error.cause, action=error.action) from error

    def tend(self) -> None:
        """Remove what nobody uses any more.  Raises EngineGoneError."""
        with contextlib.suppress(ReproError):
            self._tools.provider.sweep(lambda _line: None)
        self.check()

    def wake(self) -> None:
        """Let runs that wait for memory look at their ``cancel`` again."""
        self._gate.wake()

    def close(self) -> None:
        """Wait until the environments are removed."""
        self._tools.preparer.close()
        self._releases.shutdown()
        self._tools.matcher.close()

    def _dispose(self, environment: Environment) -> None:
        self._releases.submit(let_go, environment)


@contextlib.contextmanager
def own_folder(settings: Settings) -> Iterator[Path]:
    """A folder for this process, gone afterwards; those of workers that were killed go first.

    A lock that ends with its process tells them apart.
    """
    above = settings.home / _FOLDER
    above.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _locked(above / _LOCK):
        for left in above.iterdir():
            if left.is_dir() and (free := _lock(left)) >= 0:
                shutil.rmtree(left, ignore_errors=True)
                os.close(free)
        made = Path(tempfile.mkdtemp(dir=above))
        held = _lock(made)
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)
        os.close(held)


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)


def _lock(folder: Path) -> int:
    """A file descriptor that holds the folder; -1 where another process does."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(fd)
        return -1
    return fd
