from __future__ import annotations

import configparser
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from repro import schedule
from repro.errors import EnvironmentTrouble, InputError

ODD = ["recheck", "/srv/my cases/50% off", "it's", 'a "b"', "back\\slash", "$HOME", "--jobs", "2"]

#: Keeps the crontab of one user in a file, as cron's own does.
CRONTAB = """#!/bin/sh
file="$0.kept"
case "$1" in
-l) [ ! -e "$0.broken" ] || { echo "crontab: permission denied" >&2; exit 1; }
    [ -e "$file" ] || { echo "no crontab for nobody" >&2; exit 1; }
    cat "$file" ;;
-) cat > "$file.new"; [ ! -e "$0.refuses" ] || { echo "bad minute" >&2; exit 1; }
   mv "$file.new" "$file" ;;
esac
"""


@pytest.fixture
def cron(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with cron, without systemd; the crontab's file."""
    program = tmp_path / "bin" / "crontab"
    program.parent.mkdir()
    program.write_text(CRONTAB)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    monkeypatch.setattr(schedule, "BOOTED", tmp_path / "not-booted")
    return tmp_path / "bin" / "crontab.kept"


@pytest.mark.parametrize(
    "at", ["", "2", "25:00", "02:60", "2:5", "02:30:00", "half past two", "-1:00", "02:30\n"]
)
def test_a_time_of_day_that_is_none_is_refused_before_anything_is_done(cron: Path, at: str) -> None:
    with pytest.raises(InputError, match="--at"):
        schedule.install(["recheck"], at)
    assert not cron.exists()


@pytest.mark.parametrize(("at", "fields"), [("02:30", "30 2"), ("7:05", "5 7"), ("23:59", "59 23")])
def test_a_line_in_the_crontab(cron: Path, at: str, fields: str) -> None:
    told = schedule.install(["recheck", "/cases"], at)
    (line,) = cron.read_text().splitlines()
    assert line.startswith(f"{fields} * * * cd ")
    assert line.endswith("# repro-recheck")
    assert line in told[0]


def test_doing_it_again_replaces_our_line_and_no_other(cron: Path) -> None:
    cron.write_text("MAILTO=x\n# a word\n0 1 * * * backup # repro-recheck-of-mine\n")
    for at in ("01:00", "02:00", "02:00"):
        schedule.install(["recheck"], at)
    lines = cron.read_text().splitlines()
    assert lines[:3] == ["MAILTO=x", "# a word", "0 1 * * * backup # repro-recheck-of-mine"]
    assert len(lines) == 4
    assert lines[3].startswith("0 2 * * *")


def test_a_crontab_that_cannot_be_read_is_left_alone(cron: Path) -> None:
    cron.write_text("0 1 * * * backup\n")
    cron.with_name("crontab.broken").touch()
    with pytest.raises(EnvironmentTrouble, match="cannot be read") as told:
        schedule.install(["recheck"], "02:30")
    assert "permission denied" in told.value.cause
    assert cron.read_text() == "0 1 * * * backup\n"


def test_a_crontab_that_refuses_the_line_is_told(cron: Path) -> None:
    cron.with_name("crontab.refuses").touch()
    with pytest.raises(EnvironmentTrouble, match="crontab -` failed") as told:
        schedule.install(["recheck"], "02:30")
    assert told.value.cause == "bad minute"


def test_cron_carries_out_the_words_as_they_are(
    cron: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "50% of 'it'"
    folder.mkdir()
    monkeypatch.chdir(folder)
    program = tmp_path / "python"
    program.write_text('#!/bin/sh\npwd > "$OUT"\nfor w in "$@"; do echo "$w" >> "$OUT"; done\n')
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))
    schedule.install(ODD, "02:30")
    command = cron.read_text().split(" * * * ", 1)[1].rstrip("\n")
    # What crontab(5) does with it: an unescaped % would end the command.
    assert "%" not in command.replace(r"\%", "")
    out = tmp_path / "out"
    subprocess.run(
        ["sh", "-c", command.replace(r"\%", "%")], check=True, env={**os.environ, "OUT": str(out)}
    )
    assert out.read_text().splitlines() == [str(folder), "-P", "-m", "repro", *ODD]


def unquoted(text: str) -> list[str]:
    """A command line as systemd.syntax(7) reads it."""
    words: list[str] = []
    rest = text
    while rest:
        word, quoted = "", rest[0] == '"'
        rest = rest[quoted:]
        while rest and rest[0] != ('"' if quoted else " "):
            if rest[0] == "\\" or rest[:2] in ("%%", "$$"):
                rest = rest[1:]
            assert rest[0] != "%" or word or rest[0] == "%"
            word, rest = word + rest[0], rest[1:]
        words.append(word)
        rest = rest[quoted:].lstrip(" ")
    return words


def test_the_units_say_what_is_done_and_when() -> None:
    found = schedule.units(["/usr/bin/python3", "-m", "repro", *ODD], 2, 5)
    assert sorted(found) == ["repro-recheck.service", "repro-recheck.timer"]
    service, timer = (configparser.RawConfigParser() for _ in range(2))
    for parser in (service, timer):
        parser.optionxform = str  # type: ignore[assignment,method-assign]
    service.read_string(found["repro-recheck.service"])
    timer.read_string(found["repro-recheck.timer"])
    assert timer["Timer"]["OnCalendar"] == "*-*-* 02:05:00"
    assert timer["Install"]["WantedBy"] == "timers.target"
    assert service["Service"]["Type"] == "oneshot"
    assert service["Service"]["WorkingDirectory"] == str(Path.cwd())
    assert service["Service"]["SuccessExitStatus"].split() == ["1", "4", "5"]
    command = unquoted(service["Service"]["ExecStart"])
    assert command == ["/usr/bin/python3", "-m", "repro", *ODD]


def test_systemd_itself_reads_the_units(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "50% of it"
    folder.mkdir()
    monkeypatch.chdir(folder)
    files = []
    for name, text in schedule.units([sys.executable, *ODD], 2, 30).items():
        files.append(tmp_path / name)
        files[-1].write_text(text)
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd is not installed; the structure of the units is tested beside this")
    # After= names units that this machine may not have: that is no error of ours.
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", *map(str, files)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    ours = [line for line in done.stderr.splitlines() if "repro-recheck" in line]
    assert ours == []
    assert done.returncode == 0, done.stderr


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine that systemd runs, of a user who is not root; what systemctl was asked."""
    program = tmp_path / "bin" / "systemctl"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\necho "$@" >> "$0.asked"\n[ ! -e "$0.fails" ] || exit 3\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr(schedule, "BOOTED", tmp_path)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    return tmp_path / "bin" / "systemctl.asked"


def test_a_timer_is_written_and_started_and_again_replaced(systemd: Path, tmp_path: Path) -> None:
    schedule.install(["recheck"], "02:30")
    told = schedule.install(["recheck", "/other"], "03:00")
    folder = tmp_path / "home/.config/systemd/user"
    assert sorted(path.name for path in folder.iterdir()) == [
        "repro-recheck.service", "repro-recheck.timer",
    ]  # fmt: skip
    assert "03:00:00" in (folder / "repro-recheck.timer").read_text()
    assert shlex.quote("/other") in (folder / "repro-recheck.service").read_text()
    assert systemd.read_text().splitlines() == [
        "--user daemon-reload", "--user enable --now repro-recheck.timer",
    ] * 2  # fmt: skip
    assert any("enable-linger" in line for line in told)


def test_systemd_in_trouble_is_told(systemd: Path) -> None:
    systemd.with_name("systemctl.fails").touch()
    with pytest.raises(EnvironmentTrouble, match="daemon-reload` failed"):
        schedule.install(["recheck"], "02:30")


def test_where_there_is_neither_the_line_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schedule, "BOOTED", tmp_path / "not-booted")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EnvironmentTrouble, match="neither systemd nor cron") as told:
        schedule.install(["recheck"], "02:30")
    assert "30 2 * * * cd " in told.value.action
