"""The containers and the network of one environment."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, TypeVar

from repro.errors import EnvironmentTrouble, ImageGoneError
from repro.ports import Command, EnvironmentRequest, Node, NodeRequest
from repro.provider.docker import container, labels
from repro.provider.docker.disk import DiskWatch
from repro.provider.docker.engine import ConflictError, Engine, MissingError
from repro.provider.docker.node import DockerNode
from repro.provider.leases import Hold, Leases, State

#: Attempts at removing what the engine is busy with, and seconds between them.
_ATTEMPTS = 40
_PAUSE = 0.25
#: Seconds that the engine may take to remove a container: its disk may hold many files.
_REMOVAL = 300.0

T = TypeVar("T")
R = TypeVar("R")


class DockerEnvironment:
    """Implements ``repro.ports.Environment``."""

    def __init__(
        self,
        engine: Engine,
        leases: Leases,
        state: State,
        hold: Hold,
        nodes: Mapping[str, DockerNode],
        watch: DiskWatch,
    ) -> None:
        self._engine = engine
        self._leases = leases
        self._state = state
        self._hold = hold
        self._watch = watch
        self.containers = nodes

    @property
    def id(self) -> str:
        """Its name in ``repro ls``."""
        return self._state.id

    @property
    def nodes(self) -> Mapping[str, Node]:
        """By name, in the order of the plan."""
        return self.containers

    def logs(self, node: str, limit: int) -> bytes:
        """The last ``limit`` bytes of what the node's main process printed."""
        try:
            found: bytes = self._engine.call("logs", self.containers[node].container, tail=10_000)
        except (MissingError, ConflictError):
            return b""
        return found[-limit:]

    def keep(self, seconds: float) -> None:
        """Leave it up for so long, counted from now, also after this process is gone."""
        self._state = replace(self._state, expires=time.time() + seconds)
        self._leases.write(self._state)

    def release(self) -> None:
        """Remove everything of it."""
        self._watch.close()
        known = {node.container for node in self.containers.values()}
        remove(self._engine, self._leases, self.id, known)
        self._hold.close()


def start(engine: Engine, leases: Leases, request: EnvironmentRequest) -> DockerEnvironment:
    """Start nodes side by side.  On any error nothing is left."""
    state = State(request.id, request.purpose, time.time(), None, dict(request.labels))
    hold = leases.hold(state)
    limits = {node.name: node.limits.disk for node in request.nodes}
    watch = DiskWatch(engine, request.id, limits)
    try:
        owned = labels.of_environment(request.id, leases.workspace, request.purpose, request.labels)
        network = _network(request)
        if network != "none":
            _create_network(engine, request.id, owned, isolated=network == "internal")

        def begin(node: NodeRequest) -> DockerNode:
            return _start_node(engine, request, node, network, owned, watch)

        nodes = dict(zip(limits, side_by_side(begin, request.nodes), strict=True))
        if network == "internal" and engine.podman:
            _name_to_each_other(engine, request.id, nodes)
    except BaseException:
        watch.close()
        with contextlib.suppress(EnvironmentTrouble):
            remove(engine, leases, request.id, ())
        hold.close()
        raise
    return DockerEnvironment(engine, leases, state, hold, nodes, watch)


def _network(request: EnvironmentRequest) -> container.Network:
    """One isolated node needs no network at all, which is also the quickest to set up."""
    if request.network == "open" or request.purpose == "prepare":
        return "open"
    return "internal" if len(request.nodes) > 1 else "none"


def network_name(environment: str) -> str:
    """The name of an environment's network."""
    return f"repro-{environment}"


def _create_network(
    engine: Engine, environment: str, owned: Mapping[str, str], *, isolated: bool
) -> None:
    # Without an address of the host on its bridge, nodes do not even reach the host.
    options = {"com.docker.network.bridge.inhibit_ipv4": "true"} if isolated else {}
    engine.call(
        "create_network",
        network_name(environment),
        driver="bridge",
        internal=isolated,
        labels=dict(owned),
        options=options,
        check_duplicate=True,
    )


def _name_to_each_other(engine: Engine, environment: str, nodes: Mapping[str, DockerNode]) -> None:
    """Podman resolves no names in a network without a way out: so each node is told them."""
    name = network_name(environment)
    hosts = ""
    for node in nodes.values():
        settings = engine.call("inspect_container", node.container)["NetworkSettings"]
        hosts += f"{settings['Networks'][name]['IPAddress']}\t{node.name}\n"
    tell = Command(("sh", "-c", "cat >>/etc/hosts"), stdin=hosts.encode())
    for node in nodes.values():
        node.run(tell)


def _start_node(
    engine: Engine,
    request: EnvironmentRequest,
    node: NodeRequest,
    network: container.Network,
    owned: Mapping[str, str],
    watch: DiskWatch,
) -> DockerNode:
    options = container.options(
        engine,
        node,
        name=f"repro-{request.id}-{node.name}",
        owned=owned,
        network=network,
        network_name="none" if network == "none" else network_name(request.id),
        purpose=request.purpose,
        lifetime=request.lifetime,
    )
    try:
        made: dict[str, Any] = engine.call("create_container", **options)
    except MissingError as error:
        raise ImageGoneError(f"the image of node {node.name} was removed: {error.what}") from error
    engine.call("start", made["Id"])
    return DockerNode(engine, made["Id"], node.name, tuple(node.disks), watch)


def side_by_side(act: Callable[[T], R], items: Iterable[T]) -> list[R]:
    """Do it for all at once; all have ended when this returns or raises the first error."""
    wanted = list(items)
    if len(wanted) < 2:
        return [act(item) for item in wanted]
    with ThreadPoolExecutor(max_workers=min(16, len(wanted))) as pool:
        futures = [pool.submit(act, item) for item in wanted]
    return [future.result() for future in futures]


def remove(engine: Engine, leases: Leases, environment: str, known: Iterable[str]) -> bool:
    """Remove containers, networks, then the files; whether there was anything in the engine.

    ``known`` containers are removed beside what the labels find.  Others may do the same at the
    same time.
    """
    filters = labels.label_filter(environment=environment, workspace=leases.workspace)
    found = engine.call("containers", all=True, filters=filters)
    containers = {each["Id"] for each in found} | set(known)
    side_by_side(lambda each: _remove_container(engine, each), sorted(containers))
    networks = engine.call("networks", filters=filters)
    for network in networks:
        _insist(lambda each: engine.call("remove_network", each), network["Id"])
    leases.forget(environment)
    return bool(containers or networks)


def _remove_container(engine: Engine, each: str) -> None:
    _insist(lambda one: engine.call("remove_container", one, force=True, v=True), each)


def _insist(act: Callable[[str], object], each: str) -> None:
    """Until it is gone: another process may be removing it, or using it for its last moments."""
    deadline, failed = time.monotonic() + _REMOVAL, 0
    while True:
        try:
            act(each)
        except MissingError:
            return
        except ConflictError:  # its removal is under way
            if time.monotonic() > deadline:
                raise
        except EnvironmentTrouble:
            failed += 1
            if failed == _ATTEMPTS:
                raise
        else:
            return
        time.sleep(_PAUSE)
