"""`repro doctor --fix` where systemd is in charge: a container whose first process it is."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engines import debian_12, docker_in, quiet
from tests.support import ROOT

pytestmark = [
    pytest.mark.engine,
    pytest.mark.slow,
    pytest.mark.skipif(
        sys.version_info[:2] != (3, 11), reason="the packages here are not for Debian 12's Python"
    ),
    pytest.mark.skipif(
        not Path("/sys/fs/cgroup/systemd").is_dir(),
        reason="systemd in a container is given control groups of version 1 here",
    ),
]

_IMAGE = f"repro-test-systemd-{os.getpid()}"
_PACKAGES = "systemd systemd-sysv dbus python3 ca-certificates"
#: Says why it does not start, as an engine does that may not use what it needs.
_REFUSES = "[Service]\nExecStart=\nExecStart=/bin/sh -c 'echo no bridge for this engine; exit 1'\n"


def docker(*words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        ["docker", *words], capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0 or not check, done.stderr
    return done


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Debian 12 with systemd."""
    base = docker_in(tmp_path_factory.mktemp("home")).os_image(debian_12(), quiet)
    install = (
        "rm -f /usr/sbin/policy-rc.d; apt-get update -qq && DEBIAN_FRONTEND=noninteractive "
        f"apt-get install -y -qq --no-install-recommends {_PACKAGES}"
    )
    try:
        docker("run", "--name", _IMAGE, base.reference, "sh", "-c", install)
        docker("commit", _IMAGE, _IMAGE)
        yield _IMAGE
    finally:
        docker("rm", "-f", _IMAGE, check=False)
        docker("rmi", _IMAGE, check=False)


class Machine:
    """A container as a machine: systemd, this checkout, and no engine."""

    def __init__(self, image: str) -> None:
        packages = sysconfig.get_path("purelib")
        self._id = docker(
            "run", "--detach", "--cap-add=SYS_ADMIN", "--cap-add=NET_ADMIN",
            "--security-opt=seccomp=unconfined", "--security-opt=apparmor=unconfined",
            "--volume=/sys/fs/cgroup:/sys/fs/cgroup:ro", "--tmpfs=/run", "--tmpfs=/run/lock",
            f"--volume={packages}:/packages:ro", f"--volume={ROOT}:/checkout:ro",
            "--env=PYTHONPATH=/checkout:/packages", "--env=PYTHONDONTWRITEBYTECODE=1",
            "--env=container=docker", image, "/sbin/init",
        ).stdout.strip()  # fmt: skip

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return docker("exec", self._id, *words, check=False)

    def write(self, path: str, text: str) -> None:
        done = self.run("sh", "-c", 'mkdir -p "${1%/*}" && echo "$2" >"$1"', "sh", path, text)
        assert done.returncode == 0, done.stderr

    def wait(self) -> None:
        end = time.monotonic() + 60
        while self.run("systemctl", "is-system-running").stdout.strip() not in (
            "running", "degraded",
        ):  # fmt: skip
            assert time.monotonic() < end, docker("logs", self._id, check=False)
            time.sleep(0.2)

    def close(self) -> None:
        docker("rm", "-f", "-v", self._id, check=False)


@pytest.fixture
def machine(image: str) -> Iterator[Machine]:
    made = Machine(image)
    try:
        made.wait()
        yield made
    finally:
        made.close()


def test_an_engine_is_installed_and_started_by_systemd(machine: Machine) -> None:
    found = machine.run("python3", "-m", "repro", "doctor", "--fix").stdout
    assert "✗ engine: no Docker engine is installed" in found
    assert "starting docker by systemd" in found
    assert "✓ engine: docker 20.10" in found, found
    for asked in ("is-active", "is-enabled"):
        assert machine.run("systemctl", asked, "docker").returncode == 0


def test_a_unit_that_fails_is_told_in_its_own_words(machine: Machine) -> None:
    machine.write("/etc/systemd/system/docker.service.d/refuses.conf", _REFUSES)
    done = machine.run("python3", "-m", "repro", "doctor", "--fix")
    assert done.returncode == 5
    assert "`systemctl enable --now docker.service` failed\n    no bridge for" in done.stdout
    assert "journalctl -u docker.service" in done.stdout
    assert "✓ engine" not in done.stdout


def test_a_recheck_is_installed_for_every_night(machine: Machine) -> None:
    install = ("python3", "-m", "repro", "recheck", "/checkout/cases", "--install-timer", "--at")
    for at in ("02:30", "3:15"):  # the second replaces the first
        done = machine.run(*install, at)
        assert done.returncode == 0, done.stderr
    for asked in ("is-active", "is-enabled"):
        assert machine.run("systemctl", asked, "repro-recheck.timer").returncode == 0
    shown = machine.run("systemctl", "show", "repro-recheck.timer", "-p", "TimersCalendar").stdout
    assert "03:15:00" in shown
    assert "02:30" not in shown
    unit = machine.run("systemctl", "cat", "repro-recheck.service").stdout
    assert "recheck /checkout/cases" in unit
