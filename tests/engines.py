"""What tests of real engines share: settings of their own, an OS image, requests."""

from __future__ import annotations

import contextlib
import os
import secrets
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import platformdirs

from repro.catalog.catalog import Catalog
from repro.model.plan import Limits
from repro.model.profile import OsProfile
from repro.ports import Environment, EnvironmentRequest, Image, NodeRequest
from repro.provider.docker import connect
from repro.provider.docker.provider import DockerProvider
from repro.settings import Settings

MIB = 1 << 20
LIMITS = Limits(memory=256 * MIB, cpus=1.0, processes=100, disk=256 * MIB)


def quiet(line: str) -> None:
    """Progress that nobody reads."""


def debian_12() -> OsProfile:
    """The profile of the OS that the tests run on."""
    return Catalog(Settings(home=Path("/nonexistent"), cache=Path("/nonexistent"))).os("debian-12")


def settings_in(home: Path, **more: object) -> Settings:
    """Settings with a home of their own; what takes long to make is shared through the cache."""
    named = os.environ.get("REPRO_CACHE")
    cache = Path(named) if named else platformdirs.user_cache_path("repro")
    return Settings.model_validate({"home": home, "cache": cache, **more})


def docker_in(home: Path, **more: object) -> DockerProvider:
    """A provider with a workspace of its own."""
    return connect(settings_in(home, **more))


def request(
    image: Image,
    *names: str,
    network: str = "isolated",
    limits: Limits = LIMITS,
    purpose: str = "run",
    lifetime: float = 600,
    **more: object,
) -> EnvironmentRequest:
    """An environment of equal nodes; ``more`` goes to each."""
    nodes = tuple(
        NodeRequest(name, image, limits, **more)  # type: ignore[arg-type]
        for name in names or ("node",)
    )
    return EnvironmentRequest(
        id=f"test-{secrets.token_hex(6)}",
        purpose=purpose,  # type: ignore[arg-type]
        nodes=nodes,
        network=network,  # type: ignore[arg-type]
        lifetime=lifetime,
    )


def left_behind(provider: DockerProvider, environment: str) -> list[str]:
    """What the engine still has of an environment."""
    engine = provider._engine
    filters = {"label": f"dev.repro.environment={environment}"}
    found = engine.call("containers", all=True, filters=filters)
    return [each["Id"] for each in found + engine.call("networks", filters=filters)]


def only(environment: Environment) -> str:
    """The name of its first node."""
    return next(iter(environment.nodes))


def of_this_workplace(env: Mapping[str, str]) -> list[str]:
    """Containers and networks that carry the label of this home."""
    workspace = next(Path(env["REPRO_HOME"]).glob("workspace*")).read_text("utf-8").strip()
    left = []
    for kind in ("container", "network"):
        listing = ["docker", kind, "ls", "-q", "--filter", f"label=dev.repro.workspace={workspace}"]
        if kind == "container":
            listing.insert(3, "-a")
        done = subprocess.run(listing, capture_output=True, text=True, check=True)
        left += done.stdout.split()
    return left


def until(true: Callable[[], object], patience: float = 120) -> None:
    """Wait for it; how long it takes says how busy this machine is, and nothing else."""
    end = time.monotonic() + patience
    while not true():
        assert time.monotonic() < end, f"not within {patience:.0f} s"
        time.sleep(0.02)


def wait_for_quiet(env: Mapping[str, str]) -> None:
    """Wait until the housekeeping of ended runs, which nobody waits for, is over.

    Until then their containers hold on to the images they were made from, and the history is
    still written.
    """
    until(lambda: not _housekeepers(env["REPRO_HOME"]) and not of_this_workplace(env))


def _housekeepers(home: str) -> list[Path]:
    """The processes that clean up behind the runs of a home."""
    mine = f"REPRO_HOME={home}".encode()
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it ended meanwhile
            words = (process / "cmdline").read_bytes().split(b"\0")
            if {b"gc", b"--quiet"} <= {*words}:
                found += (
                    [process] if mine in (process / "environ").read_bytes().split(b"\0") else []
                )
    return found
