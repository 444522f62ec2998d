"""The provider, its environments and nodes."""

from __future__ import annotations

import contextlib
import hashlib
import signal
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from repro.capture import Capture
from repro.errors import EnvironmentTrouble, NodeLostError, NotFoundError
from repro.model.observation import Completed, signal_of
from repro.model.profile import OsProfile
from repro.model.record import NodeLock
from repro.ports import (
    Command,
    EngineInfo,
    Environment,
    EnvironmentInfo,
    EnvironmentRequest,
    GuestFile,
    Image,
    Lease,
    NodeRequest,
    NodeState,
    OutputSink,
    PreparedInfo,
    Say,
)
from repro.provider.memory.programs import (
    PROGRAMS,
    Call,
    EndedError,
    Program,
    Reply,
    act_out,
    not_found,
)

_TICK = 0.01
Stage = Literal["engine", "os_image", "prepared", "save", "start", "release", "put", "get", "run"]


Matcher = Callable[[str, Command], bool]


class MemoryNode:
    """A node without a machine.  ``files`` is its disk; ``ran`` what it was asked to run."""

    def __init__(self, provider: MemoryProvider, request: NodeRequest) -> None:
        self._provider = provider
        self.request = request
        self.files: dict[str, GuestFile] = dict(provider.disk_of(request.image))
        self.ran: list[Command] = []
        self.current = NodeState("running")

    @property
    def name(self) -> str:
        """The name that the other nodes reach it by."""
        return self.request.name

    def lose(self, state: NodeState | None = None) -> None:
        """Let it go away, as when its container is killed from outside."""
        self.current = state or NodeState("exited", 137)

    def run(
        self,
        command: Command,
        sink: OutputSink | None = None,
        cancel: threading.Event | None = None,
    ) -> Completed:
        """Simulate a command (``repro.ports.Node.run``)."""
        self._alive("run")
        self.ran.append(command)
        output = Capture(command.keep)
        started, began = time.time(), output.began

        def write(stream: str, data: bytes) -> None:
            output.add(stream, data)
            if sink is not None:
                sink(stream, data)

        def sleep(seconds: float) -> None:
            self._sleep(seconds, command, began, cancel)

        exit_status: int | None = None
        reason: Literal["", "timeout", "cancel"] = ""
        try:
            program = self._provider.program(self.name, command)
            exit_status = program(Call(self, command, write, sleep))
        except EndedError as ended:
            if ended.reason == "lost":
                raise NodeLostError(f"node {self.name} was lost while a command ran") from None
            reason, exit_status = ended.reason, 128 + signal.SIGTERM
        return Completed(
            exit=exit_status,
            signal="SIGTERM" if reason else signal_of(exit_status),
            timed_out=reason == "timeout",
            started=started,
            seconds=time.monotonic() - began,
            stdout=output.stdout,
            stderr=output.stderr,
            ended_by=reason,
        )

    def _sleep(
        self, seconds: float, command: Command, began: float, cancel: threading.Event | None
    ) -> None:
        wake = time.monotonic() + seconds
        while True:
            now = time.monotonic()
            if self.current.state != "running":
                raise EndedError("lost")
            if cancel is not None and cancel.is_set():
                raise EndedError("cancel")
            if command.timeout is not None and now - began >= command.timeout:
                raise EndedError("timeout")
            if now >= wake:
                return
            time.sleep(min(_TICK, wake - now))

    def put(self, files: Sequence[GuestFile]) -> None:
        """Write files."""
        self._alive("put")
        self.files.update({file.path: file for file in files})

    def get(self, path: str, limit: int) -> bytes | None:
        """The first ``limit`` bytes of a file; None where there is none."""
        if self.current.state == "gone":
            raise NodeLostError(f"node {self.name} is gone")
        self._provider.check("get")
        found = self.files.get(path)
        return None if found is None else found.data[:limit]

    def state(self) -> NodeState:
        """Its state now."""
        return self.current

    def ansible(self) -> dict[str, str]:
        """Nothing connects to it."""
        return {"ansible_connection": "local", "ansible_host": self.name}

    def _alive(self, stage: Stage) -> None:
        self._provider.check(stage)
        if self.current.state not in ("running", "paused"):
            raise NodeLostError(f"node {self.name} is {self.current.state}")


@dataclass
class MemoryEnvironment:
    """Implements ``repro.ports.Environment``."""

    provider: MemoryProvider
    request: EnvironmentRequest
    nodes: dict[str, MemoryNode]
    created: float = field(default_factory=time.time)
    expires: float | None = None
    held: bool = True

    @property
    def id(self) -> str:
        """Its name."""
        return self.request.id

    def logs(self, node: str, limit: int) -> bytes:
        """A simulated main process prints nothing."""
        return b"" if self.nodes[node] else b"\0" * limit

    def keep(self, seconds: float) -> None:
        """Leave it up for so long once nobody holds it."""
        self.expires = time.time() + seconds

    def abandon(self) -> None:
        """As when the process that held it dies."""
        self.held = False

    def release(self) -> None:
        """Remove it."""
        self.provider.release(self.id)


class MemoryProvider:
    """Implements ``repro.ports.Provider``."""

    def __init__(self, *, powers: frozenset[str] = frozenset(), budget: int = 1 << 40) -> None:
        self._powers = powers
        self._budget = budget
        self._environments: dict[str, MemoryEnvironment] = {}
        self._prepared: dict[str, tuple[Image, PreparedInfo, dict[str, GuestFile]]] = {}
        self._answers: list[tuple[Matcher, Program]] = []
        self._troubles: dict[Stage, list[Exception]] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._guard = threading.Lock()

    # -- what a test tells it --------------------------------------------------------------

    def answer(self, script: str, *replies: Reply, node: str | None = None) -> None:
        """What commands with ``script`` in their arguments do, one reply after the other; the
        last one again and again.  The newest answer that fits is taken.
        """
        left = list(replies or (Reply(),))

        def fits(name: str, command: Command) -> bool:
            return node in (None, name) and any(script in word for word in command.argv)

        def act(call: Call) -> int:
            return act_out(call, left.pop(0) if len(left) > 1 else left[0])

        self._answers.append((fits, act))

    def fail(self, stage: Stage, *errors: Exception) -> None:
        """Let the next calls of a stage raise these, one each."""
        self._troubles.setdefault(stage, []).extend(errors)

    def check(self, stage: Stage) -> None:
        """Raise what ``fail`` was told for this stage."""
        if self._troubles.get(stage):
            raise self._troubles[stage].pop(0)

    def program(self, node: str, command: Command) -> Program:
        """What carries out a command."""
        for fits, act in reversed(self._answers):
            if fits(node, command):
                return act
        return PROGRAMS.get(command.argv[0], not_found)

    def disk_of(self, image: Image) -> dict[str, GuestFile]:
        """The files that an image holds."""
        for found, _info, files in self._prepared.values():
            if found.reference == image.reference:
                return files
        return {}

    # -- the protocol ----------------------------------------------------------------------

    @property
    def name(self) -> str:
        """Which provider this is."""
        return "memory"

    @property
    def powers(self) -> frozenset[str]:
        """What the test gave it."""
        return self._powers

    def engine(self) -> EngineInfo:
        """A made-up engine."""
        self.check("engine")
        return EngineInfo("memory", "1", "amd64", "6.0", 2, 1 << 32)

    def os_image(self, os: OsProfile, say: Say) -> Image:
        """A made-up image whose digest follows from the profile's name."""
        self.check("os_image")
        say(f"{os.name}: an image in memory")
        digest = hashlib.sha256(os.name.encode()).hexdigest()
        return Image(os.image, f"sha256:{digest}", "amd64", "local")

    def prepared(self, key: str) -> Image | None:
        """The prepared image under this key; looking it up counts as use."""
        self.check("prepared")
        with self._guard:
            if key not in self._prepared:
                return None
            image, info, files = self._prepared[key]
            self._prepared[key] = (image, replace(info, used=time.time()), files)
            return image

    def save(
        self, environment: Environment, node: str, key: str, title: str, lock: NodeLock
    ) -> Image:
        """Keep a node's files under the key."""
        self.check("save")
        files = dict(self._environments[environment.id].nodes[node].files)
        digest = hashlib.sha256(key.encode()).hexdigest()
        image = Image(f"memory/{key}", f"sha256:{digest}", "amd64", "prepared", lock)
        size = sum(len(file.data) for file in files.values())
        info = PreparedInfo(key, image.reference, title, size, time.time())
        with self._guard:
            self._prepared[key] = (image, info, files)
        return image

    def exclusively(self, key: str, say: Say) -> Lease:
        """Held by the one that makes the prepared image of this key; others wait."""
        with self._guard:
            lock = self._locks.setdefault(key, threading.Lock())
        return _Waiting(lock, say)

    def start(self, request: EnvironmentRequest, say: Say) -> Environment:
        """Start nodes.  On any error nothing is left."""
        self.check("start")
        with self._guard:
            if request.id in self._environments:
                raise EnvironmentTrouble(f"there is an environment {request.id} already")
            nodes = {node.name: MemoryNode(self, node) for node in request.nodes}
            made = MemoryEnvironment(self, request, nodes)
            self._environments[request.id] = made
        say(f"{request.id}: {len(nodes)} nodes in memory")
        return made

    def attach(self, environment: str) -> Environment:
        """An environment that is up.  Raises NotFoundError."""
        found = self._environments.get(environment)
        if found is None:
            raise NotFoundError(f"there is no environment {environment}")
        return found

    def environments(self) -> list[EnvironmentInfo]:
        """All of them."""
        return [
            EnvironmentInfo(
                id=each.id,
                purpose=each.request.purpose,
                nodes={name: node.current.state for name, node in each.nodes.items()},
                created=each.created,
                in_use=each.held,
                expires=None if each.held else (each.expires or time.time()),
                labels=each.request.labels,
            )
            for each in self._environments.values()
        ]

    def release(self, environment: str) -> None:
        """Remove an environment, whoever holds it."""
        self.check("release")
        with self._guard:
            found = self._environments.pop(environment, None)
        for node in found.nodes.values() if found else ():
            node.lose(NodeState("gone"))

    def sweep(self, say: Say) -> list[str]:
        """Remove what nobody uses any more."""
        idle = [each for each in self._environments.values() if not each.held]
        removed = []
        for each in idle:
            if each.expires is None or each.expires <= time.time():
                self.release(each.id)
                removed.append(f"environment {each.id}")
                say(f"removed environment {each.id}")
        return removed + self._prune()

    def _prune(self) -> list[str]:
        removed = []
        infos = self.cached()
        total = sum(info.size for info in infos)
        for info in infos:
            if total <= self._budget:
                break
            with contextlib.suppress(EnvironmentTrouble):
                self.forget(info.key)
                total -= info.size
                removed.append(f"prepared image {info.title} ({info.reference})")
        return removed

    def cached(self) -> list[PreparedInfo]:
        """The prepared images, least recently used first."""
        infos = [info for _image, info, _files in self._prepared.values()]
        return sorted(infos, key=lambda info: info.used)

    def forget(self, key: str) -> None:
        """Remove one prepared image that no node uses."""
        if key not in self._prepared:
            raise NotFoundError(f"there is no prepared image {key}")
        reference = self._prepared[key][0].reference
        users = (node for each in self._environments.values() for node in each.nodes.values())
        if any(node.request.image.reference == reference for node in users):
            raise EnvironmentTrouble(f"prepared image {key} is in use")
        del self._prepared[key]


class _Waiting:
    """A lock that says when it has to be waited for."""

    def __init__(self, lock: threading.Lock, say: Say) -> None:
        self._lock = lock
        self._say = say

    def __enter__(self) -> None:
        if not self._lock.acquire(blocking=False):
            self._say("waiting for another run that prepares the same node")
            self._lock.acquire()

    def __exit__(self, *exc: object) -> None:
        self._lock.release()
