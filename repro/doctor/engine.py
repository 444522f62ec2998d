"""The container engine: what is wrong with it, and how to set it right on Debian and Ubuntu."""

from __future__ import annotations

import getpass
import grp
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from repro.doctor.finding import Finding
from repro.errors import EngineError

Say = Callable[[str], None]
_SOCKET = Path("/var/run/docker.sock")
_LOG = Path("/var/log/dockerd.log")
#: Is there where systemd is in charge (sd_booted(3)).
_SYSTEMD = Path("/run/systemd/system")
_UNIT = "docker.service"
#: Characters of a log that are shown.
_WORDS = 500
_PID_FILES = {
    Path("/var/run/docker.pid"): "dockerd",
    Path("/var/run/docker/containerd/containerd.pid"): "containerd",
}
#: Seconds that an engine gets to answer after it was started.
_START_LIMIT = 60.0
_INSTALL_LIMIT = 900.0


def trouble(error: EngineError) -> Finding:
    """Why the engine does not answer, and what would help."""
    if f"unix://{_SOCKET}" not in error.what:
        # Another engine is named, or this one answers: nothing that could be started here.
        return Finding("engine", "trouble", f"{error.what}: {error.cause}", error.action)
    if _daemon() is None:
        remedy = "install a Docker engine (on Debian and Ubuntu: the package docker.io)"
        return Finding("engine", "trouble", "no Docker engine is installed", remedy, install)
    if _SOCKET.exists() and not os.access(_SOCKET, os.R_OK | os.W_OK):
        user = getpass.getuser()
        remedy = f"add {user} to the group docker, then log in again (it is as good as root)"
        return Finding("engine", "trouble", f"{user} may not use {_SOCKET}", remedy, join_group)
    remedy = "start it (`systemctl start docker`, or `dockerd` where there is no systemd)"
    return Finding("engine", "trouble", "the Docker engine is not running", remedy, start)


def install(say: Say) -> None:
    """Install Debian's or Ubuntu's own engine, and start it.  Raises EngineError."""
    installer("docker.io")(say)
    start(say)


def installer(package: str) -> Callable[[Say], None]:
    """What installs a package with apt."""

    def run(say: Say) -> None:
        if shutil.which("apt-get") is None:
            raise EngineError(
                f"{package} can be installed for you on Debian and Ubuntu only",
                cause="there is no apt-get here",
                action=f"install {package} by this system's own package manager",
            )
        say(f"installing {package} with apt-get")
        _as_root(["apt-get", "update", "-qq"])
        environment = {"DEBIAN_FRONTEND": "noninteractive"}
        _as_root(
            ["apt-get", "install", "-y", "-qq", "--no-install-recommends", package], environment
        )

    return run


def start(say: Say) -> None:
    """Start the engine by systemd, or as a process of its own where systemd is not in charge.

    Raises EngineError with the engine's own last words.
    """
    if _SYSTEMD.is_dir():
        say("starting docker by systemd")
        _start_unit()
    else:
        say(f"starting dockerd (there is no systemd); its log: {_LOG}")
        _start_daemon()
        _await_socket(_end_of_log)


def join_group(say: Say) -> None:
    """Let this user use the engine."""
    user = getpass.getuser()
    try:
        grp.getgrnam("docker")
    except KeyError:
        _as_root(["groupadd", "--system", "docker"])
    _as_root(["usermod", "-aG", "docker", user])
    say(f"{user} is in the group docker now; log in again for it to count")


def _daemon() -> str | None:
    return shutil.which("dockerd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")


def _start_unit() -> None:
    began = time.time()
    try:
        _as_root(["systemctl", "enable", "--now", _UNIT])
    except EngineError as error:
        cause = _journal(began) or error.cause
        action = f"`journalctl -u {_UNIT}` has all of it; then `repro doctor --fix` again"
        raise EngineError(error.what, cause=cause, action=action) from error
    _await_socket(lambda: _journal(began))


def _journal(since: float) -> str:
    """The last words of the engine itself, not systemd's about it; "" where it had none."""
    ours = [f"--since=@{int(since)}", f"_SYSTEMD_UNIT={_UNIT}"]
    try:
        said = _as_root(["journalctl", "--no-pager", "--quiet", "--output=cat", "-n5", *ours])
    except EngineError:
        return ""
    return said.strip()[-_WORDS:]


def _start_daemon() -> None:
    daemon = _daemon()
    if daemon is None:
        raise EngineError("dockerd is not installed", action="`repro doctor --fix` installs it")
    _forget_dead_daemon()
    script = f'nohup "$1" >>"{_LOG}" 2>&1 </dev/null &'
    _as_root(["setsid", "sh", "-c", script, "sh", daemon])


def _forget_dead_daemon() -> None:
    """Remove the pid files of an engine that was killed.

    An engine takes whatever process has that number by now for another engine, and does not start.
    """
    for path, name in _PID_FILES.items():
        try:
            process = Path("/proc", path.read_text("ascii").strip(), "comm")
        except (OSError, UnicodeDecodeError):
            continue
        if not process.is_file() or process.read_text("utf-8", "replace").strip() != name:
            _as_root(["rm", "-f", str(path)])


def _end_of_log() -> str:
    try:
        return _LOG.read_text("utf-8", "replace")[-_WORDS:]
    except OSError:
        return ""


def _await_socket(last_words: Callable[[], str]) -> None:
    end = time.monotonic() + _START_LIMIT
    while time.monotonic() < end:
        if _SOCKET.is_socket() and _answers():
            return
        time.sleep(0.3)
    raise EngineError(
        f"the engine does not answer after {_START_LIMIT:.0f} s",
        cause=last_words() or "it said nothing",
        action="look at its log; a machine without the needed rights cannot run one",
    )


def _answers() -> bool:
    """Whether the engine answers, not only listens: it opens its socket before it is ready."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(2)
        try:
            connection.connect(str(_SOCKET))
            connection.sendall(b"GET /_ping HTTP/1.0\r\n\r\n")
            return b"200 OK" in connection.recv(1024)
        except PermissionError:
            return True  # it is up; the next check says that this user may not use it
        except OSError:
            return False


def _as_root(command: Sequence[str], environment: dict[str, str] | None = None) -> str:
    """What the command printed.  Raises EngineError with its last words."""
    prefix = [] if os.geteuid() == 0 else ["sudo", "-n"]
    variables = [f"{key}={value}" for key, value in (environment or {}).items()]
    argv = [*prefix, "env", *variables, *command]
    try:
        done = subprocess.run(
            argv, check=False, capture_output=True, text=True, timeout=_INSTALL_LIMIT
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise EngineError(f"`{' '.join(command)}` could not be run", cause=str(error)) from error
    if done.returncode != 0:
        raise EngineError(
            f"`{' '.join(command)}` failed",
            cause="\n".join((done.stderr or done.stdout).strip().splitlines()[-3:]),
            action="run it yourself as root, then `repro doctor` again",
        )
    return done.stdout
