"""A plan as text: what would be done, and how well it fits the customer's environment."""

from __future__ import annotations

from collections.abc import Iterator

from repro.model.case import Companions, FaultStep, HttpStep, InteractStep, RunStep, WaitStep
from repro.model.condition import (
    AllCondition,
    AnyCondition,
    Condition,
    LogCondition,
    ModuleCondition,
    NodeCondition,
    NotCondition,
    ProbeCondition,
    PythonCondition,
    StepCondition,
)
from repro.model.plan import NodePlan, Plan, PlannedStep
from repro.report.show import fidelity_lines
from repro.report.text import (
    Line,
    Part,
    columns,
    heading,
    line,
    one_line,
    seconds,
    size,
)


def show_plan(plan: Plan) -> list[Line]:
    """All of it."""
    network = {
        "isolated": "isolated: the nodes see each other and nothing else",
        "open": "open: the nodes see each other and the way out",
    }
    return [
        line(("PLAN", "bold"), f"  {plan.cell}"),
        line((plan.title, "italic")),
        *_warnings(plan),
        *heading("Nodes"),
        *(part for node in plan.nodes for part in _node(node)),
        line("network ", network[plan.network], indent=2),
        *_files(plan),
        *_steps("Setup", plan.setup),
        *_steps("Steps", plan.steps),
        *_conditions("Symptom", plan.symptom),
        *_conditions("Healthy", plan.healthy),
        *_collected(plan),
        *fidelity_lines(plan.fidelity),
    ]


def _warnings(plan: Plan) -> Iterator[Line]:
    for warning in plan.warnings:
        yield line(("warning: ", "yellow"), warning)
    if plan.needs:
        yield line(("needs: ", "yellow"), ", ".join(plan.needs))


def _node(node: NodePlan) -> Iterator[Line]:
    made, limits = node.preparation, node.limits
    roles = f" ({', '.join(node.roles)})" if node.roles else ""
    bounds = (
        f"memory {size(limits.memory)}, {limits.cpus:g} CPUs, {limits.processes} processes, "
        f"disk {size(limits.disk)}"
    )
    rows: list[list[Part]] = [["OS", f"{made.os.title}, image {made.os.image}"]]
    if made.product is not None:
        version = made.product.version or "as the OS carries it"
        rows.append(["product", f"{made.product.name} {version} ({made.product.purl})"])
    rows += [["with", text] for text in _companions(made.companions)]
    rows += [["install", one_line(step.run, 100)] for step in made.install]
    rows += [["var", f"{key} = {one_line(str(value), 100)}"] for key, value in made.vars.items()]
    rows += [["env", f"{key} = {one_line(value, 100)}"] for key, value in node.env.items()]
    rows.append(["limits", bounds])
    rows += [["disk", f"{path} of {size(bound)}"] for path, bound in node.disks.items()]
    if node.capabilities:
        rows.append(["capabilities", ", ".join(node.capabilities)])
    yield line((node.name, "bold"), roles, indent=2)
    yield from columns(rows, indent=4)


def _companions(companions: Companions) -> Iterator[str]:
    for manager, names in companions.model_dump().items():
        if names:
            yield f"{manager}: {', '.join(names)}"


def _files(plan: Plan) -> Iterator[Line]:
    if not plan.files:
        return
    yield from heading("Files")
    rows: list[list[Part]] = [
        [file.path, ", ".join(file.nodes), size(len(file.data)), f"{file.mode:04o} {file.owner}"]
        for file in plan.files
    ]
    yield from columns(rows, indent=2)


def _steps(title: str, steps: tuple[PlannedStep, ...]) -> Iterator[Line]:
    if not steps:
        return
    yield from heading(title)
    rows: list[list[Part]] = [
        [step.name, ", ".join(step.nodes), f"≤ {seconds(step.step.timeout)}", _what(step)]
        for step in steps
    ]
    yield from columns(rows, indent=2)


def _what(planned: PlannedStep) -> str:
    step = planned.step
    if isinstance(step, RunStep):
        return one_line(step.run.strip(), 100) + (" (background)" if step.background else "")
    if isinstance(step, WaitStep):
        told = step.wait.model_dump(exclude_none=True)
        return "wait for " + ", ".join(f"{key} {value}" for key, value in told.items())
    if isinstance(step, FaultStep):
        return f"fault {step.fault}" + (
            f" between {', '.join(step.between)}" if step.between else ""
        )
    if isinstance(step, HttpStep):
        return step.http
    assert isinstance(step, InteractStep)
    return f"interact {one_line(step.interact, 80)} ({len(step.dialogue)} exchanges)"


def _conditions(title: str, conditions: tuple[Condition, ...]) -> Iterator[Line]:
    if conditions:
        yield from heading(title)
    for condition in conditions:
        yield from _condition(condition, 2)


def _condition(condition: Condition, indent: int) -> Iterator[Line]:
    parts: tuple[Condition, ...] = ()
    match condition:
        case AnyCondition():
            text, parts = "any of", condition.any
        case AllCondition():
            text, parts = "all of", condition.all
        case NotCondition():
            text, parts = "not", (condition.not_,)
        case _:
            text = _asked(condition)
    yield line(one_line(text, 200), indent=indent)
    for part in parts:
        yield from _condition(part, indent + 2)


def _asked(condition: Condition) -> str:
    match condition:
        case StepCondition():
            about = f"step {condition.step}" + (f" on {condition.on}" if condition.on else "")
            return f"{about}: {_wanted(condition.model_dump(exclude={'step', 'on'}))}"
        case ProbeCondition():
            wanted = _wanted(condition.model_dump(exclude={"run", "on"}))
            return f"`{condition.run.strip()}` on {condition.on}: {wanted}"
        case ModuleCondition():
            return f"{condition.module} on {condition.on}: {_wanted(condition.attributes)}"
        case PythonCondition():
            return f"{condition.python} passes" + (f" on {condition.on}" if condition.on else "")
        case LogCondition():
            return f"{condition.log} on {condition.on} matches {condition.matches!r}"
        case NodeCondition():
            return f"node {condition.node} is {condition.state}"
    raise AssertionError(condition)


def _wanted(values: dict[str, object]) -> str:
    """``{"exit": (1,), "stdout": {"contains": "x"}}`` → ``exit 1, stdout contains 'x'``."""
    return ", ".join(f"{key} {_value(value)}" for key, value in values.items() if value is not None)


def _value(value: object) -> str:
    if isinstance(value, dict):
        given = {key.rstrip("_"): item for key, item in value.items() if item is not None}
        return " and ".join(f"{key} {_value(item)}" for key, item in given.items())
    if isinstance(value, tuple | list):
        return " or ".join(str(item) for item in value)
    return repr(value) if isinstance(value, str) else str(value)


def _collected(plan: Plan) -> Iterator[Line]:
    if not plan.collect:
        return
    yield from heading("Collected")
    rows: list[list[Part]] = [
        [", ".join(item.on) or "every node", item.path] for item in plan.collect
    ]
    yield from columns(rows, indent=2)
