"""Whatever ends the process that holds an environment, the next sweep leaves nothing of it."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from repro.errors import NodeLostError
from repro.ports import Command
from repro.provider.docker.provider import DockerProvider
from tests.engines import debian_12, docker_in, left_behind, quiet, request

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


def _swept(provider: DockerProvider) -> list[str]:
    """A request that was under way when its sender died may be carried out a little later."""
    for _ in range(20):
        provider.sweep(quiet)
        time.sleep(0.25)
        if not _ours(provider):
            return []
    return _ours(provider)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
@pytest.mark.parametrize("attempt", range(4))
def test_ended_at_a_random_moment(
    provider: DockerProvider, tmp_path: Path, number: signal.Signals, attempt: int
) -> None:
    moment = random.Random().uniform(0, 0.8)
    holder = _holder(tmp_path, count=1 + attempt % 2)
    assert holder.stdout is not None
    with holder:
        assert holder.stdout.readline() == "begin\n"
        time.sleep(moment)
        holder.send_signal(number)
        holder.wait(20)
    assert _swept(provider) == [], f"after {moment:.3f} s"
    assert provider.environments() == []
    assert list((tmp_path / "environments").glob("*")) == []


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


class SecondEngine:
    """A Docker engine with its own data, socket and process, to be restarted at will."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = f"unix://{folder}/docker.sock"
        # Not `none`: an engine without a bridge removes docker0, also another engine's.
        self.bridge = f"rp-{os.getpid()}"
        self._process: subprocess.Popen[bytes] | None = None

    def make_bridge(self) -> None:
        for words in (
            ("link", "add", self.bridge, "type", "bridge"),
            ("addr", "add", f"10.253.{os.getpid() % 250 + 1}.1/24", "dev", self.bridge),
            ("link", "set", self.bridge, "up"),
        ):
            subprocess.run(["ip", *words], check=True)

    def start(self) -> None:
        folder = self.folder
        with (folder / "dockerd.log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    "dockerd", f"--data-root={folder}/data", f"--exec-root={folder}/exec",
                    f"--pidfile={folder}/docker.pid", f"--host={self.url}",
                    f"--bridge={self.bridge}",
                    "--iptables=false", "--ip6tables=false", "--storage-driver=overlay2",
                    "--containerd-namespace=repro-test",
                    "--containerd-plugins-namespace=repro-plugins",
                ],
                stdout=log,
                stderr=log,
            )  # fmt: skip
        self._wait(lambda: (folder / "docker.sock").exists() and self._answers())

    def _answers(self) -> bool:
        asked = subprocess.run(
            ["docker", "-H", self.url, "version"], capture_output=True, check=False
        )
        return asked.returncode == 0

    def _wait(self, until: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 60
        while not until():
            assert time.monotonic() < deadline, (self.folder / "dockerd.log").read_text()[-2000:]
            time.sleep(0.1)

    def end(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)
        self._process.wait(60)
        self._end_containerd()
        (self.folder / "docker.sock").unlink(missing_ok=True)

    def _end_containerd(self) -> None:
        """A killed engine leaves the containerd that it started, which holds the next one up."""
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            path = self.folder / "exec" / "containerd" / "containerd.pid"
            number = int(path.read_text("ascii"))
            os.kill(number, signal.SIGKILL)
            self._wait(lambda: not Path(f"/proc/{number}").exists())

    def close(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self.end(signal.SIGTERM)


@pytest.fixture
def second(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecondEngine]:
    if os.geteuid() != 0 or shutil.which("dockerd") is None:
        pytest.fail("this test starts an engine of its own: it needs root and dockerd")
    folder = Path("/tmp") / f"repro-engine-{os.getpid()}"
    folder.mkdir()
    made = SecondEngine(folder)
    try:
        made.make_bridge()
        made.start()
        yield made
    finally:
        made.close()
        subprocess.run(["ip", "link", "del", made.bridge], check=False)
        for mount in ("data", "exec"):
            subprocess.run(["umount", "-l", folder / mount], capture_output=True, check=False)
        shutil.rmtree(folder, ignore_errors=True)


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
