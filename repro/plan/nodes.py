"""What one node is made of: its OS, what is installed on it, its environment and limits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from repro.errors import PlanError
from repro.model.case import Case, Companions, HttpStep, NodeSpec
from repro.model.condition import Condition, ModuleCondition, PythonCondition
from repro.model.plan import Cell, Limits, NodePlan, Preparation, Product
from repro.model.profile import OsProfile
from repro.plan.asked import Profiles
from repro.plan.product import ProductChoice
from repro.plan.topology import Topology
from repro.settings import DefaultLimits

#: Where the playbooks put what they install.
_VENV = "/opt/repro/venv"
_NODE_MODULES = "/case/node_modules"
_SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#: What testinfra's modules call on the node, by package manager.
_MODULE_PACKAGES = {
    "process": {"apt": "procps", "dnf": "procps-ng", "zypper": "procps", "apk": "procps"},
    "socket": {"apt": "iproute2", "dnf": "iproute", "zypper": "iproute2", "apk": "iproute2"},
    "interface": {"apt": "iproute2", "dnf": "iproute", "zypper": "iproute2", "apk": "iproute2"},
}
#: How the names of variables begin by which Ansible finds a host and the programs on it.
_ANSIBLE_OWN = ("ansible_", "inventory_", "hostvars", "groups")


@dataclass(frozen=True)
class NodePlanner:
    """What the nodes of one plan have in common."""

    case: Case
    cell: Cell
    topology: Topology
    choice: ProductChoice | None
    conditions: tuple[Condition, ...]
    profiles: Profiles
    limits: DefaultLimits
    #: Variables of the command line, over the case's.
    vars: Mapping[str, Any]

    def plan(self, name: str, spec: NodeSpec) -> NodePlan:
        """One node.  Raises PlanError, ProfileError."""
        preparation = self._preparation(name, spec)
        return NodePlan(
            name=name,
            roles=spec.roles,
            preparation=preparation,
            env=self._env(name, spec, preparation),
            limits=Limits(
                memory=spec.memory or self.limits.memory,
                cpus=spec.cpus or self.limits.cpus,
                processes=spec.processes or self.limits.processes,
                disk=self.limits.disk,
            ),
            disks=spec.disks,
            capabilities=spec.capabilities,
        )

    def _preparation(self, name: str, spec: NodeSpec) -> Preparation:
        shared = self.case.environment
        # `--os` changes the nodes that have the case's OS; a node with its own keeps it.
        os = self.profiles.os(spec.os or self.cell.os)
        carried = self.choice if self.choice and name in self.choice.on else None
        install = tuple(step for step in shared.install if name in self._install_nodes(step.on))
        variables = {**(carried.vars if carried else {}), **shared.vars, **self.vars}
        return Preparation(
            os=os,
            python=self._has_http(name),
            product=_installed(carried.product, by_case=bool(install)) if carried else None,
            companions=shared.with_ + spec.with_ + self._module_packages(name, os),
            vars=_own(variables),
            install=install,
            version=self.cell.version if install else None,
            testinfra=any(
                isinstance(condition, PythonCondition)
                and (condition.on is None or name in self.topology.expand([condition.on]))
                for condition in self.conditions
            ),
        )

    def _install_nodes(self, on: str | None) -> tuple[str, ...]:
        if on is not None:
            return self.topology.expand([on])
        return self.choice.on if self.choice else tuple(self.topology.nodes)

    def _module_packages(self, name: str, os: OsProfile) -> Companions:
        packages = [
            _MODULE_PACKAGES[condition.module][os.packages]
            for condition in self.conditions
            if isinstance(condition, ModuleCondition)
            and condition.module in _MODULE_PACKAGES
            and name in self.topology.expand([condition.on])
        ]
        return Companions.model_validate({os.packages: packages})

    def _has_http(self, name: str) -> bool:
        return any(
            isinstance(step, HttpStep) and name in self.topology.of_step(step.on)
            for step in (*self.case.setup, *self.case.steps)
        )

    def _env(self, name: str, spec: NodeSpec, made: Preparation) -> dict[str, str]:
        return {
            "PATH": ":".join((*_folders(made), _SYSTEM_PATH)),
            **self.case.environment.env,
            **spec.env,
            "REPRO_VERSION": self.cell.version or "",
            "REPRO_CASE": self.case.id,
            "REPRO_NODE": name,
            "REPRO_NODES": " ".join(self.topology.nodes),
        }


def _installed(product: Product, *, by_case: bool) -> Product:
    """Where `install` says how, the product is not installed by its type's playbook."""
    return product.model_copy(update={"playbook": None}) if by_case else product


def _folders(made: Preparation) -> Iterable[str]:
    """Where the node's packages put their programs; the product's own come first."""
    kind = made.product.type if made.product else ""
    folders = {"pypi": f"{_VENV}/bin", "npm": f"{_NODE_MODULES}/.bin"}
    wanted = {
        "pypi": kind == "pypi" or made.companions.pip,
        "npm": kind == "npm" or made.companions.npm,
    }
    return [
        folders[each] for each in sorted(folders, key=lambda each: each != kind) if wanted[each]
    ]


def _own(variables: dict[str, Any]) -> dict[str, Any]:
    """Variables for a playbook, none of which tells Ansible where it runs, as whom, by what.

    ``ansible_connection: local`` would be this machine.  Raises PlanError.
    """
    for name in variables:
        if name.startswith(_ANSIBLE_OWN):
            raise PlanError(
                f"the variable {name!r} is Ansible's own",
                cause="it can have a playbook run on this machine instead of its node",
                action="choose another name for a variable of the playbook",
            )
    return variables
