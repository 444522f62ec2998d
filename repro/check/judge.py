"""Answers conditions from observations alone.  Pure.

Where a step or probe has several nodes, a symptom needs one node that shows it (``over="any"``),
and the healthy state must be seen on all of them (``over="all"``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

from repro.check.outcome import ended_as, named
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
from repro.model.phrase import Phrase, Said, each_of, say
from repro.model.wording import Wording

_STATES = {"running": Wording.NODE_RUNNING, "paused": Wording.NODE_PAUSED,
           "exited": Wording.NODE_EXITED, "gone": Wording.NODE_GONE}  # fmt: skip
_TESTS = {True: Wording.TESTS_PASSED, False: Wording.TESTS_FAILED, None: Wording.TESTS_NOT_RUN}


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
                return self._combined(Wording.ANY_OF, parts, disjunction([p.holds for p in parts]))
            case AllCondition():
                parts = tuple(self.finding(each) for each in condition.all)
                return self._combined(Wording.ALL_OF, parts, conjunction([p.holds for p in parts]))
            case NotCondition():
                turned = Judge(
                    self.observations, self.search, "all" if self.over == "any" else "any"
                )
                inner = turned.finding(condition.not_)
                holds = None if inner.holds is None else not inner.holds
                return self._not(inner, holds)
        answer = self._answer(condition)
        return Finding.made(
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
        as_expected = say(Wording.AS_EXPECTED)
        if wrong:
            why = failed(wrong)
        elif missing:
            why = say(Wording.NOT_RUN, steps=", ".join(sorted(missing)))
        else:
            why = say(Wording.ALL_DID)
        return Finding.made(condition=as_expected, holds=not (wrong or missing), why=why)

    @staticmethod
    def _combined(
        wording: Literal[Wording.ANY_OF, Wording.ALL_OF], parts: tuple[Finding, ...], holds: Truth
    ) -> Finding:
        telling = [each.said("why") for each in parts if each.holds is holds]
        return Finding.made(
            condition=say(wording, conditions="; ".join(each.condition for each in parts)),
            holds=holds,
            why=each_of(telling),
            evidence=next((each.evidence for each in parts if each.evidence), ""),
            parts=parts,
        )

    @staticmethod
    def _not(inner: Finding, holds: Truth) -> Finding:
        return Finding.made(
            condition=say(Wording.NOT, why=inner.said("condition")),
            holds=holds,
            why=inner.said("why"),
            evidence=inner.evidence,
            parts=(inner,),
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
                    Answer(
                        each.passed,
                        _on(each.node, say(_TESTS[each.passed], file=each.file)),
                        each.output.text[-EXCERPT:],
                    )
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
        return self._over(answers, say(Wording.NOT_OBSERVED))

    def _asked(self, kind: type[Any], key: str) -> list[Any]:
        return [each for each in self.observations if isinstance(each, kind) and each.key == key]

    def _step(self, condition: StepCondition) -> Answer:
        answers = [
            self._outcome(condition, each.result, each.status, each.node)
            for each in steps_of(self.observations)
            if each.step == condition.step and condition.on in (None, each.node)
        ]
        return self._over(answers, say(Wording.STEP_NOT_RUN, step=condition.step))

    def _over(self, answers: Sequence[Answer], otherwise: Phrase) -> Answer:
        if not answers:
            return Answer(None, otherwise)
        if len(answers) == 1:
            return answers[0]
        truths = [each.holds for each in answers]
        holds = disjunction(truths) if self.over == "any" else conjunction(truths)
        return next((each for each in answers if each.holds is holds), answers[0])

    def _outcome(self, wanted: Outcome, result: Completed, status: int | None, node: str) -> Answer:
        found = ended_as(wanted, result, status, self.search)
        return Answer(found.holds, _on(node, found.why), found.evidence)

    def _module(self, condition: ModuleCondition, seen: ModuleObservation) -> Answer:
        if seen.error:
            return Answer(None, _on(seen.node, seen.error))
        answers = []
        for key, wanted in condition.attributes.items():
            if key in ("name", "path"):
                continue
            if key not in seen.values:
                answers.append(Answer(None, say(Wording.UNSEEN, name=key)))
                continue
            answers.append(self._attribute(key, wanted, seen.values[key]))
        return both(answers) if answers else Answer(None, say(Wording.NO_ATTRIBUTE))

    def _attribute(self, key: str, wanted: Any, value: Any) -> Answer:
        if isinstance(value, dict) and value.keys() == {"asked", "answer"}:
            return _answered(key, wanted, value)
        matchers = {"contains", "equals", "matches", "not"}
        if isinstance(wanted, dict) and wanted and wanted.keys() <= matchers:
            found = match_text(TextMatch.model_validate(wanted), str(value), self.search)
            return named(key, found)
        if key == "mode" and isinstance(value, int):
            # Modes are written in octal, whatever YAML made of the digits.
            shown = f"{value:04o}"
            why = say(Wording.IS, name=key, value=shown)
            return Answer(_octal(wanted) == value, why, f"mode: {shown}")
        why = say(Wording.IS, name=key, value=repr(value))
        return Answer(value == wanted, why, f"{key}: {value!r}")

    def _log(self, condition: LogCondition, seen: LogObservation) -> Answer:
        if seen.text is None:
            return Answer(False, _on(seen.node, say(Wording.FILE_ABSENT, path=seen.path)))
        found = search_text(condition.matches, seen.text, self.search)
        why = say(Wording.IN_FILE, path=seen.path, why=found.why)
        return Answer(found.holds, _on(seen.node, why), found.evidence)


def _on(node: str, why: Said) -> Phrase:
    return say(Wording.ON_NODE, node=node, why=why)


def _answered(name: str, wanted: Any, seen: dict[str, Any]) -> Answer:
    """What a method of testinfra said to its argument."""
    if seen["asked"] != wanted:
        why = say(Wording.ASKED_OTHERWISE, name=name, asked=repr(seen["asked"]),
                  wanted=repr(wanted))  # fmt: skip
        return Answer(None, why)
    why = say(Wording.ANSWERED, name=name, wanted=repr(wanted), answer=str(seen["answer"]))
    return Answer(bool(seen["answer"]), why)


def _octal(mode: Any) -> int | None:
    try:
        return int(str(mode), 8)
    except ValueError:
        return None


def _state(wanted: NodeCondition, seen: NodeObservation) -> Answer:
    if wanted.state == "oom-killed":
        memory = say(Wording.OUT_OF_MEMORY if seen.oom_killed else Wording.ENOUGH_MEMORY)
        return Answer(seen.oom_killed, _on(seen.node, memory))
    same = seen.state == wanted.state or (wanted.state == "exited" and seen.state == "gone")
    return Answer(same, say(Wording.NODE_IS, node=seen.node, state=say(_STATES[seen.state])))


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


def failed(step: StepObservation) -> Phrase:
    """That a step did not do as expected, and why."""
    return say(Wording.STEP_FAILED, step=step.step, node=step.node, why=step.said("why"))


def steps_of(observations: Iterable[Observation]) -> list[StepObservation]:
    """The observations of the reported steps, in order; those of the setup left out."""
    return [
        each for each in observations if isinstance(each, StepObservation) and each.phase == "steps"
    ]
