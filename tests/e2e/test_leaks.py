"""Whatever ends the process that holds an environment, the next sweep leaves nothing of it."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from repro.errors import NodeLostError
from repro.ports import Command
from repro.provider.docker.provider import DockerProvider
from tests.engines import debian_12, docker_in, left_behind, quiet, request, until
from tests.second_engine import SecondEngine, second_engine

pytestmark = pytest.mark.engine

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def provider(tmp_path: Path) -> DockerProvider:
    return docker_in(tmp_path)


def _holder(home: Path, engine: str = "", count: int = 1) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.e2e.holder", str(home), engine, str(count)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )


def _ours(provider: DockerProvider) -> list[str]:
    """All that the engine has of this workspace."""
    filters = {"label": f"dev.repro.workspace={provider._leases.workspace}"}
    found = provider._engine.call("containers", all=True, filters=filters)
    return [each["Id"] for each in found + provider._engine.call("networks", filters=filters)]


def _nothing_after_a_sweep(provider: DockerProvider, home: Path) -> bool:
    provider.sweep(quiet)
    time.sleep(0.25)
    return not (
        _ours(provider) or provider.environments() or list((home / "environments").glob("*"))
    )


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
@pytest.mark.parametrize("attempt", range(4))
def test_ended_at_a_random_moment(
    provider: DockerProvider, tmp_path: Path, number: signal.Signals, attempt: int
) -> None:
    moment = random.Random().uniform(0, 0.8)
    print(f"ended after {moment:.3f} s")
    holder = _holder(tmp_path, count=1 + attempt % 2)
    assert holder.stdout is not None
    with holder:
        assert holder.stdout.readline() == "begin\n"
        time.sleep(moment)
        holder.send_signal(number)
        holder.wait(20)
    # A request that was under way when its sender died may be carried out a little later.
    until(lambda: _nothing_after_a_sweep(provider, tmp_path))


def test_what_others_have_is_left_alone(provider: DockerProvider, tmp_path: Path) -> None:
    """Another workspace's abandoned environment, and a container and network without labels."""
    engine = provider._engine
    image = provider.os_image(debian_12(), quiet)
    other = docker_in(tmp_path / "other")
    abandoned = other.start(request(image, "a", "b"), quiet)
    abandoned._hold.close()  # type: ignore[attr-defined]
    name = f"test-foreign-{os.getpid()}-{time.time_ns()}"
    foreign = engine.call("create_container", image.reference, ["sleep", "60"], name=name)["Id"]
    network = engine.call("create_network", name)["Id"]
    try:
        engine.call("start", foreign)
        assert provider.sweep(quiet) == []
        assert engine.call("inspect_container", foreign)["State"]["Running"]
        assert engine.call("inspect_network", network)["Name"] == name
        assert abandoned.nodes["a"].run(Command(("true",))).exit == 0
    finally:
        engine.call("remove_container", foreign, force=True)
        engine.call("remove_network", network)
        other.release(abandoned.id)


def test_a_container_killed_from_outside(provider: DockerProvider) -> None:
    image = provider.os_image(debian_12(), quiet)
    environment = provider.start(request(image), quiet)
    node = environment.nodes["node"]
    container = node.ansible()["ansible_host"]
    threading.Timer(1, provider._engine.call, ["kill", container]).start()
    began = time.monotonic()
    with pytest.raises(NodeLostError):
        node.run(Command(("sleep", "60")))
    assert time.monotonic() - began < 40
    assert node.state().state == "exited"
    environment.release()
    assert left_behind(provider, environment.id) == []


@pytest.fixture
def second() -> Iterator[SecondEngine]:
    with second_engine() as made:
        yield made


def _interface(name: str) -> bool:
    return Path("/sys/class/net", name).exists()


# The SDK leaves a socket open that could not connect.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_the_engine_restarted_in_the_middle(
    second: SecondEngine, tmp_path: Path, number: signal.Signals
) -> None:
    before = _interface("docker0")
    provider = docker_in(tmp_path, engine=second.url)
    image = provider.os_image(debian_12(), quiet)
    environment = provider.start(request(image), quiet)
    node = environment.nodes["node"]
    ending = threading.Timer(1, second.end, [number])
    ending.start()
    began = time.monotonic()
    with pytest.raises(NodeLostError):
        node.run(Command(("sleep", "120"), timeout=120))
    assert time.monotonic() - began < 60
    ending.join()
    second.start()
    again = docker_in(tmp_path, engine=second.url)
    assert _interface("docker0") == before
    environment._hold.close()  # type: ignore[attr-defined]
    assert any(environment.id in line for line in again.sweep(quiet))
    assert _ours(again) == []
    assert again.environments() == []
