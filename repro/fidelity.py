"""How an environment compares with the customer's, point by point.  Pure.

The customer's environment is what the case says; "here" is what the plan brings up.
"""

from __future__ import annotations

from collections.abc import Iterable

from repro.model.case import Case
from repro.model.plan import Cell, FidelityPoint, NodePlan


def compare(case: Case, cell: Cell, nodes: tuple[NodePlan, ...]) -> tuple[FidelityPoint, ...]:
    """Every point in which the two may differ, those that matter most first."""
    return (
        _os(case, cell, nodes),
        *_version(case, cell),
        _topology(case, cell, nodes),
        *_companions(nodes),
        *_shared_with_the_machine(case, cell, nodes),
    )


def compare_version(
    points: tuple[FidelityPoint, ...], case: Case, cell: Cell
) -> tuple[FidelityPoint, ...]:
    """The same points for a cell that differs in its version alone."""
    changed = {each.point: each for each in _version(case, cell)}
    return tuple(changed.get(each.point, each) for each in points)


def _os(case: Case, cell: Cell, nodes: tuple[NodePlan, ...]) -> FidelityPoint:
    asked, here = case.environment.os, cell.os
    family = nodes[0].preparation.os.family
    if asked == here:
        grade, note = "same", ""
    elif asked.split("-")[0] == here.split("-")[0]:
        grade, note = "close", f"another release of {family}"
    else:
        grade, note = "different", "another OS"
    return FidelityPoint(point="OS", customer=asked, here=here, grade=grade, note=note)


def _version(case: Case, cell: Cell) -> Iterable[FidelityPoint]:
    product = case.environment.product
    if product is None:
        return
    asked = case.environment.version
    here = cell.version or "what the OS carries"
    name = product.purl or product.name or "product"
    if asked is None:
        yield FidelityPoint(
            point=name,
            customer="not said",
            here=here,
            grade="same" if cell.version is None else "unknown",
            note="the case names no version",
        )
        return
    grade = "same" if asked == cell.version else "different"
    yield FidelityPoint(point=name, customer=asked, here=here, grade=grade)


def _topology(case: Case, cell: Cell, nodes: tuple[NodePlan, ...]) -> FidelityPoint:
    count = len(case.environment.nodes)
    asked = case.environment.topology or (f"{count} nodes" if count else "single")
    same = case.environment.topology in (None, cell.topology)
    # The only node of a topology says no more than the topology does.
    here = ", ".join(node.name for node in nodes) if len(nodes) > 1 or count else cell.topology
    return FidelityPoint(
        point="topology", customer=asked, here=here, grade="same" if same else "different"
    )


def _companions(nodes: tuple[NodePlan, ...]) -> Iterable[FidelityPoint]:
    for node in nodes:
        companions = node.preparation.companions
        packages = [
            package for manager in type(companions).model_fields
            for package in getattr(companions, manager)
        ]  # fmt: skip
        if not packages:
            continue
        loose = [package for package in packages if "=" not in package.lstrip("@") and
                 "@" not in package.lstrip("@")]  # fmt: skip
        yield FidelityPoint(
            point=f"companions on {node.name}",
            customer=", ".join(packages),
            here="as pinned" if not loose else f"not pinned: {', '.join(loose)}",
            grade="unknown" if loose else "same",
            note="the newest that the mirror has is taken" if loose else "",
        )


def _shared_with_the_machine(
    case: Case, cell: Cell, nodes: tuple[NodePlan, ...]
) -> Iterable[FidelityPoint]:
    if case.environment.backend in ("vm", "hosts"):
        return
    asked = case.environment.os
    theirs = nodes[0].preparation.os.title if asked == cell.os else asked
    yield FidelityPoint(
        point="kernel",
        customer=f"that of {theirs}",
        here="this machine's: containers share it",
        grade="different",
        note="matters where the issue depends on the kernel",
    )
    yield FidelityPoint(
        point="init",
        customer="a service manager, as a rule",
        here="a minimal init: services are started by the case",
        grade="different",
    )
    limits = nodes[0].limits
    yield FidelityPoint(
        point="resources",
        customer="not said",
        here=f"{limits.memory // 2**20} MiB, {limits.cpus:g} cores per node",
        grade="unknown",
    )
