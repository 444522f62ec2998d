"""Observations → verdict.  Pure: the same observations and conditions give the same answer.

A condition is true, false, or not known (None): nothing was observed that could tell, or its
pattern did not end.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from repro.check.judge import Judge, steps_of
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
    return Verdict(verdict=name, reason=reason, symptom=symptoms, healthy=states)


def _conclude(
    symptom: Sequence[Condition],
    healthy: Sequence[Condition],
    symptoms: Sequence[Finding],
    states: Sequence[Finding],
    observations: Sequence[Observation],
) -> tuple[VerdictName, str]:
    trouble = _trouble(observations, (*symptom, *healthy))
    if trouble:
        return "environment-failed", trouble
    shows, well = _every(symptoms), _every(states)
    if shows:
        # The healthy state that nobody wrote contests no symptom: wrong output often exits with 0.
        if well and healthy:
            return "inconclusive", "both the symptom and the healthy state hold: one is too wide"
        return "reproduced", "the symptom holds"
    unexpected = next((each for each in steps_of(observations) if not each.expected), None)
    if unexpected and not (well and shows is False and _speaks_of_end(healthy, unexpected.step)):
        return "different-failure", f"step {unexpected.step} on {unexpected.node}: {unexpected.why}"
    if well and shows is False:
        return "not-reproduced", "the steps ran, the symptom does not hold, the healthy state does"
    return "inconclusive", _undecided(symptoms, states)


def _undecided(symptoms: Sequence[Finding], states: Sequence[Finding]) -> str:
    """Why there is no answer, with the condition that is to blame."""
    unknown = next((each for each in symptoms if each.holds is None), None)
    if unknown:
        return f"the symptom cannot be decided: {unknown.condition}: {unknown.why}"
    missing = next((each for each in states if not each.holds), None)
    told = f": {missing.condition}: {missing.why}" if missing else ""
    return f"neither the symptom nor the healthy state holds{told}"


def _trouble(observations: Sequence[Observation], conditions: Sequence[Condition]) -> str:
    for each in observations:
        if isinstance(each, TroubleObservation):
            return f"{each.stage}: {each.what}"
    watched = {each.node for each in walk(tuple(conditions)) if isinstance(each, NodeCondition)}
    for each in observations:
        if not isinstance(each, NodeObservation) or each.asked_for or each.node in watched:
            continue
        if each.state in ("exited", "gone"):
            return f"node {each.node} was lost and no fault step asked for it"
    return ""


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
