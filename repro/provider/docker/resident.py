"""A shell that waits inside each container, started with it.

It does what a new process could not do any more: where a fork bomb has used up all processes,
the engine cannot start a command, but a shell that is already there can still signal.  It is also
quicker to ask.  What it is told uses builtins alone.
"""

from __future__ import annotations

import secrets
import threading
import time

from repro.errors import EngineError
from repro.provider.docker.engine import Engine
from repro.provider.docker.stream import Demultiplexer

#: The main process of every node: sleeps for the lifetime, beside it the shell, reading commands
#: from the container's standard input.  Their token keeps them apart from what commands start.
_MAIN = 'export REPRO_EXEC=main; exec 3<&0; /bin/sh <&3 3<&- & exec 3<&- sleep "$0"'


def main_process(lifetime: float) -> list[str]:
    """The command that a node is started with.  It ends by itself after ``lifetime`` seconds."""
    return ["/bin/sh", "-c", _MAIN, str(max(1, int(lifetime)))]


class Resident:
    """The shell of one container."""

    def __init__(self, engine: Engine, container: str) -> None:
        self._engine = engine
        self._container = container
        self._lock = threading.Lock()

    def ask(self, script: str, timeout: float) -> str | None:
        """What it answers to a script; None where it did not within ``timeout`` seconds."""
        try:
            with self._lock:
                return self._ask(script, timeout)
        except (EngineError, OSError):
            return None

    def _ask(self, script: str, timeout: float) -> str | None:
        end = f"end:{secrets.token_hex(8)}"
        answer = bytearray()
        demultiplexer = Demultiplexer(lambda _name, data: answer.extend(data))
        params = {"stdin": 1, "stdout": 1, "stderr": 0, "stream": 1}
        stream = self._engine.stream("attach_socket", self._container, params=params)
        deadline = time.monotonic() + timeout
        try:
            # In two words, so that nothing but the answer itself reads as the end.
            stream.send(f"{script}\necho end:''{end.removeprefix('end:')}\n".encode())
            while time.monotonic() < deadline:
                piece = stream.receive(deadline - time.monotonic())
                if piece is None:
                    return None
                demultiplexer.feed(piece)
                if end.encode() in answer:
                    return answer.decode("utf-8", "backslashreplace").partition(end)[0]
            return None
        finally:
            stream.close()
