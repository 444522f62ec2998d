"""A program on a terminal in a container."""

from __future__ import annotations

import secrets
import time

from repro.errors import EngineError
from repro.ports import Command
from repro.provider.docker.ending import Ending, Target
from repro.provider.docker.engine import ConflictError, Engine, MissingError, UnreachableError
from repro.provider.docker.execution import lost

_END = 1.0


class DockerTerminal:
    """Implements ``repro.ports.Terminal``."""

    def __init__(
        self,
        engine: Engine,
        container: str,
        command: Command,
        ending: Ending,
        size: tuple[int, int],
    ) -> None:
        self._engine = engine
        self._ending = ending
        self._target = Target(secrets.token_hex(12), command.user, alone=False)
        environment = {"TERM": "xterm", **command.env, "REPRO_EXEC": self._target.token}
        try:
            made = engine.call(
                "exec_create",
                container,
                list(command.argv),
                stdin=True,
                tty=True,
                user=command.user,
                environment=environment,
                workdir=command.cwd,
            )
            self._id: str = made["Id"]
            self._stream = engine.stream("exec_start", self._id, tty=True, socket=True)
        except (MissingError, ConflictError, UnreachableError) as error:
            raise lost(error) from error
        self._closed = False
        self.resize(*size)

    def read(self, timeout: float) -> bytes | None:
        """What it printed; b"" after ``timeout`` seconds without any, None once it has ended."""
        return self._stream.receive(timeout)

    def write(self, data: bytes) -> None:
        """Type.  What is typed to a program that has ended is lost, as on any terminal."""
        try:
            self._stream.send(data)
        except OSError:
            return

    def resize(self, rows: int, columns: int) -> None:
        """Tell it the terminal's new size.  A program that has ended is not told."""
        try:
            self._engine.call("exec_resize", self._id, height=rows, width=columns)
        except EngineError:
            return

    def close(self) -> int | None:
        """End what still runs; the exit status, None where there is none."""
        if not self._closed:
            self._closed = True
            if self._running():
                self._ending.end(self._target, self._id)
            self._stream.close()
        deadline = time.monotonic() + _END
        while self._running() and time.monotonic() < deadline:
            time.sleep(0.01)
        try:
            found = self._engine.call("exec_inspect", self._id)
        except EngineError:
            return None
        status: int | None = found["ExitCode"]
        return None if found["Running"] else status

    def _running(self) -> bool:
        try:
            return bool(self._engine.call("exec_inspect", self._id)["Running"])
        except EngineError:
            return False
