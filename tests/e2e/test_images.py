"""Where OS images come from: a registry on loopback, a registry that is not there, neither."""

from __future__ import annotations

import io
import os
import re
import socket
import subprocess
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from repro.errors import ImageError
from repro.provider.docker.provider import DockerProvider
from repro.settings import Mirrors
from tests.engines import debian_12, docker_in, quiet
from tests.registry_server import registry_in
from tests.servers import free_port

pytestmark = pytest.mark.engine


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[str]:
    """Its host and port."""
    with registry_in(tmp_path) as host:
        yield host


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


@pytest.fixture
def large(registry: str, tmp_path: Path) -> Iterator[str]:
    """An image of 120 MB in two layers that only the registry has."""
    here = docker_in(tmp_path)._engine
    name, archive = f"test-large-{time.time_ns()}", tmp_path / "layer.tar"
    with tarfile.open(archive, "w") as layer:
        layer.addfile(_member("first", 60_000_000), io.BytesIO(os.urandom(60_000_000)))
    full = f"{registry}/{name}"
    here.slowly(
        "import_image_from_file", str(archive), repository=full, tag="1", changes=['CMD ["sh"]']
    )
    made = here.call("create_container", f"{full}:1")["Id"]
    second = io.BytesIO()
    with tarfile.open(fileobj=second, mode="w") as layer:
        layer.addfile(_member("second", 60_000_000), io.BytesIO(os.urandom(60_000_000)))
    here.slowly("put_archive", made, "/", second.getvalue())
    here.slowly("commit", made, full, "12")
    here.call("remove_container", made)
    assert "error" not in here.slowly("push", full, "12").lower()
    for tag in ("12", "1"):
        here.slowly("remove_image", f"{full}:{tag}")
    yield name
    for reference in (f"{full}:12", f"{name}:12"):
        subprocess.run(["docker", "rmi", reference], capture_output=True, check=False)


def _member(name: str, size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size = size
    return member


@pytest.mark.slow
def test_a_large_pull_says_how_far_it_is(registry: str, large: str, tmp_path: Path) -> None:
    profile = debian_12().model_copy(update={"name": large, "image": f"{large}:12", "build": None})
    said: list[str] = []
    found = docker_in(tmp_path, mirrors=Mirrors(images=registry)).os_image(profile, said.append)
    assert found.source == "pulled"
    assert said[0] == f"pulling {registry}/{large}:12"
    assert said[-1] == f"pulled {registry}/{large}:12, {found.digest}"
    between = [re.fullmatch(r"pulling .*: (\w+) (\d+) of (\d+) MB", line) for line in said[1:-1]]
    assert all(between), said
    assert 4 <= len(between) <= 40, said
    for part in ("loaded", "unpacked"):
        far = [int(line[2]) for line in between if line and line[1] == part]
        assert far == sorted(set(far)), said
        assert far[-1] > 100, said


def test_all_tries_are_named_and_soon(tmp_path: Path) -> None:
    profile = debian_12().model_copy(update={"name": "nope-1", "image": "nope:1", "build": None})
    provider = docker_in(tmp_path, mirrors=Mirrors(images=f"127.0.0.1:{free_port()}"))
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
