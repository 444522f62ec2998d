"""A container as a node."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, Literal

from repro.errors import DiskFullError, EngineError, EnvironmentTrouble, NodeLostError
from repro.model.observation import Completed
from repro.ports import Command, GuestFile, NodeState, OutputSink, Terminal
from repro.provider.docker import archive
from repro.provider.docker.disk import DiskWatch
from repro.provider.docker.ending import Ending
from repro.provider.docker.engine import (
    ConflictError,
    Engine,
    MissingError,
    UnreachableError,
)
from repro.provider.docker.execution import Execution, lost
from repro.provider.docker.resident import Resident
from repro.provider.docker.terminal import DockerTerminal

_LINKS = 16
#: Seconds in which the engine tells that a node ended, and between two questions to the shell
#: inside, which does not answer then.
_LAST_MOMENTS = 5.0
_SIGN_OF_LIFE = 0.2
_STATES: Mapping[str, Literal["running", "paused", "exited", "gone"]] = {
    "running": "running",
    "restarting": "running",
    "paused": "paused",
    "removing": "gone",
    "dead": "gone",
}
#: What the engine says of paths that lead nowhere, as errors of its own.
_NO_SUCH_PATH = ("too many links", "too many levels of symbolic links", "not a directory")
#: Written through a shell, since the engine's archives do not see what is mounted in a container.
_WRITE = (
    'umask 022; mkdir -p -- "${1%/*}/" && rm -f -- "$1" && cat >"$1" && '
    'chmod -- "$2" "$1" && chown -- "$3" "$1"'
)
_OOM_KILLS = """
for repro_file in /sys/fs/cgroup/memory.events /sys/fs/cgroup/memory/memory.oom_control; do
    [ -r $repro_file ] || continue
    while read -r repro_word repro_count; do
        [ "$repro_word" = oom_kill ] && echo "oom_kill=$repro_count"
    done <$repro_file
done
"""


class DockerNode:
    """Implements Node, Console, Power and Pausable."""

    def __init__(
        self, engine: Engine, container: str, name: str, disks: Sequence[str], watch: DiskWatch
    ) -> None:
        self._engine = engine
        self._name = name
        self._mounted = (*disks, "/dev/shm", "/proc", "/sys")
        self._watch = watch
        self.container = container
        self._resident = Resident(engine, container)
        self._ending = Ending(engine, container, self._resident)
        self._running: set[Execution] = set()
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """The name that the other nodes reach it by."""
        return self._name

    # -- commands --------------------------------------------------------------------------

    def run(
        self,
        command: Command,
        sink: OutputSink | None = None,
        cancel: threading.Event | None = None,
    ) -> Completed:
        """Run a command to its end (``repro.ports.Node.run``)."""
        with self._watch.watching(self._name) as alarm:
            execution = Execution(self._engine, self.container, command, sink, cancel, alarm)
            self._enter(execution)
            try:
                done = execution.run(self._ending)
            finally:
                self._leave(execution)
        if done.exit == 137 and not done.ended_by:
            self._raise_if_lost()
        return done

    def _enter(self, execution: Execution) -> None:
        with self._lock:
            self._running.add(execution)
            if len(self._running) > 1:
                for each in self._running:
                    each.alone = False

    def _leave(self, execution: Execution) -> None:
        with self._lock:
            self._running.discard(execution)

    def _raise_if_lost(self) -> None:
        """SIGKILL may have hit the command, or the whole node.

        Of a node, the shell inside goes with the command; the engine may tell of its end later.
        """
        deadline = time.monotonic() + _LAST_MOMENTS
        while True:
            try:
                found = self._described()
            except UnreachableError as error:
                raise lost(error) from error  # an engine that shuts down ends its nodes first
            if found is None or _STATES.get(found["Status"], "exited") in ("exited", "gone"):
                raise NodeLostError(f"node {self._name} was lost while a command ran")
            if time.monotonic() > deadline or self._resident.ask(":", _SIGN_OF_LIFE) is not None:
                return

    def console(self, command: Command, rows: int = 24, columns: int = 80) -> Terminal:
        """Start a command on a terminal."""
        return DockerTerminal(self._engine, self.container, command, self._ending, (rows, columns))

    # -- files -----------------------------------------------------------------------------

    def put(self, files: Sequence[GuestFile]) -> None:
        """Write files, with the folders above them."""
        plain = [file for file in files if not self._is_mounted(file.path)]
        if plain:
            data = archive.pack(plain, self._numbers_of)
            self._reach("put_archive", self.container, "/", data)
        for file in files:
            if self._is_mounted(file.path):
                self._write(file)

    def get(self, path: str, limit: int) -> bytes | None:
        """The first ``limit`` bytes of a file; None where there is none.

        Links are followed by what the engine says of them; folders and devices are no files.
        """
        for _ in range(_LINKS):
            if self._is_mounted(path):
                return self._read(path, limit)
            try:
                pieces, described = self._reach("get_archive", self.container, path)
            except MissingError:
                return None
            except EngineError as error:
                if any(words in error.what for words in _NO_SUCH_PATH):
                    return None
                raise
            try:
                if not described["mode"] & archive.IS_LINK:
                    return archive.first_file(pieces, limit)
            finally:
                pieces.close()
            target = PurePosixPath(path).parent / described["linkTarget"]
            path = _normal(target)
        return None

    def _is_mounted(self, path: str) -> bool:
        return any(PurePosixPath(path).is_relative_to(mount) for mount in self._mounted)

    def _write(self, file: GuestFile) -> None:
        uid, gid = self._numbers_of(file.owner)
        argv = ("/bin/sh", "-c", _WRITE, "sh", file.path, f"{file.mode:o}", f"{uid}:{gid}")
        done = self.run(Command(argv, stdin=file.data))
        if done.exit != 0:
            raise DiskFullError(f"cannot write {file.path} on {self._name}: {done.stderr.text}")

    def _read(self, path: str, limit: int) -> bytes | None:
        found = bytearray()

        def take(stream: str, data: bytes) -> None:
            if stream == "stdout":
                found.extend(data)

        script = '[ -f "$1" ] && exec head -c "$2" -- "$1"'
        done = self.run(Command(("/bin/sh", "-c", script, "sh", path, str(limit)), keep=0), take)
        return bytes(found) if done.exit == 0 else None

    def _numbers_of(self, owner: str) -> tuple[int, int]:
        if owner in ("root", "0", "0:0"):
            return 0, 0
        found = archive.numbers_of(owner, (self.get("/etc/passwd", 1 << 20) or b"").decode())
        if found is None:
            raise EnvironmentTrouble(
                f"there is no user {owner!r} on {self._name}",
                cause="a file should belong to a user that its node does not have",
                action="correct `owner`, or make the user with `install`",
            )
        return found

    # -- state -----------------------------------------------------------------------------

    def state(self) -> NodeState:
        """What the engine says of it now."""
        found = self._described()
        if found is None:
            return NodeState("gone")
        state = _STATES.get(found["Status"], "exited")
        if state == "gone":
            return NodeState("gone")
        if state == "running":
            return NodeState("running", None, bool(found["OOMKilled"]) or self._oom_kills() > 0)
        if state == "paused":
            return NodeState("paused", None, bool(found["OOMKilled"]))
        return NodeState("exited", found["ExitCode"], bool(found["OOMKilled"]))

    def _described(self) -> dict[str, Any] | None:
        """What the engine says of the container's state; None where there is no container."""
        try:
            found: dict[str, Any] = self._engine.call("inspect_container", self.container)["State"]
        except MissingError:
            return None
        return found

    def _oom_kills(self) -> int:
        """How many processes the kernel ended for want of memory, by the control group's count."""
        answer = self._resident.ask(_OOM_KILLS, 2.0)
        if answer is None:  # under Podman, it answers the first question only
            answer = self._ask_anew(_OOM_KILLS)
        counts = [line.partition("=")[2] for line in answer.splitlines() if "oom_kill=" in line]
        return sum(int(count) for count in counts if count.isdigit())

    def _ask_anew(self, script: str) -> str:
        """What a new process answers; "" where none can be made."""
        command = Command(("/bin/sh", "-c", script), timeout=2.0)
        execution = Execution(self._engine, self.container, command, None, None, threading.Event())
        try:
            return execution.run(self._ending).stdout.text
        except EnvironmentTrouble:
            return ""

    def _reach(self, method: str, *args: Any, **options: Any) -> Any:
        try:
            return self._engine.call(method, *args, **options)
        except (ConflictError, UnreachableError) as error:
            raise lost(error) from error
        except EngineError as error:
            # While a container is being removed, the engine answers in several ways.
            if self.state().state == "gone":
                raise lost(error) from error
            raise

    def ansible(self) -> dict[str, str]:
        """Ansible's host variables for the connection community.docker.docker_api."""
        return {
            "ansible_connection": "community.docker.docker_api",
            "ansible_host": self.container,
            "ansible_user": "root",
            "ansible_docker_docker_host": self._engine.url,
        }

    # -- switches --------------------------------------------------------------------------

    def kill(self) -> None:
        """Cut it off, as by pulling the plug."""
        self._reach("kill", self.container)

    def stop(self) -> None:
        """Shut it down in order; what has not ended after 10 s is killed."""
        self._reach("stop", self.container, timeout=10)

    def start(self) -> None:
        """Switch it on again, with its disk as it was."""
        self._reach("start", self.container)

    def pause(self) -> None:
        """Freeze all of its processes."""
        self._reach("pause", self.container)

    def resume(self) -> None:
        """Let them go on."""
        self._reach("unpause", self.container)


def _normal(path: PurePosixPath) -> str:
    parts: list[str] = []
    for part in itertools.islice(path.parts, 1, None):
        if part == "..":
            del parts[-1:]
        elif part != ".":
            parts.append(part)
    return "/" + "/".join(parts)
