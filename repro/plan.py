"""Case + profiles → Plan.  Pure: reads profiles through a protocol, touches nothing else."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Protocol

from repro.errors import PlanError
from repro.fidelity import compare, compare_version
from repro.model.case import (
    AnyStep,
    Case,
    CaseFile,
    Companions,
    FaultStep,
    InteractStep,
    NodeSpec,
    Step,
    VersionCommand,
)
from repro.model.condition import (
    Condition,
    ModuleCondition,
    NodeCondition,
    PythonCondition,
    StepCondition,
    walk,
)
from repro.model.plan import (
    Cell,
    Limits,
    NodePlan,
    Plan,
    PlannedFile,
    PlannedStep,
    Preparation,
    Product,
)
from repro.model.profile import OsProfile, ProductProfile, TopologyProfile
from repro.reveal import revealed, secrets_of_workarounds
from repro.settings import DefaultLimits
from repro.workaround import with_workaround

#: Where the playbooks put what they install.
VENV = "/opt/repro/venv"
NODE_MODULES = "/case/node_modules"
_SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#: What testinfra's modules call on the node, by package manager.
_MODULE_PACKAGES = {
    "process": {"apt": "procps", "dnf": "procps-ng", "zypper": "procps", "apk": "procps"},
    "socket": {"apt": "iproute2", "dnf": "iproute", "zypper": "iproute2", "apk": "iproute2"},
    "interface": {"apt": "iproute2", "dnf": "iproute", "zypper": "iproute2", "apk": "iproute2"},
}
#: Package URL types with a playbook of the same name.
_TYPES = ("pypi", "npm", "deb")
#: How the names of variables begin by which Ansible finds a host and the programs on it.
_ANSIBLE_OWN = ("ansible_", "inventory_", "hostvars", "groups")


class Profiles(Protocol):
    """What planning reads of the catalogue."""

    def os(self, name: str) -> OsProfile:
        """Raises ProfileError."""

    def product(self, name: str) -> ProductProfile:
        """Raises ProfileError."""

    def topology(self, name: str) -> TopologyProfile:
        """Raises ProfileError."""


@dataclass(frozen=True)
class Overrides:
    """What the command line changes of a case's cell."""

    os: str | None = None
    version: str | None = None
    topology: str | None = None
    workaround: str | None = None
    vars: Mapping[str, Any] = field(default_factory=dict)

    def described(self) -> dict[str, str]:
        """Those that are set, for the record."""
        names = ("os", "version", "topology", "workaround")
        named = {name: getattr(self, name) for name in names}
        return {key: value for key, value in named.items() if value is not None} | {
            f"vars.{key}": str(value) for key, value in self.vars.items()
        }


NO_OVERRIDES = Overrides()


def make_plan(
    case: Case,
    *,
    digest: str,
    sources: Mapping[str, bytes],
    profiles: Profiles,
    limits: DefaultLimits,
    overrides: Overrides = NO_OVERRIDES,
    environ: Mapping[str, str] = os.environ,
) -> Plan:
    """Freeze what would be done for a case; secrets that it leaves to this machine are taken
    from ``environ``.  Raises PlanError, ProfileError, InputError.
    """
    elsewhere = secrets_of_workarounds(case, sources, environ)
    if overrides.workaround is not None:
        case = with_workaround(case, overrides.workaround)
    case, secrets = revealed(case, sources, environ)
    plan = _Planner(case, sources, profiles, limits, overrides).plan(digest)
    if not (secrets or elsewhere):
        return plan
    return plan.model_copy(update={"secrets": tuple(dict.fromkeys((*secrets, *elsewhere)))})


def at_version(plan: Plan, case: Case, version: str) -> Plan:
    """The same plan at another version of the product, as ``make_plan`` would make it.

    For campaigns, whose cells differ in little else: it shares all the rest with the first plan.
    """
    cell = plan.cell.model_copy(update={"version": version})
    nodes = tuple(_node_at(node, version) for node in plan.nodes)
    return plan.model_copy(
        update={
            "cell": cell,
            "nodes": nodes,
            "fidelity": compare_version(plan.fidelity, case, cell),
        }
    )


def _node_at(node: NodePlan, version: str) -> NodePlan:
    made = node.preparation
    changed: dict[str, object] = {}
    if made.product is not None:
        changed["product"] = made.product.model_copy(update={"version": version})
    if made.install:
        changed["version"] = version
    return node.model_copy(
        update={
            "preparation": made.model_copy(update=changed) if changed else made,
            "env": {**node.env, "REPRO_VERSION": version},
        }
    )


@dataclass(frozen=True)
class _ProductChoice:
    """The product, from the case and its profile together."""

    product: Product
    on: tuple[str, ...]
    version_command: VersionCommand | None
    vars: Mapping[str, Any]


class _Planner:
    """One planning; holds the inputs so that the parts need not pass them on."""

    def __init__(
        self,
        case: Case,
        sources: Mapping[str, bytes],
        profiles: Profiles,
        limits: DefaultLimits,
        overrides: Overrides,
    ) -> None:
        self.case = case
        self.spec = case.environment
        self.sources = sources
        self.profiles = profiles
        self.limits = limits
        self.overrides = overrides
        self.nodes = self._topology()
        self.choice = self._product()

    def plan(self, digest: str) -> Plan:
        """Put the parts together."""
        conditions = walk((*self.case.symptom, *self.case.healthy))
        nodes = tuple(self._node(name, spec, conditions) for name, spec in self.nodes.items())
        setup = self._steps(self.case.setup, "setup")
        steps = self._steps(self.case.steps, "step")
        self._check_conditions(conditions, steps)
        command = self.choice.version_command if self.choice else None
        carriers = [node.name for node in nodes if node.preparation.product]
        return Plan(
            cell=self._cell(),
            title=self.case.title,
            case_digest=digest,
            nodes=nodes,
            network=self.spec.network,
            version_command=command.run if command else None,
            version_node=self._expand([command.on] if command and command.on else carriers)[0]
            if carriers or (command and command.on)
            else None,
            files=self._files(self.case.files),
            setup=setup,
            steps=steps,
            symptom=self.case.symptom,
            healthy=self.case.healthy,
            checks=self._checks(conditions),
            collect=self.case.collect,
            needs=self._needs((*setup, *steps)),
            fidelity=compare(self.case, self._cell(), nodes),
            warnings=self._warnings(nodes),
        )

    # -- the environment ---------------------------------------------------------------

    def _cell(self) -> Cell:
        written_out = "written out" if self.spec.nodes and not self.spec.topology else "single"
        return Cell(
            case=self.case.id,
            os=self.overrides.os or self.spec.os,
            version=self.overrides.version or self.spec.version,
            topology=self.overrides.topology or self.spec.topology or written_out,
            backend=self.spec.backend or "docker",
            workaround=self.overrides.workaround,
        )

    def _topology(self) -> dict[str, NodeSpec]:
        name = self.overrides.topology or self.spec.topology
        if name is None and self.spec.nodes:
            return {node: spec or NodeSpec() for node, spec in self.spec.nodes.items()}
        profile = self.profiles.topology(name or "single")
        nodes = {node: spec or NodeSpec() for node, spec in profile.nodes.items()}
        for node, spec in self.spec.nodes.items():
            if node not in nodes:
                raise PlanError(
                    f"the topology {profile.name} has no node {node!r}{_near(node, nodes)}",
                    action="name one of its nodes, or leave `topology` out and write all nodes out",
                )
            nodes[node] = _merged(nodes[node], spec or NodeSpec())
        return nodes

    def _product(self) -> _ProductChoice | None:
        spec = self.spec.product
        if spec is None:
            return None
        profile = self.profiles.product(spec.name) if spec.name and not spec.purl else None
        purl = spec.purl or (profile.purl if profile else "")
        kind, name = parse_purl(purl)
        playbook = (profile.playbook if profile else None) or kind
        if playbook == kind and kind not in _TYPES and not self.spec.install:
            raise PlanError(
                f"repro has no playbook for products of type {kind!r} ({purl})",
                action="say how it is installed under `install`, or give a product profile "
                "with a `playbook`",
            )
        product = Product(
            purl=purl,
            type=kind,
            name=name,
            version=self.overrides.version or self.spec.version,
            playbook=playbook,
        )
        on = self._expand(spec.on) if spec.on else tuple(self.nodes)
        command = spec.version or (profile.version if profile else None)
        return _ProductChoice(product, on, command, profile.vars if profile else {})

    def _node(self, name: str, spec: NodeSpec, conditions: Iterable[Condition]) -> NodePlan:
        os = self.profiles.os(self._os_of(spec))
        carried = self.choice if self.choice and name in self.choice.on else None
        companions = self.spec.with_ + spec.with_ + self._module_packages(name, os, conditions)
        install = tuple(step for step in self.spec.install if name in self._install_nodes(step.on))
        product = carried.product if carried else None
        if product and install:
            # `install` says how: the product is not installed by its type's playbook.
            product = product.model_copy(update={"playbook": None})
        preparation = Preparation(
            os=os,
            python=self._has_http(name),
            product=product,
            companions=companions,
            vars=_own(
                {**(carried.vars if carried else {}), **self.spec.vars, **self.overrides.vars}
            ),
            install=install,
            version=self._cell().version if install else None,
            testinfra=any(
                isinstance(condition, PythonCondition)
                and (condition.on is None or name in self._expand([condition.on]))
                for condition in conditions
            ),
        )
        return NodePlan(
            name=name,
            roles=spec.roles,
            preparation=preparation,
            env=self._env(name, spec, product, companions),
            limits=Limits(
                memory=spec.memory or self.limits.memory,
                cpus=spec.cpus or self.limits.cpus,
                processes=spec.processes or self.limits.processes,
                disk=self.limits.disk,
            ),
            disks=spec.disks,
            capabilities=spec.capabilities,
        )

    def _module_packages(
        self, name: str, os: OsProfile, conditions: Iterable[Condition]
    ) -> Companions:
        packages = [
            _MODULE_PACKAGES[condition.module][os.packages]
            for condition in conditions
            if isinstance(condition, ModuleCondition)
            and condition.module in _MODULE_PACKAGES
            and name in self._expand([condition.on])
        ]
        return Companions.model_validate({os.packages: packages})

    def _os_of(self, spec: NodeSpec) -> str:
        """``--os`` changes the nodes that have the case's OS; a node with its own keeps it."""
        return spec.os or self.overrides.os or self.spec.os

    def _install_nodes(self, on: str | None) -> tuple[str, ...]:
        if on is not None:
            return self._expand([on])
        return self.choice.on if self.choice else tuple(self.nodes)

    def _env(
        self, name: str, spec: NodeSpec, product: Product | None, companions: Companions
    ) -> dict[str, str]:
        kind = product.type if product else ""
        folders = {"pypi": f"{VENV}/bin", "npm": f"{NODE_MODULES}/.bin"}
        wanted = {"pypi": kind == "pypi" or companions.pip, "npm": kind == "npm" or companions.npm}
        ordered = sorted(folders, key=lambda each: each != kind)
        path = [folders[each] for each in ordered if wanted[each]]
        version = self.overrides.version or self.spec.version
        return {
            "PATH": ":".join([*path, _SYSTEM_PATH]),
            **self.spec.env,
            **spec.env,
            "REPRO_VERSION": version or "",
            "REPRO_CASE": self.case.id,
            "REPRO_NODE": name,
            "REPRO_NODES": " ".join(self.nodes),
        }

    # -- files and steps ---------------------------------------------------------------

    def _files(self, files: Iterable[CaseFile]) -> tuple[PlannedFile, ...]:
        return tuple(
            PlannedFile(
                path=file.path,
                nodes=self._expand(file.on) if file.on else tuple(self.nodes),
                data=self.sources[file.source]
                if file.source is not None
                else (file.content or "").encode(),
                mode=int(file.mode, 8),
                owner=file.owner,
            )
            for file in files
        )

    def _steps(self, steps: Iterable[AnyStep], prefix: str) -> tuple[PlannedStep, ...]:
        planned = []
        for number, step in enumerate(steps, 1):
            self._check_between(step)
            nodes = self._expand([step.on]) if step.on else (next(iter(self.nodes)),)
            planned.append(
                PlannedStep(name=step.name or f"{prefix}-{number}", nodes=nodes, step=step)
            )
        return tuple(planned)

    def _check_between(self, step: Step) -> None:
        if isinstance(step, FaultStep) and step.between:
            self._expand(step.between)

    def _has_http(self, name: str) -> bool:
        first = next(iter(self.nodes))
        return any(
            hasattr(step, "http") and name in (self._expand([step.on]) if step.on else (first,))
            for step in (*self.case.setup, *self.case.steps)
        )

    def _checks(self, conditions: Iterable[Condition]) -> dict[str, str]:
        return {
            condition.python: self.sources[condition.python].decode("utf-8", "replace")
            for condition in conditions
            if isinstance(condition, PythonCondition)
        }

    def _check_conditions(
        self, conditions: Iterable[Condition], steps: Iterable[PlannedStep]
    ) -> None:
        names = [step.name for step in steps]
        for condition in conditions:
            if isinstance(condition, StepCondition) and condition.step not in names:
                raise PlanError(
                    f"a condition speaks of step {condition.step!r}, which is not there"
                    f"{_near(condition.step, names)}"
                )
            on = condition.node if isinstance(condition, NodeCondition) else None
            on = on or getattr(condition, "on", None)
            if on is not None:
                self._expand([on])

    def _needs(self, steps: Iterable[PlannedStep]) -> tuple[str, ...]:
        needs: list[str] = []
        if self.spec.backend not in (None, "docker"):
            needs.append(f"backend:{self.spec.backend}")
        for planned in steps:
            if isinstance(planned.step, FaultStep):
                needs.append(f"fault:{planned.step.fault}")
            if isinstance(planned.step, InteractStep):
                needs.append("console")
        return tuple(dict.fromkeys(needs))

    def _warnings(self, nodes: Iterable[NodePlan]) -> tuple[str, ...]:
        profiles = {node.preparation.os.name: node.preparation.os for node in nodes}
        found = [
            f"the OS profile {os.name} was never verified; what it says of images and Python "
            "may be wrong"
            for os in profiles.values()
            if os.verified is None
        ]
        conditions = walk((*self.case.symptom, *self.case.healthy))
        if any(isinstance(c, ModuleCondition) and c.module == "service" for c in conditions):
            found.append(
                "a container has no service manager: the testinfra module `service` sees services "
                "through it; look at `process` or `socket` instead"
            )
        return tuple(found)

    def _expand(self, names: Iterable[str]) -> tuple[str, ...]:
        """Node names and roles → node names in order.  Raises PlanError."""
        found: list[str] = []
        for name in names:
            members = [name] if name in self.nodes else self._members(name)
            if not members:
                known = [
                    *self.nodes,
                    *(role for spec in self.nodes.values() for role in spec.roles),
                ]
                raise PlanError(
                    f"there is no node or role {name!r}{_near(name, known)}",
                    action=f"the nodes are: {', '.join(self.nodes)}",
                )
            found.extend(members)
        return tuple(dict.fromkeys(found))

    def _members(self, role: str) -> list[str]:
        return [node for node, spec in self.nodes.items() if role in spec.roles]


@cache
def parse_purl(text: str) -> tuple[str, str]:
    """Type and full name (``@scope/name``, ``debian/mawk`` → ``mawk``) of a Package URL.

    Raises PlanError.  Source: the Package URL specification.
    """
    from packageurl import PackageURL

    try:
        purl = PackageURL.from_string(text)
    except ValueError as error:
        raise PlanError(
            f"{text!r} is no Package URL: {error}", action="write it like pkg:pypi/redis"
        ) from None
    if purl.version:
        raise PlanError(
            f"{text!r} holds a version", action="put the version under `version`, not in the purl"
        )
    scoped = purl.type == "npm" and purl.namespace
    return purl.type, f"{purl.namespace}/{purl.name}" if scoped else purl.name


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


def _merged(base: NodeSpec, change: NodeSpec) -> NodeSpec:
    given = {key: getattr(change, key) for key in change.model_fields_set}
    given["with_"] = base.with_ + change.with_
    given["roles"] = tuple(dict.fromkeys((*base.roles, *change.roles)))
    given["env"] = {**base.env, **change.env}
    return base.model_copy(update=given)


def _near(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""
