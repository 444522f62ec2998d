"""Doing a command every night: by a systemd timer where systemd runs, else by cron."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from repro.errors import EnvironmentTrouble, InputError

#: What our timer and our line in a crontab are found again by.
NAME = "repro-recheck"
#: Where systemd says that it is the init system (sd_booted(3)).
BOOTED = Path("/run/systemd/system")
#: What cron says where a user has no crontab yet (Debian's and cronie; busybox).
_NO_CRONTAB = re.compile("no crontab|no such file", re.IGNORECASE)
#: Exit statuses that are an answer, not a failure of the job.
_ANSWERS = "1 4 5"

_SERVICE = """\
[Unit]
Description=repro: look at the known issues again
Wants=network-online.target
After=network-online.target docker.service

[Service]
Type=oneshot
WorkingDirectory={folder}
ExecStart={command}
SuccessExitStatus={answers}
"""
_TIMER = """\
[Unit]
Description=repro: look at the known issues every night

[Timer]
OnCalendar=*-*-* {hour:02d}:{minute:02d}:00
RandomizedDelaySec=5min
Persistent=true

[Install]
WantedBy=timers.target
"""


def install(arguments: Sequence[str], at: str) -> list[str]:
    """Run repro with these arguments every night; what was done, a line each.

    Doing it again replaces what was installed before.  Raises InputError for a time of day that
    is none, EnvironmentTrouble where there is neither systemd nor cron.
    """
    hour, minute = _time(at)
    command = [sys.executable, "-P", "-m", "repro", *arguments]
    if BOOTED.is_dir():
        return _by_systemd(command, hour, minute)
    if shutil.which("crontab"):
        return _by_cron(command, hour, minute)
    line = _cron_line(command, hour, minute)
    raise EnvironmentTrouble(
        "there is neither systemd nor cron to do it",
        cause="systemd is not the init system here, and no `crontab` was found",
        action=f"install cron, or give this line to whatever runs jobs here: {line}",
    )


def units(command: Sequence[str], hour: int, minute: int) -> dict[str, str]:
    """The files of a systemd service and its timer (systemd.service(5), systemd.timer(5))."""
    quoted = " ".join(_systemd_word(word) for word in command)
    service = _SERVICE.format(folder=str(Path.cwd()).replace("%", "%%"), command=quoted,
                              answers=_ANSWERS)  # fmt: skip
    return {
        f"{NAME}.service": service,
        f"{NAME}.timer": _TIMER.format(hour=hour, minute=minute),
    }


def _systemd_word(word: str) -> str:
    """A word of a command as systemd reads it, which is not as a shell does (systemd.syntax(7)):
    % begins a specifier, $ a variable, a backslash an escape, also between quotes.
    """
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"' if re.search(r"[^\w./:=@%,+-]", word) or not word else escaped


def _by_systemd(command: Sequence[str], hour: int, minute: int) -> list[str]:
    is_root = os.geteuid() == 0
    folder = Path("/etc/systemd/system") if is_root else Path.home() / ".config/systemd/user"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in units(command, hour, minute).items():
            (folder / name).write_text(text, "utf-8")
    except OSError as error:
        raise EnvironmentTrouble(f"cannot write the timer: {error}") from error
    control = ["systemctl"] if is_root else ["systemctl", "--user"]
    _run([*control, "daemon-reload"])
    _run([*control, "enable", "--now", f"{NAME}.timer"])
    return [
        f"wrote {folder / NAME}.service and .timer, every day at {hour:02d}:{minute:02d}",
        f"its output: journalctl {'' if is_root else '--user '}-u {NAME}",
        f"to end it: {' '.join(control)} disable --now {NAME}.timer",
        *([] if is_root else ["to have it done while you are logged out: loginctl enable-linger"]),
    ]


def _by_cron(command: Sequence[str], hour: int, minute: int) -> list[str]:
    listed = subprocess.run(["crontab", "-l"], capture_output=True, text=True, check=False)
    if listed.returncode != 0 and not _NO_CRONTAB.search(listed.stderr):
        # Whatever stands in it must not be lost.
        raise EnvironmentTrouble(
            "your crontab cannot be read, so nothing is added to it", cause=listed.stderr.strip()
        )
    kept = [line for line in listed.stdout.splitlines() if not line.endswith(f"# {NAME}")]
    line = _cron_line(command, hour, minute)
    _run(["crontab", "-"], stdin="\n".join([*kept, line]) + "\n")
    return [f"added to your crontab: {line}", f"to end it: crontab -e, and remove # {NAME}"]


def _cron_line(command: Sequence[str], hour: int, minute: int) -> str:
    """A line of crontab(5), where % would end the command."""
    shell = f"cd {shlex.quote(str(Path.cwd()))} && {shlex.join(command)}".replace("%", r"\%")
    return f"{minute} {hour} * * * {shell}  # {NAME}"


def _run(command: Sequence[str], stdin: str | None = None) -> None:
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise EnvironmentTrouble(
            f"`{' '.join(command)}` failed",
            cause=(done.stderr or done.stdout).strip() or f"exit status {done.returncode}",
            action="correct that, then install the timer again",
        )


def _time(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", text)
    if not found:
        raise InputError(f"--at {text!r} is no time of day", action="write it like 02:30")
    return int(found[1]), int(found[2])
