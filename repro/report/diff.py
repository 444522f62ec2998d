"""Two runs side by side: what differs in verdict, observations and environment.  Pure."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

from repro.model.base import Frozen
from repro.model.observation import (
    Captured,
    Completed,
    Finding,
    Observation,
    StepObservation,
    Verdict,
    VersionObservation,
)
from repro.model.plan import Plan
from repro.model.record import NodeLock, RunRecord
from repro.report.text import Line, Part, columns, heading, line, one_line

#: Lines of a unified diff that are kept of one output, and lines of it that are compared.
_DIFF_LINES = 60
_COMPARED = 2000
_CONTEXT = 2
_STYLE = {"+": "green", "-": "red", "@": "cyan"}


class Change(Frozen):
    """One value that differs; None: it is not there in that run."""

    what: str
    a: str | None
    b: str | None


class OutputChange(Frozen):
    """An output that differs, as a unified diff; ``left_out`` lines of it were not kept."""

    what: str
    diff: tuple[str, ...]
    left_out: int = 0


class PackageChange(Frozen):
    """A package that was added, removed (None on one side) or has another version."""

    node: str
    manager: str
    name: str
    a: str | None
    b: str | None


class RunDiff(Frozen):
    """All differences between run ``a`` and run ``b``.

    Times, which always differ, are left out.
    """

    a: str
    b: str
    verdict: tuple[Change, ...] = ()
    findings: tuple[Change, ...] = ()
    observations: tuple[Change, ...] = ()
    outputs: tuple[OutputChange, ...] = ()
    environment: tuple[Change, ...] = ()
    packages: tuple[PackageChange, ...] = ()

    @property
    def same(self) -> bool:
        """Whether nothing but times differs."""
        parts = (self.verdict, self.findings, self.observations, self.outputs, self.environment)
        return not any(parts) and not self.packages


def diff_runs(a: RunRecord, b: RunRecord) -> RunDiff:
    """Compare two runs, of one case or of two."""
    seen_a, seen_b = _seen(a.observations), _seen(b.observations)
    return RunDiff(
        a=a.header.run,
        b=b.header.run,
        verdict=_changes(_verdict(a.verdict), _verdict(b.verdict)),
        findings=_changes(_findings(a.verdict), _findings(b.verdict)),
        observations=_changes(_facts(seen_a), _facts(seen_b)),
        outputs=tuple(_outputs(seen_a, seen_b)),
        environment=_changes(_environment(a), _environment(b)),
        packages=tuple(_packages(a, b)),
    )


def diff_lines(diff: RunDiff) -> list[Line]:
    """The differences as text."""
    if diff.same:
        return [line(f"{diff.a} and {diff.b} differ in nothing but times")]
    lines = [line(("a ", "red"), diff.a), line(("b ", "green"), diff.b)]
    for title, changes in (
        ("Verdict", diff.verdict),
        ("Findings", diff.findings),
        ("Observations", diff.observations),
        ("Environment", diff.environment),
    ):
        lines += _changed(title, changes)
    for output in diff.outputs:
        lines += heading(output.what)
        lines += [line((row, _STYLE.get(row[:1], "")), indent=2) for row in output.diff]
        if output.left_out:
            lines.append(line((f"({output.left_out} more lines)", "dim"), indent=2))
    if diff.packages:
        rows: list[list[Part]] = [
            [item.node, item.manager, item.name, *_sides(item.a, item.b)] for item in diff.packages
        ]
        lines += [*heading("Packages"), *columns(rows, indent=2)]
    return lines


def _changed(title: str, changes: tuple[Change, ...]) -> list[Line]:
    rows: list[list[Part]] = [[item.what, *_sides(item.a, item.b)] for item in changes]
    return [*heading(title), *columns(rows, indent=2)] if rows else []


def _sides(a: str | None, b: str | None) -> list[Part]:
    shown = ["none" if side is None else one_line(side, 120) for side in (a, b)]
    return [(shown[0], "red"), "→", (shown[1], "green")]


def _changes(a: Mapping[str, str], b: Mapping[str, str]) -> tuple[Change, ...]:
    return tuple(
        Change(what=key, a=a.get(key), b=b.get(key))
        for key in dict.fromkeys([*a, *b])
        if a.get(key) != b.get(key)
    )


def _verdict(verdict: Verdict | None) -> dict[str, str]:
    if verdict is None:
        return {"verdict": "unfinished"}
    return {"verdict": verdict.verdict, "reason": verdict.reason}


def _findings(verdict: Verdict | None) -> dict[str, str]:
    found: dict[str, str] = {}
    if verdict is not None:
        for where, findings in (("symptom", verdict.symptom), ("healthy", verdict.healthy)):
            for number, finding in enumerate(findings, 1):
                _walk(f"{where} {number}", finding, found)
    return found


def _walk(name: str, finding: Finding, found: dict[str, str]) -> None:
    holds = {True: "holds", False: "does not hold", None: "cannot be told"}[finding.holds]
    found[f"{name}: {finding.condition}"] = f"{holds}: {finding.why}" if finding.why else holds
    for number, part in enumerate(finding.parts, 1):
        _walk(f"{name}.{number}", part, found)


def _seen(observations: tuple[Observation, ...]) -> dict[str, Observation]:
    """Observations under names by which those of two runs are matched."""
    named: dict[str, Observation] = {}
    for item in observations:
        name = _name(item)
        number = 2
        while name in named:
            name, number = f"{_name(item)} ({number})", number + 1
        named[name] = item
    return named


def _name(item: Observation) -> str:
    if isinstance(item, StepObservation):
        return f"{'setup' if item.phase == 'setup' else 'step'} {item.step} on {item.node}"
    about = ""
    for key in ("command", "module", "file", "path", "stage"):
        about = about or one_line(str(getattr(item, key, "")), 60)
    node = getattr(item, "node", "")
    return " ".join(part for part in (item.kind, about, f"on {node}" if node else "") if part)


#: What identifies an observation, is shown as output, or always differs.
_NO_FACT = {"kind", "phase", "step", "node", "key", "command", "module", "file", "path", "stage"}
_NO_FACT |= {"result", "output", "text"}


def _facts(seen: Mapping[str, Observation]) -> dict[str, str]:
    facts: dict[str, str] = {}
    for name, item in seen.items():
        result = getattr(item, "result", None)
        if isinstance(result, Completed):
            facts[f"{name}: exit"] = _exit(result)
        if isinstance(item, VersionObservation):
            facts[f"{name}: version"] = item.text.strip()
        for key, value in item.model_dump(mode="json", exclude=_NO_FACT).items():
            if isinstance(value, dict):
                facts |= {f"{name}: {part}": str(held) for part, held in value.items()}
            elif value not in (None, ""):
                facts[f"{name}: {key}"] = str(value)
    return facts


def _exit(result: Completed) -> str:
    words = [str(result.exit) if result.exit is not None else "none"]
    if result.signal:
        words.append(f"by {result.signal}")
    if result.ended_by:
        words.append(f"ended by {result.ended_by}")
    return ", ".join(words)


def _texts(item: Observation | None) -> dict[str, str]:
    result = getattr(item, "result", None)
    if isinstance(result, Completed):
        return {"stdout": result.stdout.text, "stderr": result.stderr.text}
    output: Any = getattr(item, "output", None)
    if isinstance(output, Captured):
        return {"output": output.text}
    text: Any = None if isinstance(item, VersionObservation) else getattr(item, "text", None)
    return {"text": text} if isinstance(text, str) else {}


def _outputs(a: Mapping[str, Observation], b: Mapping[str, Observation]) -> Iterator[OutputChange]:
    for name in dict.fromkeys([*a, *b]):
        texts_a, texts_b = _texts(a.get(name)), _texts(b.get(name))
        for stream in dict.fromkeys([*texts_a, *texts_b]):
            before, after = texts_a.get(stream, ""), texts_b.get(stream, "")
            if before != after:
                yield _output(f"{name}: {stream}", before, after)


def _output(what: str, before: str, after: str) -> OutputChange:
    """A unified diff of at most the first ``_COMPARED`` lines from where the two part."""
    rows_a, rows_b = before.split("\n"), after.split("\n")
    same = 0
    while same < min(len(rows_a), len(rows_b)) and rows_a[same] == rows_b[same]:
        same += 1
    start = max(0, same - _CONTEXT)
    part_a, part_b = rows_a[start : start + _COMPARED], rows_b[start : start + _COMPARED]
    found = difflib.unified_diff(part_a, part_b, n=_CONTEXT, lineterm="")
    rows = [one_line(row, 300) for row in found][2:]
    beyond = max(len(rows_a), len(rows_b)) - start - _COMPARED
    left_out = max(0, len(rows) - _DIFF_LINES) + max(0, beyond)
    return OutputChange(what=what, diff=tuple(rows[:_DIFF_LINES]), left_out=left_out)


def _environment(record: RunRecord) -> dict[str, str]:
    cell = record.header.cell.model_dump(exclude={"case"})
    found = {"case": record.header.cell.case, "case text": record.header.case_digest[:12]}
    found |= {key: value for key, value in cell.items() if value is not None}
    found |= {f"--set {key}": value for key, value in record.header.overrides.items()}
    if record.plan is not None:
        found |= _planned(record.plan)
    if record.lock is not None:
        found |= {"kernel": record.lock.kernel, "engine": record.lock.engine}
        found |= {f"setting {key}": value for key, value in record.lock.settings.items()}
        for name, node in record.lock.nodes.items():
            found |= _node(name, node)
    return found


def _planned(plan: Plan) -> dict[str, str]:
    found: dict[str, str] = {"network": plan.network}
    for node in plan.nodes:
        found |= {f"{node.name}: env {key}": value for key, value in node.env.items()}
        for key, value in node.limits.model_dump().items():
            found[f"{node.name}: limit {key}"] = str(value)
        for key, value in node.preparation.vars.items():
            found[f"{node.name}: var {key}"] = str(value)
    return found


def _node(name: str, node: NodeLock) -> dict[str, str]:
    found = {
        f"{name}: image": node.image,
        f"{name}: image digest": node.image_digest,
        f"{name}: architecture": node.architecture,
    }
    return found | {f"{name}: os-release {key}": value for key, value in node.os_release.items()}


def _packages(a: RunRecord, b: RunRecord) -> Iterator[PackageChange]:
    if a.lock is None or b.lock is None:
        return
    nodes_a, nodes_b = a.lock.nodes, b.lock.nodes
    for node in (name for name in nodes_a if name in nodes_b):
        all_a, all_b = nodes_a[node].packages, nodes_b[node].packages
        for manager in sorted({*all_a, *all_b}):
            one, other = all_a.get(manager, {}), all_b.get(manager, {})
            for name in sorted({*one, *other}):
                if one.get(name) != other.get(name):
                    yield PackageChange(
                        node=node, manager=manager, name=name, a=one.get(name), b=other.get(name)
                    )
