"""Secrets that a recorded run itself tells: they may stand anywhere in its output."""

from __future__ import annotations

from repro.model.plan import Plan
from repro.redact.known import MIN_LENGTH
from repro.redact.names import is_secret


def secrets_of(plan: Plan | None) -> frozenset[str]:
    """Values of the case's variables that are secret by their names."""
    if plan is None:
        return frozenset()
    steps = [getattr(planned.step, "env", {}) for planned in (*plan.setup, *plan.steps)]
    return frozenset(
        value
        for env in (*(node.env for node in plan.nodes), *steps)
        for name, value in env.items()
        if len(value) >= MIN_LENGTH and is_secret(name, value)
    )
