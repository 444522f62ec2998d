"""Answers conditions from observations alone.  Pure.

Where a step or probe has several nodes, a symptom needs one node that shows it (``over="any"``),
and the healthy state must be seen on all of them (``over="all"``).
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Sequence
from typing import Any, Literal

from repro.check.text import (
    EXCERPT,
    Answer,
    Search,
    Truth,
    both,
    conjunction,
    disjunction,
    match_text,
    search_text,
)
from repro.model.base import Frozen
from repro.model.condition import (
    AllCondition,
    AnyCondition,
    Condition,
    LogCondition,
    ModuleCondition,
    NodeCondition,
    NotCondition,
    Outcome,
    ProbeCondition,
    PythonCondition,
    StepCondition,
    TextMatch,
    question,
)
from repro.model.observation import (
    Completed,
    Finding,
    LogObservation,
    ModuleObservation,
    NodeObservation,
    Observation,
    ProbeObservation,
    PythonObservation,
    StepObservation,
)

_OPERATORS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


class Judge:
    """Answers conditions from observations; ``over`` says how several nodes are put together."""

    def __init__(
        self, observations: Sequence[Observation], search: Search, over: Literal["any", "all"]
    ) -> None:
        self.observations = observations
        self.search = search
        self.over = over

    def finding(self, condition: Condition) -> Finding:
        """Whether a condition holds, and why."""
        match condition:
            case AnyCondition():
                parts = tuple(self.finding(each) for each in condition.any)
                return self._combined("any of", parts, disjunction([p.holds for p in parts]))
            case AllCondition():
                parts = tuple(self.finding(each) for each in condition.all)
                return self._combined("all of", parts, conjunction([p.holds for p in parts]))
            case NotCondition():
                turned = Judge(
                    self.observations, self.search, "all" if self.over == "any" else "any"
                )
                inner = turned.finding(condition.not_)
                holds = None if inner.holds is None else not inner.holds
                return self._combined("not", (inner,), holds)
        answer = self._answer(condition)
        return Finding(
            condition=describe(condition),
            holds=answer.holds,
            why=answer.why,
            evidence=answer.evidence,
        )

    def as_expected(self, steps: Sequence[str]) -> Finding:
        """The healthy state when none is written: every step did as expected."""
        seen = steps_of(self.observations)
        missing = set(steps) - {each.step for each in seen}
        wrong = next((each for each in seen if not each.expected), None)
        if wrong:
            why = f"step {wrong.step} on {wrong.node}: {wrong.why}"
        elif missing:
            why = f"not run: {', '.join(sorted(missing))}"
        else:
            why = "every step did as expected"
        return Finding(
            condition="every step did as expected", holds=not (wrong or missing), why=why
        )

    @staticmethod
    def _combined(name: str, parts: tuple[Finding, ...], holds: Truth) -> Finding:
        telling = [each.why for each in parts if name == "not" or each.holds is holds]
        evidence = next((each.evidence for each in parts if each.evidence), "")
        return Finding(
            condition=f"{name}: " + "; ".join(each.condition for each in parts),
            holds=holds,
            why="; ".join(telling),
            evidence=evidence,
            parts=parts,
        )

    def _answer(self, condition: Condition) -> Answer:
        match condition:
            case StepCondition():
                return self._step(condition)
            case ProbeCondition():
                answers = [
                    self._outcome(condition, each.result, None, each.node)
                    for each in self._asked(ProbeObservation, question(condition))
                ]
            case ModuleCondition():
                answers = [
                    self._module(condition, each)
                    for each in self._asked(ModuleObservation, question(condition))
                ]
            case PythonCondition():
                answers = [
                    Answer(each.passed, _tests(each), each.output.text[-EXCERPT:])
                    for each in self._asked(PythonObservation, question(condition))
                ]
            case LogCondition():
                answers = [
                    self._log(condition, each)
                    for each in self._asked(LogObservation, question(condition))
                ]
            case NodeCondition():
                answers = [
                    _state(condition, each)
                    for each in self.observations
                    if isinstance(each, NodeObservation) and each.node == condition.node
                ]
        return self._over(answers, "this was not observed in the run")

    def _asked(self, kind: type[Any], key: str) -> list[Any]:
        return [each for each in self.observations if isinstance(each, kind) and each.key == key]

    def _step(self, condition: StepCondition) -> Answer:
        answers = [
            self._outcome(condition, each.result, each.status, each.node)
            for each in steps_of(self.observations)
            if each.step == condition.step and condition.on in (None, each.node)
        ]
        return self._over(answers, f"step {condition.step} did not run")

    def _over(self, answers: Sequence[Answer], otherwise: str) -> Answer:
        if not answers:
            return Answer(None, otherwise)
        if len(answers) == 1:
            return answers[0]
        truths = [each.holds for each in answers]
        holds = disjunction(truths) if self.over == "any" else conjunction(truths)
        return next((each for each in answers if each.holds is holds), answers[0])

    def _outcome(self, wanted: Outcome, result: Completed, status: int | None, node: str) -> Answer:
        answers = []
        if wanted.exit is not None:
            answers.append(_exit(wanted.exit, result))
        if wanted.timed_out is not None:
            said = "timed out" if result.timed_out else "did not time out"
            answers.append(Answer(result.timed_out == wanted.timed_out, said))
        if wanted.signal is not None:
            said = f"ended by {result.signal}" if result.signal else "was not ended by a signal"
            answers.append(Answer(result.signal == wanted.signal, said))
        if wanted.seconds is not None:
            sign, bound = wanted.seconds.split()
            holds = _OPERATORS[sign](result.seconds, float(bound))
            answers.append(Answer(holds, f"took {result.seconds:.3f} s"))
        if wanted.status is not None:
            answers.append(Answer(status in wanted.status, f"status {status}"))
        for stream in ("stdout", "stderr", "output"):
            match = getattr(wanted, stream)
            if match is not None:
                found = match_text(match, text_of(result, stream), self.search)
                answers.append(Answer(found.holds, f"{stream} {found.why}", found.evidence))
        together = both(answers)
        return Answer(together.holds, f"{node}: {together.why}", together.evidence)

    def _module(self, condition: ModuleCondition, seen: ModuleObservation) -> Answer:
        if seen.error:
            return Answer(None, f"{seen.node}: {seen.error}")
        answers = []
        for key, wanted in condition.attributes.items():
            if key in ("name", "path"):
                continue
            if key not in seen.values:
                answers.append(Answer(None, f"{key} was not observed"))
                continue
            answers.append(self._attribute(key, wanted, seen.values[key]))
        return both(answers) if answers else Answer(None, "names no attribute to look at")

    def _attribute(self, key: str, wanted: Any, value: Any) -> Answer:
        if isinstance(value, dict) and value.keys() == {"asked", "answer"}:
            if value["asked"] != wanted:
                return Answer(None, f"{key} was asked of {value['asked']!r}, not of {wanted!r}")
            return Answer(bool(value["answer"]), f"{key} {wanted!r}: {value['answer']}")
        matchers = {"contains", "equals", "matches", "not"}
        if isinstance(wanted, dict) and wanted and wanted.keys() <= matchers:
            found = match_text(TextMatch.model_validate(wanted), str(value), self.search)
            return Answer(found.holds, f"{key} {found.why}", found.evidence)
        if key == "mode" and isinstance(value, int):
            # Modes are written in octal, whatever YAML made of the digits.
            shown = f"{value:04o}"
            return Answer(_octal(wanted) == value, f"mode is {shown}", f"mode: {shown}")
        return Answer(value == wanted, f"{key} is {value!r}", f"{key}: {value!r}")

    def _log(self, condition: LogCondition, seen: LogObservation) -> Answer:
        if seen.text is None:
            return Answer(False, f"{seen.node}: {seen.path} is not there")
        found = search_text(condition.matches, seen.text, self.search)
        return Answer(found.holds, f"{seen.node}: {seen.path}: {found.why}", found.evidence)


def _octal(mode: Any) -> int | None:
    try:
        return int(str(mode), 8)
    except ValueError:
        return None


def text_of(result: Completed, stream: str) -> str:
    """The text of ``stdout``, ``stderr`` or, for ``output``, of both."""
    if stream == "output":
        return result.stdout.text + result.stderr.text
    return str(getattr(result, stream).text)


def _exit(wanted: Any, result: Completed) -> Answer:
    if result.exit is None:
        return Answer(None, "there is no exit status: the node was lost")
    said = f"exit {result.exit}" + (f" ({result.signal})" if result.signal else "")
    holds = result.exit != 0 if wanted == "nonzero" else result.exit in wanted
    return Answer(holds and not result.timed_out, said if not result.timed_out else "timed out")


def _tests(seen: PythonObservation) -> str:
    words = {True: "passed", False: "failed", None: "could not be run"}
    return f"{seen.node}: {seen.file} {words[seen.passed]}"


def _state(wanted: NodeCondition, seen: NodeObservation) -> Answer:
    if wanted.state == "oom-killed":
        said = (
            "a process was ended for memory" if seen.oom_killed else "nothing was ended for memory"
        )
        return Answer(seen.oom_killed, f"{seen.node}: {said}")
    same = seen.state == wanted.state or (wanted.state == "exited" and seen.state == "gone")
    return Answer(same, f"{seen.node} is {seen.state}")


def describe(condition: Frozen) -> str:
    """A condition in one line."""
    given = condition.model_dump(by_alias=True, exclude_none=True, exclude_defaults=True)
    return ", ".join(f"{key} {_plain(value)}" for key, value in given.items())


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{key} {_plain(item)}" for key, item in value.items())
    if isinstance(value, list | tuple):
        return "/".join(_plain(each) for each in value)
    return str(value)


def steps_of(observations: Iterable[Observation]) -> list[StepObservation]:
    """The observations of the reported steps, in order; those of the setup left out."""
    return [
        each for each in observations if isinstance(each, StepObservation) and each.phase == "steps"
    ]
