"""Profiles: what is known about an OS, a product or a topology.  Short files that people edit."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import Field

from repro.model.base import Anything, Frozen, NodeName
from repro.model.case import NodeSpec, VersionCommand

PackageManager = Literal["apt", "dnf", "zypper", "apk"]


class Verified(Frozen):
    """When, and on what, a profile was last seen to work."""

    date: dt.date
    on: str


class Build(Frozen):
    """How an OS image is built from its package mirror where no registry is at hand.

    ``check_valid_until``: false takes a package index that is past its date, as a mirror has it
    that lags behind a suite whose indexes are good for days only (apt.conf(5)).
    """

    tool: Literal["mmdebstrap"]
    suite: str
    mirror: str = "debian"
    components: tuple[str, ...] = ("main",)
    check_valid_until: bool = True


class PythonForAnsible(Frozen):
    """The interpreter that Ansible uses on this OS, and the shell commands that install it."""

    path: str = "/usr/bin/python3"
    install: str


class OsRelease(Frozen):
    """The two fields of os-release(5) that tell one OS release from another."""

    id: str
    version_id: str | None = None


class OsProfile(Frozen):
    """``profiles/os/NAME.yml``."""

    name: str
    title: str
    family: Literal["debian", "el", "fedora", "suse", "amazon", "alpine"]
    release: OsRelease
    image: str
    build: Build | None = None
    packages: PackageManager
    python: PythonForAnsible
    end_of_life: dt.date | None = None
    verified: Verified | None = None
    notes: str = ""


class ProductProfile(Frozen):
    """``profiles/products/NAME.yml``."""

    name: str
    title: str
    purl: str
    playbook: str | None = None
    vars: dict[str, Anything] = {}
    version: VersionCommand | None = None
    verified: Verified | None = None
    notes: str = ""


class TopologyProfile(Frozen):
    """``profiles/topologies/NAME.yml``: node names in order, each with its roles and limits."""

    name: str
    title: str
    nodes: Annotated[dict[NodeName, NodeSpec | None], Field(min_length=1)]
    notes: str = ""
