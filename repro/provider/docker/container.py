"""How a node's container is made: what it may use, and what it may not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal

from repro.ports import NodeRequest
from repro.provider.docker import labels
from repro.provider.docker.engine import Engine
from repro.provider.docker.resident import main_process

Network = Literal["none", "internal", "open"]

#: Of the engine's default capabilities, those that a replay does not need.  What apt, su, sudo,
#: sshd and daemons that change their user need stays.  no-new-privileges would break su and sudo.
_DROPPED = ("MKNOD",)
#: Raw sockets could reach the host from a network that has no address of it.
_DROPPED_INSIDE = ("NET_RAW",)


def options(
    engine: Engine,
    request: NodeRequest,
    *,
    name: str,
    owned: Mapping[str, str],
    network: Network,
    network_name: str,
    purpose: str,
    lifetime: float,
) -> dict[str, Any]:
    """The arguments of ``create_container``."""
    made: dict[str, Any] = {
        "image": request.image.reference,
        "name": name,
        "hostname": request.name,
        "command": main_process(lifetime),
        "entrypoint": [],
        "user": "root",
        "working_dir": "/case",
        "environment": dict(request.env),
        "stdin_open": True,
        "detach": True,  # else standard input would end with the first who attaches
        "labels": {
            **owned,
            labels.NODE: request.name,
            labels.DISKS: json.dumps(sorted(request.disks)),
            labels.DISK_LIMIT: str(request.limits.disk),
        },
        "healthcheck": {"Test": ["NONE"]},
        "use_config_proxy": False,
        "host_config": _host(engine, request, network, network_name, purpose),
    }
    if network != "none":
        endpoint = engine.call("create_endpoint_config", aliases=[request.name])
        made["networking_config"] = engine.call(
            "create_networking_config", {network_name: endpoint}
        )
    return made


def _host(
    engine: Engine, request: NodeRequest, network: Network, network_name: str, purpose: str
) -> dict[str, Any]:
    limits = request.limits
    # What lies on a tmpfs counts as memory of the container: the disks come on top.
    memory = limits.memory + sum(request.disks.values())
    made: dict[str, Any] = engine.call(
        "create_host_config",
        init=True,
        network_mode=network_name,
        extra_hosts={request.name: "127.0.0.1"} if network == "none" else None,
        # The engine's own resolver forwards what it does not know, even from a network without
        # a way out (CVE-2024-29018); nobody answers at this address.
        dns=["127.0.0.1"] if network == "internal" else None,
        cap_drop=list(_dropped(network, purpose, request.capabilities)),
        cap_add=list(request.capabilities),
        mem_limit=memory,
        memswap_limit=memory,
        # As a quota: an engine refuses `nano_cpus` beyond its own count instead of lowering it.
        cpu_period=100_000,
        cpu_quota=int(limits.cpus * 100_000),
        pids_limit=limits.processes,
        tmpfs={path: f"rw,exec,suid,size={size}" for path, size in request.disks.items()} or None,
        ulimits=[{"Name": "fsize", "Soft": limits.disk, "Hard": limits.disk}],
        log_config={"Type": "json-file", "Config": {"max-size": "1m", "max-file": "1"}},
    )
    return made


def _dropped(network: Network, purpose: str, wanted: tuple[str, ...]) -> tuple[str, ...]:
    if purpose == "prepare":
        return ()
    dropped = _DROPPED if network == "open" else _DROPPED + _DROPPED_INSIDE
    names = {name.upper().removeprefix("CAP_") for name in wanted}
    return tuple(name for name in dropped if name not in names)
