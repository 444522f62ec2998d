"""Files, steps and conditions: where each belongs, and what they need of a backend."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from repro.errors import PlanError
from repro.model.case import AnyStep, CaseFile, FaultStep, InteractStep
from repro.model.condition import Condition, NodeCondition, PythonCondition, StepCondition
from repro.model.plan import PlannedFile, PlannedStep
from repro.plan.topology import Topology, near


def plan_files(
    files: Iterable[CaseFile], sources: Mapping[str, bytes], topology: Topology
) -> tuple[PlannedFile, ...]:
    """The case's files with their contents.  Raises PlanError."""
    return tuple(
        PlannedFile(
            path=file.path,
            nodes=topology.expand(file.on) if file.on else tuple(topology.nodes),
            data=sources[file.source] if file.source is not None else (file.content or "").encode(),
            mode=int(file.mode, 8),
            owner=file.owner,
        )
        for file in files
    )


def plan_steps(
    steps: Iterable[AnyStep], prefix: str, topology: Topology
) -> tuple[PlannedStep, ...]:
    """The steps with their nodes; one without a name is called ``PREFIX-NUMBER``.

    Raises PlanError.
    """
    planned = []
    for number, step in enumerate(steps, 1):
        if isinstance(step, FaultStep) and step.between:
            topology.expand(step.between)
        name, nodes = step.name or f"{prefix}-{number}", topology.of_step(step.on)
        planned.append(PlannedStep(name=name, nodes=nodes, step=step))
    return tuple(planned)


def check_conditions(
    conditions: Iterable[Condition], steps: Iterable[PlannedStep], topology: Topology
) -> None:
    """See that the conditions speak of what is there.  Raises PlanError."""
    names = [step.name for step in steps]
    for condition in conditions:
        if isinstance(condition, StepCondition) and condition.step not in names:
            raise PlanError(
                f"a condition speaks of step {condition.step!r}, which is not there"
                f"{near(condition.step, names)}"
            )
        on = condition.node if isinstance(condition, NodeCondition) else None
        on = on or getattr(condition, "on", None)
        if on is not None:
            topology.expand([on])


def sources_of_checks(
    conditions: Iterable[Condition], sources: Mapping[str, bytes]
) -> dict[str, str]:
    """The text of each check in Python, by the name of its file."""
    return {
        condition.python: sources[condition.python].decode("utf-8", "replace")
        for condition in conditions
        if isinstance(condition, PythonCondition)
    }


def powers_needed(backend: str | None, steps: Iterable[PlannedStep]) -> tuple[str, ...]:
    """What a backend must be able to do beyond running commands, each named once."""
    needs: list[str] = []
    if backend not in (None, "docker"):
        needs.append(f"backend:{backend}")
    for planned in steps:
        if isinstance(planned.step, FaultStep):
            needs.append(f"fault:{planned.step.fault}")
        if isinstance(planned.step, InteractStep):
            needs.append("console")
    return tuple(dict.fromkeys(needs))
