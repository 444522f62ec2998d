"""The product: what the case says of it and what its profile does, together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from repro.errors import PlanError
from repro.model.case import EnvironmentSpec, VersionCommand
from repro.model.plan import Product
from repro.plan.asked import Profiles
from repro.plan.purl import parse_purl
from repro.plan.topology import Topology

#: Package URL types with a playbook of the same name.
_TYPES = ("pypi", "npm", "deb")


@dataclass(frozen=True)
class ProductChoice:
    """The product, the nodes that carry it, and how its version is asked for."""

    product: Product
    on: tuple[str, ...]
    version_command: VersionCommand | None
    vars: Mapping[str, Any]


def choose(
    environment: EnvironmentSpec, version: str | None, topology: Topology, profiles: Profiles
) -> ProductChoice | None:
    """The product of a case, if it has one.  Raises PlanError, ProfileError."""
    spec = environment.product
    if spec is None:
        return None
    profile = profiles.product(spec.name) if spec.name and not spec.purl else None
    purl = spec.purl or (profile.purl if profile else "")
    kind, name = parse_purl(purl)
    playbook = (profile.playbook if profile else None) or kind
    if playbook == kind and kind not in _TYPES and not environment.install:
        raise PlanError(
            f"repro has no playbook for products of type {kind!r} ({purl})",
            action="say how it is installed under `install`, or give a product profile "
            "with a `playbook`",
        )
    return ProductChoice(
        product=Product(purl=purl, type=kind, name=name, version=version, playbook=playbook),
        on=topology.expand(spec.on) if spec.on else tuple(topology.nodes),
        version_command=spec.version or (profile.version if profile else None),
        vars=profile.vars if profile else {},
    )
