"""A server of the tests' own: started on loopback, waited for, and ended with all it started."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import httpx

#: Bound for as long as this process lives, and never listening.
_TAKEN: list[socket.socket] = []


def free_port() -> int:
    """A port of loopback that nothing listens on.

    It is kept from all who look for one later, also in other processes; a server that sets
    SO_REUSEADDR, as all do, can listen on it (socket(7)).
    """
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind(("127.0.0.1", 0))
    _TAKEN.append(made)
    return int(made.getsockname()[1])


def printed(command: Sequence[str], cwd: Path, env: Mapping[str, str], given: str | None) -> str:
    """The last line that a command prints; it has to end well."""
    done = subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, **env},
        input=given,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[:3000]
    return (done.stdout.splitlines() or [""])[-1]


class Server:
    """A command that serves HTTP; its output is in ``log``."""

    def __init__(
        self, command: Sequence[str], cwd: Path, env: Mapping[str, str], url: str, log: Path
    ) -> None:
        self.url = url
        self._command, self._cwd, self._log = command, cwd, log
        self._env = {**os.environ, **env}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns once it answers; fails after two minutes."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                cwd=self._cwd,
                env=self._env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        until = time.monotonic() + 120
        while time.monotonic() < until and self._process.poll() is None:
            try:
                httpx.get(self.url, timeout=30, trust_env=False)
            except httpx.TransportError:
                time.sleep(0.1)
            else:
                return
        said = self._log.read_text("utf-8", "replace")[-2000:]
        self.stop()
        raise AssertionError(f"{self._command[0]} did not start: {said}")

    def stop(self) -> None:
        """End it and all that it started; may be called again."""
        process, self._process = self._process, None
        if process is None:
            return
        for number in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(process.pid, number)
                process.wait(20)
            except ProcessLookupError:
                break
            except subprocess.TimeoutExpired:
                continue
        process.wait(20)
