"""The plan of a case, put together from its parts."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

from repro.fidelity import compare, compare_version
from repro.model.case import Case
from repro.model.condition import Condition, ModuleCondition, walk
from repro.model.plan import Cell, NodePlan, Plan
from repro.plan.asked import NO_OVERRIDES, Overrides, Profiles
from repro.plan.nodes import NodePlanner
from repro.plan.product import ProductChoice, choose
from repro.plan.steps import (
    check_conditions,
    plan_files,
    plan_steps,
    powers_needed,
    sources_of_checks,
)
from repro.plan.topology import Topology
from repro.reveal import revealed, secrets_of_workarounds
from repro.settings import DefaultLimits
from repro.workaround import with_workaround


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
    plan = _put_together(case, digest, sources, profiles, limits, overrides)
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


def _put_together(
    case: Case,
    digest: str,
    sources: Mapping[str, bytes],
    profiles: Profiles,
    limits: DefaultLimits,
    overrides: Overrides,
) -> Plan:
    cell = _cell(case, overrides)
    name = overrides.topology or case.environment.topology
    topology = Topology.of(case.environment, profiles, name)
    choice = choose(case.environment, cell.version, topology, profiles)
    conditions = tuple(walk((*case.symptom, *case.healthy)))
    planner = NodePlanner(
        case, cell, topology, choice, conditions, profiles, limits, overrides.vars
    )
    nodes = tuple(planner.plan(name, spec) for name, spec in topology.nodes.items())
    setup = plan_steps(case.setup, "setup", topology)
    steps = plan_steps(case.steps, "step", topology)
    check_conditions(conditions, steps, topology)
    return Plan(
        cell=cell,
        title=case.title,
        case_digest=digest,
        nodes=nodes,
        network=case.environment.network,
        version_command=_version_command(choice),
        version_node=_version_node(choice, topology),
        files=plan_files(case.files, sources, topology),
        setup=setup,
        steps=steps,
        symptom=case.symptom,
        healthy=case.healthy,
        checks=sources_of_checks(conditions, sources),
        collect=case.collect,
        needs=powers_needed(case.environment.backend, (*setup, *steps)),
        fidelity=compare(case, cell, nodes),
        warnings=_warnings(nodes, conditions),
    )


def _cell(case: Case, overrides: Overrides) -> Cell:
    spec = case.environment
    written_out = "written out" if spec.nodes and not spec.topology else "single"
    return Cell(
        case=case.id,
        os=overrides.os or spec.os,
        version=overrides.version or spec.version,
        topology=overrides.topology or spec.topology or written_out,
        backend=spec.backend or "docker",
        workaround=overrides.workaround,
    )


def _version_command(choice: ProductChoice | None) -> str | None:
    return choice.version_command.run if choice and choice.version_command else None


def _version_node(choice: ProductChoice | None, topology: Topology) -> str | None:
    """Where the product's version is asked for: where the command says, else its first node."""
    if choice is None:
        return None
    if choice.version_command and choice.version_command.on:
        return topology.expand([choice.version_command.on])[0]
    return next(name for name in topology.nodes if name in choice.on)


def _warnings(nodes: Iterable[NodePlan], conditions: Iterable[Condition]) -> tuple[str, ...]:
    profiles = {node.preparation.os.name: node.preparation.os for node in nodes}
    found = [
        f"the OS profile {os.name} was never verified; what it says of images and Python "
        "may be wrong"
        for os in profiles.values()
        if os.verified is None
    ]
    if any(isinstance(c, ModuleCondition) and c.module == "service" for c in conditions):
        found.append(
            "a container has no service manager: the testinfra module `service` sees services "
            "through it; look at `process` or `socket` instead"
        )
    return tuple(found)
