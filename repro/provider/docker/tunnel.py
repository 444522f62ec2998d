"""Engines at ``ssh://``: the remote socket is forwarded to a local one by the user's own ssh.

So ``~/.ssh/config``, agents and known hosts apply as usual, and everything after this speaks to
a plain socket.
"""

from __future__ import annotations

import atexit
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

from repro.errors import EngineError

_PATIENCE = 30.0


def forward(url: str) -> str:
    """The local address of the engine at ``ssh://[USER@]HOST[:PORT][/SOCKET]``.

    The tunnel ends with this process.  Raises EngineError with what ssh said.
    """
    folder = Path(tempfile.mkdtemp(prefix="repro-ssh-"))
    local = folder / "docker.sock"
    ssh = subprocess.Popen(
        _command(url, local), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    atexit.register(_close, ssh, folder)
    deadline = time.monotonic() + _PATIENCE
    while not local.exists():
        if ssh.poll() is not None or time.monotonic() > deadline:
            ssh.kill()
            said = ssh.communicate()[1].decode(errors="backslashreplace").strip()
            raise EngineError(
                f"cannot reach the engine at {url}", cause=said or "ssh took too long"
            )
        time.sleep(0.02)
    return f"unix://{local}"


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


def _close(ssh: subprocess.Popen[bytes], folder: Path) -> None:
    ssh.kill()
    ssh.communicate()
    (folder / "docker.sock").unlink(missing_ok=True)
    folder.rmdir()
