"""Output as evidence: the lines that show it, with a few around them.  Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple

from repro.model.account import Quote
from repro.model.observation import (
    Completed,
    Finding,
    LogObservation,
    Observation,
    ProbeObservation,
    PythonObservation,
    StepObservation,
    Verdict,
)
from repro.model.record import RunRecord
from repro.report.text import printable

Stream = Literal["stdout", "stderr", "log", "output"]

#: Quotes of one report, at most.
_QUOTES = 3
#: Lines around a match, and of an output in which nothing is marked.
_AROUND = 3
_TAIL = 8
#: Characters of each part of a quote: a line may be as long as an output.
_WIDTH = 600


class _Source(NamedTuple):
    """An output, and what it came from."""

    observation: Observation
    stream: Stream
    text: str


def quotes_of(record: RunRecord) -> tuple[Quote, ...]:
    """What shows the verdict; empty where no output does."""
    if record.verdict is None:
        return ()
    steps = [item for item in record.observations if isinstance(item, StepObservation)]
    unexpected = [step for step in steps if not step.expected]
    if record.verdict.verdict in ("different-failure", "environment-failed"):
        return tuple(_tail(step) for step in unexpected[:1])
    findings = _telling(record.verdict)
    marked = [quote for each in findings if (quote := _marked(each, record.observations))]
    if marked:
        return tuple(dict.fromkeys(marked))[:_QUOTES]
    named = [step for step in steps for each in findings if _is_about(each, step)]
    shown = [step for step in named if not step.expected] or named or unexpected or steps
    return tuple(_tail(step) for step in shown[-1:])


def _telling(verdict: Verdict) -> list[Finding]:
    """What carries the verdict: of the symptom or, where it does not reproduce, of health."""
    if verdict.verdict == "not-reproduced":
        return [each for each in _leaves(verdict.healthy) if each.holds]
    leaves = list(_leaves(verdict.symptom))
    return [each for each in leaves if each.holds] or leaves


def _leaves(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Findings of one condition each; what must not hold shows nothing."""
    for each in findings:
        if not each.parts:
            yield each
        elif not each.condition.startswith("not: "):
            yield from _leaves(each.parts)


def _marked(finding: Finding, observations: Sequence[Observation]) -> Quote | None:
    """The lines around what a finding found; None where that stands in no output."""
    evidence = finding.evidence.strip("\n")
    if not evidence:
        return None
    sources = [source for each in observations for source in _sources(each)]
    found = [source for source in sources if evidence in source.text]
    ours = [source for source in found if _is_about(finding, source.observation)]
    named = [source for source in ours if f"{source.stream} " in finding.condition]
    chosen = next(iter(named or ours or found), None)
    if chosen is None:
        return None
    start = chosen.text.find(evidence)
    return _quote(chosen, start, start + len(evidence))


def _is_about(finding: Finding, observation: Observation) -> bool:
    """Whether a condition, as it was put in words, asked for this."""
    node = getattr(observation, "node", "")
    if finding.why and not finding.why.startswith(f"{node}: "):
        return False
    match observation:
        case StepObservation():
            return _names(finding, f"step {observation.step}")
        case ProbeObservation():
            return _names(finding, f"run {observation.command}")
        case LogObservation():
            return _names(finding, f"log {observation.path}")
        case PythonObservation():
            return _names(finding, f"python {observation.file}")
    return False


def _names(finding: Finding, what: str) -> bool:
    return re.search(rf"(^|, ){re.escape(what)}(, |$)", finding.condition) is not None


def _sources(observation: Observation) -> Iterator[_Source]:
    match observation:
        case StepObservation() | ProbeObservation():
            out, err = observation.result.stdout.text, observation.result.stderr.text
            yield _Source(observation, "stdout", out)
            yield _Source(observation, "stderr", err)
            if out and err:
                yield _Source(observation, "output", out + err)
        case LogObservation():
            yield _Source(observation, "log", observation.text or "")
        case PythonObservation():
            yield _Source(observation, "output", observation.output.text)


def _tail(step: StepObservation) -> Quote:
    """The end of what a step printed."""
    stream: Stream = "stderr" if step.result.stderr.text.strip() else "stdout"
    text = getattr(step.result, stream).text.rstrip("\n")
    return _quote(_Source(step, stream, text), len(text), len(text), before=_TAIL - 1)


def _quote(source: _Source, start: int, end: int, before: int = _AROUND) -> Quote:
    text = source.text.rstrip("\n")
    first, last = _lines_before(text, start, before), _lines_after(text, end, _AROUND)
    observation = source.observation
    result: Completed = getattr(observation, "result", Completed(exit=None))
    return Quote(
        step=getattr(observation, "step", ""),
        node=getattr(observation, "node", ""),
        command=_command(observation),
        stream=source.stream,
        before=printable(_end(text[first:start])),
        match=printable(_beginning(text[start:end])),
        after=printable(_beginning(text[end:last])),
        left_out=text.count("\n", 0, first) + text.count("\n", last),
        exit=result.exit,
        signal=result.signal,
        timed_out=result.timed_out,
    )


def _command(observation: Observation) -> str:
    named = (getattr(observation, name, "") for name in ("command", "path", "file"))
    return printable(next(filter(None, named), "").strip())


def _lines_before(text: str, at: int, count: int) -> int:
    """Where the line begins that is so many lines above."""
    for _ in range(count + 1):
        at = text.rfind("\n", 0, at)
        if at < 0:
            return 0
    return at + 1


def _lines_after(text: str, at: int, count: int) -> int:
    """Where the line ends that is so many lines below."""
    at -= 1
    for _ in range(count + 1):
        at = text.find("\n", at + 1)
        if at < 0:
            return len(text)
    return at


def _beginning(text: str) -> str:
    return text if len(text) <= _WIDTH else f"{text[:_WIDTH]}…"


def _end(text: str) -> str:
    return text if len(text) <= _WIDTH else f"…{text[-_WIDTH:]}"
