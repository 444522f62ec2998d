"""What a run keeps beside its observations: the lock, logs, collected files."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Protocol

from repro.model.plan import Plan
from repro.model.record import Lock, NodeLock
from repro.ports import Command, EngineInfo, Environment, Image, Node

_LOG_LIMIT = 1024 * 1024
_FILE_LIMIT = 16 * 2**20
_MOST_FILES = 200
#: Where a Package URL type's versions stand in a node's lock.
_MANAGERS = {"pypi": ("pip",), "npm": ("npm",), "deb": ("dpkg",), "rpm": ("rpm",), "apk": ("apk",)}


class Keeper(Protocol):
    """Where evidence goes."""

    def node_log(self, node: str, data: bytes) -> None:
        """Keep what a node printed."""

    def collected(self, node: str, path: str, data: bytes) -> object:
        """Keep a file of a node."""


def timestamp(seconds: float) -> str:
    """Seconds since the epoch → RFC 3339, UTC, to the millisecond."""
    moment = dt.datetime.fromtimestamp(seconds, dt.UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def lock_of(plan: Plan, images: Mapping[str, Image], engine: EngineInfo) -> Lock:
    """Exactly what the environment was: each node's own lock, and the kernel that they share."""
    nodes = {}
    for node in plan.nodes:
        image = images[node.name]
        nodes[node.name] = image.lock or NodeLock(
            image=image.reference,
            image_digest=image.digest,
            prepared="",
            architecture=image.architecture,
        )
    return Lock(kernel=engine.kernel, engine=f"{engine.name} {engine.version}", nodes=nodes)


def version_in(plan: Plan, lock: Lock) -> str | None:
    """The product's version as the package manager of its first node has it."""
    for node in plan.nodes:
        product = node.preparation.product
        if product is None or node.name not in lock.nodes:
            continue
        for manager in _MANAGERS.get(product.type, ()):
            packages = lock.nodes[node.name].packages.get(manager, {})
            names = {_normal(name): version for name, version in packages.items()}
            if _normal(product.name) in names:
                return names[_normal(product.name)]
    return None


def collect(plan: Plan, environment: Environment, keeper: Keeper) -> None:
    """Keep the nodes' logs and the files that the case asks for.  Raises NodeLostError."""
    for name in environment.nodes:
        data = environment.logs(name, _LOG_LIMIT)
        if data:
            keeper.node_log(name, data)
    for wanted in plan.collect:
        for node in plan.nodes:
            on = not wanted.on or node.name in wanted.on or set(node.roles) & set(wanted.on)
            if on:
                _collect(environment.nodes[node.name], wanted.path, keeper)


def _collect(node: Node, pattern: str, keeper: Keeper) -> None:
    # The pattern is left to the shell's own expansion, and nothing else of it: no word is run.
    script = 'IFS=; for each in $1; do [ -f "$each" ] && printf "%s\\n" "$each"; done; true'
    result = node.run(Command(("sh", "-c", script, "sh", pattern), timeout=30))
    for path in result.stdout.text.splitlines()[:_MOST_FILES]:
        data = node.get(path, _FILE_LIMIT)
        if data is not None:
            keeper.collected(node.name, path, data)


def _normal(name: str) -> str:
    """Names that differ in case, dot or underscore only are one (PEP 503)."""
    return name.lower().replace("_", "-").replace(".", "-")
