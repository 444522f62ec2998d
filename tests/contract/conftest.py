"""The providers that the suite runs on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from repro.ports import Environment, EnvironmentRequest, Image, Provider
from repro.provider.memory import MemoryEnvironment, MemoryProvider
from tests.engines import debian_12, docker_in, quiet, request

REAL = [pytest.param("docker", marks=pytest.mark.engine)]
if os.environ.get("REPRO_TEST_PODMAN"):
    REAL.append(pytest.param("podman", marks=pytest.mark.engine))


class World:
    """A provider, with what a test needs around it."""

    def __init__(self, kind: str, home: Path) -> None:
        self.kind = kind
        self.home = home
        engine = {"engine": os.environ["REPRO_TEST_PODMAN"]} if kind == "podman" else {}
        self._options = engine
        self.provider: Provider = MemoryProvider() if kind == "memory" else self.another()
        self.image: Image = self.provider.os_image(debian_12(), quiet)
        self.started: list[str] = []

    def another(self, **more: object) -> Provider:
        """A provider as another process of the same workspace has it."""
        if self.kind == "memory":
            return self.provider
        return docker_in(self.home, **self._options, **more)

    def start(self, wanted: EnvironmentRequest | None = None) -> Environment:
        made = self.provider.start(wanted or request(self.image), quiet)
        self.started.append(made.id)
        return made

    def abandon(self, environment: Environment) -> None:
        """As when the process that holds it dies: the kernel closes what it had open."""
        if isinstance(environment, MemoryEnvironment):
            environment.abandon()
        else:
            environment._hold.close()  # type: ignore[attr-defined]

    def close(self) -> None:
        for each in self.started:
            self.provider.release(each)
        for info in self.provider.cached():
            self.provider.forget(info.key)


@pytest.fixture(params=[*REAL, "memory"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """Each provider in turn."""
    made = World(request.param, tmp_path)
    yield made
    made.close()


@pytest.fixture(params=REAL)
def real(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """Each provider whose nodes have processes."""
    made = World(request.param, tmp_path)
    yield made
    made.close()
