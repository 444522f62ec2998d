"""A run as text: the verdict first, then why, then what it stands on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from repro.model.observation import (
    Captured,
    Finding,
    Observation,
    StepObservation,
    TroubleObservation,
    Verdict,
    VersionObservation,
)
from repro.model.plan import Cell, FidelityPoint
from repro.model.record import Lock, NodePrepared, RunRecord
from repro.report.looks import STYLES
from repro.report.text import (
    Line,
    Part,
    block,
    columns,
    heading,
    line,
    one_line,
    seconds,
)

GRADE_STYLE = {"same": "green", "close": "yellow", "different": "red", "unknown": "dim"}
_HELD = {True: ("✓", "green"), False: ("✗", "red"), None: ("?", "yellow")}
_MATCH = "black on yellow"
#: Lines of a step's output that are shown; all of it is in the run folder.
_OUTPUT_LINES = 12
#: Lines of a text that matched that are shown.
_EVIDENCE_LINES = 6


def show_run(record: RunRecord) -> list[Line]:
    """All that matters of a run."""
    return [
        *_head(record),
        *_trouble(record.observations),
        *_findings("Symptom", record.verdict.symptom if record.verdict else ()),
        *_findings("Healthy", record.verdict.healthy if record.verdict else ()),
        *_steps(record),
        *fidelity_lines(record.plan.fidelity if record.plan else ()),
        *_prepared(record.summary.prepared if record.summary else ()),
        *_lock(record.lock),
        *_evidence(record),
        *_judgements(record),
    ]


def verdict_lines(verdict: Verdict, cell: Cell, title: str) -> list[Line]:
    """The verdict, what it is about, and the reason."""
    return [
        line((verdict.verdict.upper(), STYLES[verdict.verdict]), f"  {cell}"),
        line((title, "italic")),
        line(verdict.reason),
    ]


def fidelity_lines(points: Iterable[FidelityPoint]) -> list[Line]:
    """How the environment compares with the customer's."""
    rows: list[list[Part]] = [
        [
            point.point,
            (point.grade, GRADE_STYLE[point.grade]),
            f"customer: {one_line(point.customer)}",
            f"here: {one_line(point.here)}",
            (point.note, "dim"),
        ]
        for point in points
    ]
    return [*heading("Fidelity"), *columns(rows, indent=2)] if rows else []


def _head(record: RunRecord) -> Iterator[Line]:
    header, summary = record.header, record.summary
    if record.verdict is not None:
        yield from verdict_lines(record.verdict, header.cell, header.title)
    else:
        yield line(("UNFINISHED", STYLES["unfinished"]), f"  {header.cell}")
        yield line((header.title, "italic"))
    for note in record.notes:
        yield line(("note: ", "yellow"), note)
    yield Line()
    rows: list[list[Part]] = [["run", header.run], ["started", header.started]]
    if summary is not None:
        rows.append(["took", seconds(summary.seconds)])
    seen = [item for item in record.observations if isinstance(item, VersionObservation)]
    rows += [["version seen", f"{one_line(item.text.strip())} on {item.node}"] for item in seen]
    rows += [["changed", f"{key} = {value}"] for key, value in header.overrides.items()]
    if summary is not None and summary.kept and summary.environment:
        rows.append(["left up", f"{summary.environment}: `repro shell {summary.environment}`"])
    rows.append(["folder", record.folder])
    yield from columns(rows)


def _trouble(observations: Iterable[Observation]) -> Iterator[Line]:
    found = [item for item in observations if isinstance(item, TroubleObservation)]
    if not found:
        return
    yield from heading("Trouble")
    for item in found:
        yield line((f"{item.stage}: ", "red"), item.error, indent=2)
        yield from block(item.what, indent=4)
        if item.cause:
            yield from block(f"cause: {item.cause}", indent=4)
        if item.action:
            yield from block(f"next: {item.action}", indent=4, style="bold")


def _findings(title: str, findings: tuple[Finding, ...]) -> Iterator[Line]:
    if findings:
        yield from heading(title)
    for finding in findings:
        yield from _finding(finding, indent=2)


def _finding(finding: Finding, indent: int) -> Iterator[Line]:
    yield line(_HELD[finding.holds], f" {finding.condition}", indent=indent)
    if finding.why:
        yield line((one_line(finding.why), "dim"), indent=indent + 4)
    rows = finding.evidence.strip("\n").split("\n") if finding.evidence else []
    for row in rows[:_EVIDENCE_LINES]:
        yield line("found: ", (one_line(row, 200), _MATCH), indent=indent + 4)
    for part in finding.parts:
        yield from _finding(part, indent + 4)


def _steps(record: RunRecord) -> Iterator[Line]:
    steps = [item for item in record.observations if isinstance(item, StepObservation)]
    if not steps:
        return
    yield from heading("Steps")
    rows = columns([_step_row(step) for step in steps], indent=2)
    evidence = _evidence_texts(record.verdict)
    for row, step in zip(rows, steps, strict=True):
        yield row
        if not step.expected and step.why:
            yield line((one_line(step.why), "dim"), indent=6)
        if step.phase == "steps" or not step.expected:
            yield from _output("stdout", step.result.stdout, evidence)
            yield from _output("stderr", step.result.stderr, evidence)


def _step_row(step: StepObservation) -> list[Part]:
    result = step.result
    ended = f"exit {result.exit}" if result.exit is not None else "no exit"
    if step.status is not None:
        ended = f"status {step.status}"
    if result.signal:
        ended += f" ({result.signal})"
    if result.timed_out:
        ended += ", timed out"
    if step.attempts > 1:
        ended += f", {step.attempts} attempts"
    name = f"{step.step} (setup)" if step.phase == "setup" else step.step
    command = (one_line(step.command.strip(), 100), "dim")
    return [_HELD[step.expected], name, step.node, ended, seconds(result.seconds), command]


def _output(name: str, captured: Captured, evidence: list[str]) -> Iterator[Line]:
    rows = captured.text.rstrip("\n").split("\n") if captured.text else []
    for row in _chosen(rows, evidence):
        yield line((f"{name} ", "dim"), *_marked(one_line(row, 200), evidence), indent=6)
    left_out = len(rows) - _OUTPUT_LINES
    if left_out > 0:
        yield line((f"{name} ({left_out} more lines in the record)", "dim"), indent=6)
    if captured.cut:
        yield line((f"{name} ({captured.cut} bytes were not kept)", "yellow"), indent=6)


def _chosen(rows: list[str], evidence: list[str]) -> list[str]:
    """The rows with evidence in them, and the last ones, as many as are shown."""
    if len(rows) <= _OUTPUT_LINES:
        return rows
    marked = [n for n, row in enumerate(rows) if any(item in row for item in evidence)]
    kept = set(marked[: _OUTPUT_LINES // 2])
    for number in range(len(rows) - 1, -1, -1):
        if len(kept) >= _OUTPUT_LINES:
            break
        kept.add(number)
    return [rows[number] for number in sorted(kept)]


def _marked(row: str, evidence: list[str]) -> list[Part]:
    """The row with the first evidence that is found in it marked."""
    for item in evidence:
        before, found, after = row.partition(one_line(item))
        if found:
            return [before, (found, _MATCH), after]
    return [row]


def _evidence_texts(verdict: Verdict | None) -> list[str]:
    """The lines of each text that matched, longest first."""
    pending = list(verdict.symptom + verdict.healthy) if verdict else []
    texts = set()
    while pending:
        finding = pending.pop()
        pending += finding.parts
        texts.update(finding.evidence.strip().split("\n")[:_EVIDENCE_LINES])
    # One or two characters, such as an exit status, would be found everywhere.
    return sorted((text for text in texts if len(text) > 2), key=lambda text: (-len(text), text))


def _prepared(prepared: tuple[NodePrepared, ...]) -> Iterator[Line]:
    if not prepared:
        return
    yield from heading("Prepared images")
    rows: list[list[Part]] = [
        [item.node, "hit" if item.hit else "made", seconds(item.seconds), item.key[:12]]
        for item in prepared
    ]
    yield from columns(rows, indent=2)


def _lock(lock: Lock | None) -> Iterator[Line]:
    if lock is None:
        return
    yield from heading("Lock")
    rows: list[list[Part]] = [["engine", lock.engine], ["kernel", lock.kernel]]
    for name, node in lock.nodes.items():
        counts = (f"{len(found)} {manager}" for manager, found in node.packages.items() if found)
        os = node.os_release.get("PRETTY_NAME") or node.os_release.get("ID", "?")
        rows.append([name, f"{os}, {node.architecture}, {node.image} {node.image_digest[:19]}"])
        rows.append(["", ("packages: " + (", ".join(counts) or "none"), "dim")])
    yield from columns(rows, indent=2)


def _evidence(record: RunRecord) -> Iterator[Line]:
    if not record.collected:
        return
    yield from heading("Collected")
    rows: list[list[Part]] = [
        [item.node, one_line(item.path, 200), f"{item.kept} bytes", (item.note, "yellow")]
        for item in record.collected
    ]
    yield from columns(rows, indent=2)


def _judgements(record: RunRecord) -> Iterator[Line]:
    if not record.judgements:
        return
    yield from heading("Judged again")
    if record.summary is not None:
        yield line(f"by the run itself: {record.summary.verdict.verdict}", indent=2)
    for item in record.judgements:
        yield line(f"{item.number}, {item.at}: {item.verdict.verdict}", indent=2)
