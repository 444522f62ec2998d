"""Profiles: what is known about an OS, a product or a topology.  Short files that people edit."""

import datetime as dt
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from repro.model.base import Anything, Duration, Frozen, NodeName
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


class ReleaseSource(Frozen):
    """Where a product's releases are listed that no registry knows: a command, or a list.

    In a profile, ``releases: [1.0, 1.1]`` is the list, and ``releases: {run: "…"}`` the command.
    It runs by ``sh`` **on the machine that runs repro**, as the engineer: a profile is the team's
    own, as a playbook is; a case has no such key.  It prints one version a line.  ``timeout`` is
    in seconds; what it prints is bounded.
    """

    run: str | None = None
    timeout: Duration = 60.0
    listed: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _is_one_of_both(self) -> Self:
        if bool(self.run) == bool(self.listed):
            raise ValueError("should be a list of versions, or have the command `run`")
        return self


def _listed(value: Any) -> Any:
    return {"listed": value} if isinstance(value, list | tuple) else value


class ProductProfile(Frozen):
    """``profiles/products/NAME.yml``.

    ``releases`` says how its versions are listed, where the registry of ``purl`` does not know.
    """

    name: str
    title: str
    purl: str
    playbook: str | None = None
    vars: dict[str, Anything] = {}
    version: VersionCommand | None = None
    releases: Annotated[
        ReleaseSource | None,
        BeforeValidator(_listed, json_schema_input_type=list[str] | ReleaseSource | None),
    ] = None
    verified: Verified | None = None
    notes: str = ""


class TopologyProfile(Frozen):
    """``profiles/topologies/NAME.yml``: node names in order, each with its roles and limits."""

    name: str
    title: str
    nodes: Annotated[dict[NodeName, NodeSpec | None], Field(min_length=1)]
    notes: str = ""
