"""Observations → verdict.  Pure: the same observations and conditions give the same answer.

A condition is true, false, or not known (None): nothing was observed that could tell, or its
pattern did not end.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from repro.check.judge import Judge, failed, steps_of
from repro.check.text import Search, Truth, conjunction
from repro.model.condition import Condition, NodeCondition, StepCondition, walk
from repro.model.observation import (
    Finding,
    NodeObservation,
    Observation,
    TroubleObservation,
    Verdict,
    VerdictName,
)
from repro.model.phrase import Phrase, say
from repro.model.wording import Wording

#: Where the environment may fail.
_STAGES = {"start": Wording.STAGE_START, "prepare": Wording.STAGE_PREPARE,
           "setup": Wording.STAGE_SETUP, "steps": Wording.STAGE_STEPS,
           "conditions": Wording.STAGE_CONDITIONS, "evidence": Wording.STAGE_EVIDENCE}  # fmt: skip


def decide(
    symptom: Sequence[Condition],
    healthy: Sequence[Condition],
    observations: Sequence[Observation],
    search: Search,
    steps: Sequence[str] = (),
) -> Verdict:
    """The verdict; ``steps`` are the names of all steps, to tell whether all of them ran."""
    symptoms = tuple(Judge(observations, search, "any").finding(each) for each in symptom)
    judge = Judge(observations, search, "all")
    states = tuple(judge.finding(each) for each in healthy) or (judge.as_expected(steps),)
    name, reason = _conclude(symptom, healthy, symptoms, states, observations)
    return Verdict.made(verdict=name, reason=reason, symptom=symptoms, healthy=states)


def _conclude(
    symptom: Sequence[Condition],
    healthy: Sequence[Condition],
    symptoms: Sequence[Finding],
    states: Sequence[Finding],
    observations: Sequence[Observation],
) -> tuple[VerdictName, Phrase]:
    trouble = _trouble(observations, (*symptom, *healthy))
    if trouble is not None:
        return "environment-failed", trouble
    shows, well = _every(symptoms), _every(states)
    if shows:
        # The healthy state that nobody wrote contests no symptom: wrong output often exits with 0.
        if well and healthy:
            return "inconclusive", say(Wording.BOTH_HOLD)
        return "reproduced", say(Wording.SYMPTOM_HOLDS)
    unexpected = next((each for each in steps_of(observations) if not each.expected), None)
    if unexpected and not (well and shows is False and _speaks_of_end(healthy, unexpected.step)):
        return "different-failure", failed(unexpected)
    if well and shows is False:
        return "not-reproduced", say(Wording.HEALTHY_HOLDS)
    return "inconclusive", _undecided(symptoms, states)


def _undecided(symptoms: Sequence[Finding], states: Sequence[Finding]) -> Phrase:
    """Why there is no answer, with the condition that is to blame."""
    unknown = next((each for each in symptoms if each.holds is None), None)
    if unknown:
        return _of(Wording.SYMPTOM_UNDECIDED, unknown)
    missing = next((each for each in states if not each.holds), None)
    return _of(Wording.NEITHER_HOLDS_AS, missing) if missing else say(Wording.NEITHER_HOLDS)


def _of(wording: Wording, finding: Finding) -> Phrase:
    return say(wording, condition=finding.said("condition"), why=finding.said("why"))


def _trouble(observations: Sequence[Observation], conditions: Sequence[Condition]) -> Phrase | None:
    for each in observations:
        if isinstance(each, TroubleObservation):
            stage = _STAGES.get(each.stage)
            return say(Wording.TROUBLE, stage=say(stage) if stage else each.stage, what=each.what)
    watched = {each.node for each in walk(tuple(conditions)) if isinstance(each, NodeCondition)}
    for each in observations:
        if not isinstance(each, NodeObservation) or each.asked_for or each.node in watched:
            continue
        if each.state in ("exited", "gone"):
            return say(Wording.NODE_LOST, node=each.node)
    return None


def _speaks_of_end(conditions: Sequence[Condition], step: str) -> bool:
    """Whether the healthy state says itself how this step ends.

    Then a step that ended so did what was wanted, although its ``expect`` was left as it is.
    """
    return any(
        isinstance(each, StepCondition)
        and each.step == step
        and (each.exit is not None or each.timed_out is not None or each.signal is not None)
        for each in walk(tuple(conditions))
    )


def _every(findings: Iterable[Finding]) -> Truth:
    return conjunction([each.holds for each in findings])
