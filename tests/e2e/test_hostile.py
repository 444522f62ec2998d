"""Steps that would take a machine down end in time, and the node and the machine are well."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from repro.ports import Command, Environment
from repro.provider.docker.provider import DockerProvider
from tests.engines import LIMITS, MIB, debian_12, docker_in, quiet, request

pytestmark = pytest.mark.engine


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[Environment]:
    provider: DockerProvider = docker_in(tmp_path)
    image = provider.os_image(debian_12(), quiet)
    made = provider.start(request(image), quiet)
    yield made
    made.release()
    assert provider.environments() == []


def _is_well(environment: Environment) -> None:
    node = environment.nodes["node"]
    done = node.run(Command(("sh", "-c", "(echo forked) | cat"), timeout=60))
    assert (done.exit, done.stdout.text) == (0, "forked\n")
    assert node.state().state == "running"


@pytest.mark.parametrize("user", ["root", "nobody"])
@pytest.mark.parametrize(
    "bomb",
    [
        ("bash", "-c", ":(){ :|:& };: ; sleep 100"),
        ("perl", "-e", "while (1) { fork() }"),
        ("perl", "-MPOSIX", "-e", "while (1) { fork() or setsid() }"),
        ("perl", "-MPOSIX", "-e", "$SIG{TERM}='IGNORE'; while (1) { fork() }"),
    ],
    ids=["bash", "perl", "setsid", "deaf"],
)
def test_a_fork_bomb(environment: Environment, bomb: tuple[str, ...], user: str) -> None:
    done = environment.nodes["node"].run(Command(bomb, timeout=2, user=user, keep=10_000))
    assert done.ended_by == "timeout"
    assert done.seconds < 40
    _is_well(environment)


def test_a_memory_hog(environment: Environment) -> None:
    hog = "my @a; while (1) { push @a, 'x' . ('y' x 1_000_000) . rand }"
    done = environment.nodes["node"].run(Command(("perl", "-e", hog), timeout=60))
    assert (done.exit, done.signal, done.ended_by) == (137, "SIGKILL", "")
    assert environment.nodes["node"].state().oom_killed
    _is_well(environment)


def test_endless_output_costs_no_memory_here(environment: Environment) -> None:
    before = _resident_memory()
    done = environment.nodes["node"].run(Command(("yes",), timeout=3, keep=1 * MIB))
    assert done.ended_by == "timeout"
    assert done.seconds < 60
    assert done.stdout.size > 10 * MIB
    assert len(done.stdout.text) <= 1 * MIB
    assert _resident_memory() - before < 30 * MIB
    _is_well(environment)


def _resident_memory() -> int:
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGESIZE")


def test_a_filled_disk(environment: Environment) -> None:
    fill = "i=0; while :; do i=$((i+1)); head -c 20000000 /dev/zero >/fill$i; sleep 0.02; done"
    done = environment.nodes["node"].run(Command(("sh", "-c", fill), timeout=600))
    assert done.ended_by == "disk-limit"
    used = environment.nodes["node"].run(Command(("sh", "-c", "du -sm --total /fill* | tail -1")))
    assert int(used.stdout.text.split()[0]) * MIB < 8 * LIMITS.disk
    environment.nodes["node"].run(Command(("sh", "-c", "rm /fill*")))
    _is_well(environment)


def test_a_disk_filled_with_small_files(environment: Environment) -> None:
    fill = "mkdir /many; cd /many; split -b 16384 --suffix-length=6 /dev/zero"
    done = environment.nodes["node"].run(Command(("sh", "-c", fill), timeout=600))
    assert done.ended_by == "disk-limit"
    environment.nodes["node"].run(Command(("rm", "-r", "/many"), timeout=600))
    _is_well(environment)


def test_output_without_a_reader_that_keeps_up(environment: Environment) -> None:
    def slow(_stream: str, _data: bytes) -> None:
        time.sleep(0.05)

    began = time.monotonic()
    done = environment.nodes["node"].run(Command(("yes",), timeout=1), slow)
    assert done.ended_by == "timeout"
    assert time.monotonic() - began < 60
    _is_well(environment)


def test_many_at_once(environment: Environment) -> None:
    node = environment.nodes["node"]
    ended: list[str] = []

    def one() -> None:
        done = node.run(Command(("sh", "-c", "setsid sleep 50 & yes"), timeout=2, keep=1000))
        ended.append(done.ended_by)

    threads = [threading.Thread(target=one) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ended == ["timeout"] * 6
    stats = node.run(Command(("sh", "-c", "cat /proc/[0-9]*/stat"))).stdout.text.splitlines()
    left = "\n".join(line for line in stats if ") Z " not in line)
    assert "(yes)" not in left
    assert left.count("(sleep)") == 1  # the node's own main process
    _is_well(environment)
