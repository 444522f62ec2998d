"""The provider: everything that ``repro.ports.Provider`` asks for."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from repro.errors import EngineError, NotFoundError
from repro.model.image import SavedImage
from repro.model.profile import OsProfile
from repro.model.record import NodeLock
from repro.ports import (
    EngineInfo,
    Environment,
    EnvironmentInfo,
    EnvironmentRequest,
    Image,
    Lease,
    PreparedInfo,
    Say,
)
from repro.provider.docker import environment as environments
from repro.provider.docker import labels
from repro.provider.docker.disk import DiskWatch
from repro.provider.docker.endpoint import resolve
from repro.provider.docker.engine import Engine
from repro.provider.docker.environment import DockerEnvironment
from repro.provider.docker.images import Images
from repro.provider.docker.node import DockerNode
from repro.provider.docker.prepared import Prepared
from repro.provider.leases import Leases, State
from repro.settings import Settings


class DockerProvider:
    """Implements ``repro.ports.Provider``."""

    def __init__(self, settings: Settings) -> None:
        self._engine = Engine(resolve(settings.engine))
        self._leases = Leases(settings.home)
        self._images = Images(self._engine, settings)
        self._prepared = Prepared(self._engine, settings, self._leases)

    @property
    def name(self) -> str:
        """Which provider this is."""
        return "docker"

    @property
    def powers(self) -> frozenset[str]:
        """What it can do beyond the ordinary."""
        return frozenset({"console"})

    def engine(self) -> EngineInfo:
        """Ask what is there.  Raises EngineError."""
        info = self._engine.info
        return EngineInfo(
            name="podman" if self._engine.podman else "docker",
            version=info["ServerVersion"],
            architecture=info["Architecture"],
            kernel=info["KernelVersion"],
            cpus=info["NCPU"],
            memory=info["MemTotal"],
        )

    def os_image(self, os: OsProfile, say: Say) -> Image:
        """The OS's image: local, else pulled, else built."""
        return self._images.of(os, say)

    def image_source(self, os: OsProfile) -> str | None:
        """Where the OS's image would come from: local, pulled, built; None: from nowhere."""
        return self._images.source(os)

    # -- prepared images -------------------------------------------------------------------

    def prepared(self, key: str) -> Image | None:
        """The prepared image under this key; looking it up counts as use."""
        return self._prepared.find(key)

    def save(
        self, environment: Environment, node: str, key: str, title: str, lock: NodeLock
    ) -> Image:
        """Keep a node's state under the key, all at once or not at all."""
        container = environment.nodes[node]
        if not isinstance(container, DockerNode):
            raise EngineError(f"{node} is no container of this provider")
        return self._prepared.save(container.container, key, title, lock)

    def exclusively(self, key: str, say: Say) -> Lease:
        """Held by the one that makes the prepared image of this key; others wait."""
        return self._prepared.exclusively(key, say)

    def cached(self) -> list[PreparedInfo]:
        """The prepared images, least recently used first."""
        return self._prepared.all()

    def forget(self, key: str) -> None:
        """Remove one prepared image that no node uses."""
        self._prepared.forget(key)

    def has(self, key: str) -> bool:
        """Whether there is a prepared image under this key."""
        return self._prepared.find(key) is not None

    def save_layers(self, key: str, folder: Path) -> SavedImage:
        """Write the layers of a prepared image into the folder, each called by its SHA-256."""
        return self._prepared.save_layers(key, folder)

    def load(self, image: SavedImage, folder: Path) -> Image:
        """The image under ``image.key``; made of the layers in the folder where there is none."""
        return self._prepared.load(image, folder)

    # -- environments ----------------------------------------------------------------------

    def start(self, request: EnvironmentRequest, say: Say) -> Environment:  # noqa: ARG002
        """Start nodes side by side.  On any error nothing is left."""
        return environments.start(self._engine, self._leases, request)

    def attach(self, environment: str) -> Environment:
        """An environment that is up.  Raises NotFoundError."""
        hold = self._leases.join(environment)
        state = self._leases.read(environment)
        if hold is None or state is None:
            raise NotFoundError(
                f"there is no environment {environment}", action="`repro ls` lists them"
            )
        try:
            found = self._containers(environment=environment)
        except BaseException:
            hold.close()
            raise
        limits = {each["Labels"][labels.NODE]: _disk_limit(each["Labels"]) for each in found}
        watch = DiskWatch(self._engine, environment, limits)
        nodes = {
            each["Labels"][labels.NODE]: DockerNode(
                self._engine,
                each["Id"],
                each["Labels"][labels.NODE],
                tuple(json.loads(each["Labels"].get(labels.DISKS, "[]"))),
                watch,
            )
            for each in found
        }
        return DockerEnvironment(self._engine, self._leases, state, hold, nodes, watch)

    def environments(self) -> list[EnvironmentInfo]:
        """All of this user's, in use or not."""
        nodes: dict[str, dict[str, str]] = {each: {} for each in self._leases.known()}
        for each in self._containers():
            of_it = nodes.setdefault(each["Labels"][labels.ENVIRONMENT], {})
            of_it[each["Labels"].get(labels.NODE, "")] = each["State"]
        infos = [self._info(each, found) for each, found in nodes.items()]
        return sorted(infos, key=lambda info: (info.created, info.id))

    def _info(self, environment: str, nodes: Mapping[str, str]) -> EnvironmentInfo:
        state = self._leases.read(environment) or State(environment, "", 0.0)
        in_use = self._leases.in_use(environment)
        return EnvironmentInfo(
            id=environment,
            purpose=state.purpose,
            nodes=nodes,
            created=state.created,
            in_use=in_use,
            expires=None if in_use else (state.expires or time.time()),
            labels=state.labels,
        )

    def release(self, environment: str) -> None:
        """Remove everything of an environment, whoever holds it."""
        environments.remove(self._engine, self._leases, environment, ())

    def sweep(self, say: Say) -> list[str]:
        """Remove what nobody uses any more; what was removed, one line each."""
        removed = []
        for environment in sorted(self._candidates()):
            with self._leases.claim(environment) as free:
                if not free or not self._leases.expired(environment):
                    continue
                environments.remove(self._engine, self._leases, environment, ())
            removed.append(f"environment {environment}")
            say(f"removed environment {environment}")
        return removed + self._prepared.prune()

    def _candidates(self) -> set[str]:
        filters = labels.label_filter(workspace=self._leases.workspace, environment=None)
        networks = self._engine.call("networks", filters=filters)
        found = [*self._containers(), *networks]
        return {each["Labels"][labels.ENVIRONMENT] for each in found} | set(self._leases.known())

    def _containers(self, environment: str | None = None) -> list[dict[str, Any]]:
        """Ours, oldest first: the order of the plan, as far as they were made in that order."""
        filters = labels.label_filter(workspace=self._leases.workspace, environment=environment)
        found = self._engine.call("containers", all=True, filters=filters)
        return sorted(found, key=lambda each: (each["Created"], each["Names"]))


def _disk_limit(kept: Mapping[str, str]) -> int:
    return int(kept.get(labels.DISK_LIMIT) or 1 << 62)
