"""Engines at ``ssh://``: the remote socket is forwarded to a local one by the user's own ssh.

So ``~/.ssh/config``, agents and known hosts apply as usual.
"""

from __future__ import annotations

import atexit
import contextlib
import subprocess
import time
from pathlib import Path
from urllib.parse import urlsplit

from repro.errors import EngineError
from repro.provider.docker import forward

_PATIENCE = 30.0
_LAST_WORDS = 3


class Tunnel:
    """Implements ``repro.provider.docker.forward.Forward`` by a process of ssh.

    ``url`` is ``ssh://[USER@]HOST[:PORT][/SOCKET]``.  Raises EngineError with what ssh said.
    """

    def __init__(self, url: str) -> None:
        self._remote = url
        self._folder = forward.new_folder()
        atexit.register(self._close)
        self._socket = self._folder / forward.SOCKET
        self._log = self._folder / "said"
        self._ssh: subprocess.Popen[bytes] | None = None
        self._await(self._started())

    @property
    def url(self) -> str:
        """The local address."""
        return f"unix://{self._socket}"

    def alive(self) -> bool:
        """Whether ssh still runs."""
        return self._ssh is not None and self._ssh.poll() is None

    def said(self) -> str:
        """The last words of ssh."""
        try:
            text = self._log.read_text("utf-8", "backslashreplace")
        except OSError:
            return ""
        return "; ".join([line for line in text.splitlines() if line.strip()][-_LAST_WORDS:])

    def _started(self) -> subprocess.Popen[bytes]:
        command = _command(self._remote, self._socket)
        try:
            with self._log.open("wb") as log:
                # ^C is for this process, which needs the tunnel to clean up: hence the session.
                self._ssh = subprocess.Popen(
                    command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    stderr=log,
                    start_new_session=True,
                )
        except FileNotFoundError as error:
            raise EngineError(
                f"cannot reach the engine at {self._remote}",
                cause="there is no ssh here",
                action="install an ssh client (on Debian and Ubuntu: openssh-client)",
            ) from error
        return self._ssh

    def _await(self, ssh: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + _PATIENCE
        while not self._socket.exists():
            if ssh.poll() is not None or time.monotonic() > deadline:
                ssh.kill()
                ssh.communicate()
                host = urlsplit(self._remote).hostname
                raise EngineError(
                    f"cannot reach the engine at {self._remote}",
                    cause=self.said() or f"ssh was not connected after {_PATIENCE:.0f} s",
                    action=f"get `ssh -o BatchMode=yes {host} true` to work: repro asks for no "
                    "password and accepts no unknown host",
                )
            time.sleep(0.02)

    def _close(self) -> None:
        if self._ssh is not None:
            self._ssh.kill()
            self._ssh.communicate()
        for path in (self._socket, self._log):
            path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            self._folder.rmdir()


def _command(url: str, local: Path) -> list[str]:
    parts = urlsplit(url)
    if not parts.hostname or parts.hostname.startswith("-"):
        raise EngineError(f"{url} names no host", action="write it as ssh://USER@HOST")
    remote = parts.path if parts.path not in ("", "/") else "/var/run/docker.sock"
    options = ["-o", "BatchMode=yes", "-o", "ExitOnForwardFailure=yes", "-o", "ControlPath=none"]
    port = ["-p", str(parts.port)] if parts.port else []
    user = ["-l", parts.username] if parts.username else []
    # `cat` ends when our end of the pipe closes, and the tunnel with it: also on SIGKILL.
    return ["ssh", *options, *port, *user, "-L", f"{local}:{remote}", "--", parts.hostname, "cat"]
