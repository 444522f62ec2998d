"""The run folder while it is written.

::

    run.json            the header, first of all
    case.yml  files/    the case as it was, and the files it names
    plan.json           what was to be done
    events.jsonl        what happened, as it happened
    observations.jsonl  what steps and probes left behind, as they did
    lock.json           exactly what the environment was
    prepare/NODE.jsonl  results of the tasks that prepared a node
    nodes/NODE.log      what a node's main process printed
    collected/NODE/…    files kept as evidence, listed in collected.jsonl
    verdict.json        the verdict in force; judgements/NNN.json are later ones
    summary.json        the verdict of the run itself, and what the history keeps
    manifest.json       SHA-256 and size of all of these, last of all

Nothing is synchronised to the disk line by line: what was written survives the end of the process,
and what a power cut takes away the manifest tells.
"""

from __future__ import annotations

import codecs
import json
import os
import shutil
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any, Self

from pydantic import BaseModel

from repro import files
from repro.errors import DiskFullError, RecordError
from repro.model.observation import Observation, Verdict
from repro.model.plan import Plan
from repro.model.record import Collected, Event, Lock, RunHeader, RunSummary
from repro.record import manifest, pending
from repro.redact.known import Redactor
from repro.settings import Settings

#: Bounds, in bytes.  Readers hold to them too, so that a strange folder cannot exhaust them.
MAX_JSON = 64 * 2**20
MAX_LINES = 256 * 2**20
MAX_EVENTS = 64 * 2**20
MAX_NODE_LOG = 16 * 2**20
MAX_COLLECTED_FILE = 16 * 2**20
MAX_COLLECTED = 128 * 2**20
MAX_COLLECTED_FILES = 2000

#: Held back at first, so that a full disk still takes the verdict and the manifest.
RESERVE = ".reserve"
_RESERVED = 256 * 1024
_SMALL = 16 * 1024


def open_run(
    settings: Settings,
    header: RunHeader,
    case_text: bytes,
    sources: Mapping[str, bytes],
    plan: Plan,
    *,
    redactor: Redactor | None = None,
) -> Recorder:
    """Make a run folder and write into it what is known beforehand.

    ``header.run`` left empty: a new identifier is chosen (``Recorder.run``).  ``sources`` are the
    files that the case names, by their names there.  Raises DiskFullError or RecordError, and
    leaves nothing then.
    """
    redactor = redactor or Redactor.known(settings, secrets=plan.secrets)
    with files.trouble(f"cannot open a run in {settings.runs}"):
        folder, header = _make_folder(settings.runs, header)
        try:
            recorder = Recorder(folder, header, redactor)
            recorder.begin(case_text, sources, plan)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            pending.told(folder)
            raise
    return recorder


def new_header(
    plan: Plan, overrides: Mapping[str, str] | None = None, campaign: str = "", key: str = ""
) -> RunHeader:
    """The header of a run that begins now, perhaps as one of a campaign, under its key there."""
    import repro

    return RunHeader(
        run="",
        tool=repro.__version__,
        started=datetime.now(UTC).isoformat(timespec="milliseconds"),
        cell=plan.cell,
        title=plan.title,
        case_digest=plan.case_digest,
        overrides=dict(overrides or {}),
        campaign=campaign,
        key=key,
    )


def run_id(case: str, started: str = "") -> str:
    """A new identifier: sorted by time (UTC), readable, unlike any other."""
    try:
        at = datetime.fromisoformat(started).astimezone(UTC)
    except ValueError:
        at = datetime.now(UTC)
    return f"{at:%Y%m%d-%H%M%S}-{case[:60]}-{os.urandom(2).hex()}"


def _make_folder(runs: Path, header: RunHeader) -> tuple[Path, RunHeader]:
    files.make_folders(runs / pending.FOLDER)
    for _ in range(100):
        name = header.run or run_id(header.cell.case, header.started)
        try:
            (runs / name).mkdir(mode=files.FOLDER_MODE)
        except FileExistsError:
            if header.run:
                raise RecordError(f"there is a run {name} already") from None
            continue
        return runs / name, header.model_copy(update={"run": name})
    raise RecordError(f"no free name for a run in {runs}")


class Recorder:
    """Writes one run.  Methods may be called from several threads.

    All of them raise DiskFullError when there is no room; what was written until then stays
    readable, and small observations, the verdict and the summary are still taken after that.
    """

    def __init__(self, folder: Path, header: RunHeader, redactor: Redactor) -> None:
        self.folder = folder
        self.header = header
        self.run = header.run
        self.campaign = header.campaign
        self.redactor = redactor
        self._lock = threading.RLock()
        self._full = False
        self._collected = 0
        self._collected_files = 0
        self._appenders: dict[str, files.Appender] = {}
        self._pending = pending.claim(folder)

    def begin(self, case_text: bytes, sources: Mapping[str, bytes], plan: Plan) -> None:
        """Write header, case and plan."""
        self._reserve()
        self._write("run.json", self._json(self.header))
        self._write("case.yml", self.redactor.data(case_text))
        for name, data in sources.items():
            self._write(PurePosixPath("files") / files.safe_path(name), self.redactor.data(data))
        self._write("plan.json", self._json(self.redactor.model(plan)))

    def event(self, event: Event) -> None:
        """Something happened.  Dropped once the disk is full or there were far too many."""
        with self._lock:
            appender = self._appender("events.jsonl")
            if not self._full and appender.size < MAX_EVENTS:
                self._append("events.jsonl", event)

    def observe(self, observation: Observation) -> None:
        """Something was left behind.  When this returns, it outlives the process."""
        self._append("observations.jsonl", observation)

    def prepared(self, node: str, results: Iterable[object]) -> None:
        """Results of the tasks that prepared a node: models or mappings."""
        lines = b"".join(self._json(result) for result in results)
        self._write_large(PurePosixPath("prepare", _node(node) + ".jsonl"), lines[:MAX_LINES])

    def lock(self, lock: Lock) -> None:
        """Exactly what the environment was."""
        self._write_large("lock.json", self._json(lock))

    def node_log(self, node: str, data: bytes) -> None:
        """What the node's main process printed; of much the end is kept."""
        kept = self.redactor.data(data)[-MAX_NODE_LOG:]
        self._write_large(PurePosixPath("nodes", _node(node) + ".log"), kept)

    def collected(self, node: str, path: str, data: bytes) -> None:
        """A file of a node, as evidence.  What is too much is cut, and says so."""
        with self._lock:
            room = min(MAX_COLLECTED_FILE, MAX_COLLECTED - self._collected)
            note = ""
            if self._collected_files >= MAX_COLLECTED_FILES:
                room, note = 0, f"over {MAX_COLLECTED_FILES} files"
            elif len(data) > room:
                note = f"cut at {room} bytes"
            kept = self.redactor.data(data)[:room]
            name = self._collect(node, path, kept) if room else None
            entry = Collected(
                node=node,
                path=self.redactor.text(path),
                size=len(data),
                kept=len(kept),
                file=name,
                note=note,
            )
            self._append("collected.jsonl", entry)
            self._collected += len(kept)
            self._collected_files += 1

    def verdict(self, verdict: Verdict) -> None:
        """The verdict, decided from the observations above."""
        self._release_reserve()
        self._write("verdict.json", self._json(verdict))

    def close(self, summary: RunSummary) -> None:
        """Write the summary and the manifest; the run is finished."""
        with self._lock:
            self._release_reserve()
            self._write("summary.json", self._json(summary))
            with files.trouble(f"cannot close the run {self.run}"):
                for appender in self._appenders.values():
                    appender.close()
                manifest.write(self.folder, redacted=self.redactor.count)
            self.abandon()

    def abandon(self) -> None:
        """Stop writing without a summary: the run stays unfinished.  May be called again."""
        with self._lock:
            for appender in self._appenders.values():
                appender.close()
            self._appenders.clear()
            (self.folder / RESERVE).unlink(missing_ok=True)
            fd, self._pending = self._pending, -1
            if fd >= 0:
                os.close(fd)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.abandon()

    def _collect(self, node: str, path: str, data: bytes) -> str:
        base = PurePosixPath("collected", _node(node))
        path = self.redactor.text(path)
        target = base / files.safe_path(path)
        if (self.folder / target).exists() or not self._folder_for(target):
            target = base / files.hashed_path(f"{path}\0{self._collected_files}")
        self._write_large(target, data)
        return str(target)

    def _folder_for(self, target: PurePosixPath) -> bool:
        """Whether the folders above could be made: a file of that name may stand there."""
        try:
            files.make_folders((self.folder / target).parent)
        except (FileExistsError, NotADirectoryError):
            return False
        return True

    def _json(self, value: object) -> bytes:
        """One line of JSON without secrets."""
        try:
            line = (
                value.model_dump_json().encode() if isinstance(value, BaseModel) else _dumps(value)
            )
            if self.redactor.idle:
                return line + b"\n"
            tree = json.loads(line)
        except ValueError:
            # Half a character (a lone surrogate) has no UTF-8.
            tree = value.model_dump(mode="json") if isinstance(value, BaseModel) else value
        return _dumps(self.redactor.tree(tree)) + b"\n"

    def _append(self, name: str, value: BaseModel) -> None:
        line = self._json(value)
        with self._lock, self._room(f"cannot record in {name}"):
            if self._full and len(line) > _SMALL:
                raise DiskFullError(f"cannot record in {name}: the disk was full before")
            appender = self._appender(name)
            if appender.size + len(line) > MAX_LINES:
                raise RecordError(
                    f"{name} would grow over {MAX_LINES} bytes",
                    cause="the steps left too much output",
                    action="let the steps print less, or run fewer of them",
                )
            appender.append(line)

    def _appender(self, name: str) -> files.Appender:
        if name not in self._appenders:
            with self._room(f"cannot open {name}"):
                self._appenders[name] = files.Appender(self.folder / name)
        return self._appenders[name]

    def _write_large(self, name: str | PurePosixPath, data: bytes) -> None:
        """Like ``_write`` for what can be done without once the disk is full."""
        if self._full:
            raise DiskFullError(f"cannot record {name}: the disk was full before")
        self._write(name, data)

    def _write(self, name: str | PurePosixPath, data: bytes) -> None:
        target = self.folder / name
        with self._lock, self._room(f"cannot record {name}"):
            if len(PurePosixPath(name).parts) > 1:
                files.make_folders(target.parent)
            files.write_atomic(target, data)

    @contextmanager
    def _room(self, what: str) -> Iterator[None]:
        try:
            with files.trouble(what):
                yield
        except DiskFullError:
            self._full = True
            self._release_reserve()
            raise

    def _reserve(self) -> None:
        with files.trouble(f"cannot open the run {self.run}"):
            fd = os.open(self.folder / RESERVE, os.O_WRONLY | os.O_CREAT, files.FILE_MODE)
            try:
                os.posix_fallocate(fd, 0, _RESERVED)
            finally:
                os.close(fd)

    def _release_reserve(self) -> None:
        (self.folder / RESERVE).unlink(missing_ok=True)


def _node(name: str) -> str:
    """A node's name as a file's name; one that a plan allows stays as it is."""
    return files.safe_path(name.replace("/", "_")).name


def _dumps(value: Any) -> bytes:
    if isinstance(value, BaseModel):
        return value.model_dump_json().encode()
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
    return text.encode("utf-8", "repro-spelled-out")


def _spelled_out(error: UnicodeError) -> tuple[str, int]:
    """What has no UTF-8, as text inside a JSON string."""
    assert isinstance(error, UnicodeEncodeError)
    wrong = error.object[error.start : error.end]
    return "".join(f"\\\\u{ord(character):04x}" for character in wrong), error.end


codecs.register_error("repro-spelled-out", _spelled_out)
