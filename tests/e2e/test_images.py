"""Where OS images come from: a registry on loopback, a registry that is not there, neither."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from repro.errors import ImageError
from repro.provider.docker.provider import DockerProvider
from repro.settings import Mirrors
from tests.engines import debian_12, docker_in, quiet

pytestmark = pytest.mark.engine


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[str]:
    """Debian's docker-registry, on loopback, with a folder of its own."""
    if shutil.which("docker-registry") is None:
        pytest.fail("install docker-registry: `apt-get install docker-registry`")
    port = _free_port()
    config = tmp_path / "registry.yml"
    config.write_text(
        "version: 0.1\n"
        f"storage: {{filesystem: {{rootdirectory: {tmp_path}/registry}}}}\n"
        f"http: {{addr: '127.0.0.1:{port}'}}\n"
    )
    with (tmp_path / "registry.log").open("wb") as log:
        process = subprocess.Popen(["docker-registry", "serve", config], stdout=log, stderr=log)
    try:
        _wait_for(port)
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    pytest.fail("the registry did not start")


def _tagged(provider: DockerProvider, source: str, repository: str, tag: str) -> None:
    provider._engine.call("tag", source, repository, tag)


def test_it_is_pulled_through_the_mirror(registry: str, tmp_path: Path) -> None:
    here = docker_in(tmp_path)
    base = here.os_image(debian_12(), quiet)
    name = f"test-mirror-{time.time_ns()}"
    _tagged(here, base.reference, f"{registry}/{name}", "12")
    engine = here._engine
    try:
        assert "error" not in engine.slowly("push", f"{registry}/{name}", "12").lower()
        engine.call("remove_image", f"{registry}/{name}:12")
        profile = debian_12().model_copy(update={"name": name, "image": f"{name}:12"})
        provider = docker_in(tmp_path, mirrors=Mirrors(images=registry))
        said: list[str] = []
        found = provider.os_image(profile, said.append)
        assert found.source == "pulled"
        assert found.reference == f"{name}:12"
        assert found.digest.startswith("sha256:")
        assert any(found.digest in line for line in said)
        assert provider.os_image(profile, said.append).source == "local"
    finally:
        for reference in (f"{registry}/{name}:12", f"{name}:12"):
            subprocess.run(["docker", "rmi", reference], capture_output=True, check=False)


def test_all_tries_are_named_and_soon(tmp_path: Path) -> None:
    profile = debian_12().model_copy(update={"name": "nope-1", "image": "nope:1", "build": None})
    provider = docker_in(tmp_path, mirrors=Mirrors(images=f"127.0.0.1:{_free_port()}"))
    began = time.monotonic()
    with pytest.raises(ImageError) as caught:
        provider.os_image(profile, quiet)
    assert time.monotonic() - began < 60
    told = str(caught.value)
    for words in ("local: the engine has neither", "pull: ", "build: ", "next: "):
        assert words in told


def test_a_registry_that_keeps_silent_is_given_up(tmp_path: Path) -> None:
    profile = debian_12().model_copy(update={"name": "nope-2", "image": "nope:2", "build": None})
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        provider = docker_in(tmp_path, mirrors=Mirrors(images=address))
        began = time.monotonic()
        with pytest.raises(ImageError):
            provider.os_image(profile, quiet)
        assert time.monotonic() - began < 60
