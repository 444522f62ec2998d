"""Whether a step did as its ``expect`` says.  Pure."""

from __future__ import annotations

from repro.check.judge import text_of
from repro.check.text import Search, match_text
from repro.model.case import Expectation
from repro.model.observation import Completed
from repro.replay.scene import Attempt


def shortfall(expect: Expectation, attempt: Attempt, search: Search) -> str:
    """Why the attempt is not as expected; empty when it is."""
    result = attempt.result
    if attempt.problem:
        return attempt.problem
    if result.ended_by == "lost":
        return "the node was lost"
    if result.ended_by == "disk-limit":
        return "it was ended: it wrote more than the node's disk limit"
    wrong = _exit(expect, result, attempt.status)
    if not wrong and expect.status is not None and attempt.status not in expect.status:
        wrong = f"status {attempt.status}, expected {_listed(expect.status)}"
    for stream in ("stdout", "stderr", "output"):
        match = getattr(expect, stream)
        if wrong or match is None:
            continue
        answer = match_text(match, text_of(result, stream), search)
        wrong = "" if answer.holds else f"{stream} {answer.why}"
    return wrong


def _exit(expect: Expectation, result: Completed, status: int | None) -> str:
    wanted = expect.exit
    if result.timed_out:
        fits = wanted in ("any", "timeout")
        return "" if fits else f"timed out after {result.seconds:.1f} s"
    said = f"exit {result.exit}" + (f" ({result.signal})" if result.signal else "")
    if wanted == "timeout":
        return f"{said}, expected a time-out"
    if wanted == "any":
        return ""
    if wanted == "nonzero":
        return "" if result.exit != 0 else f"{said}, expected another than 0"
    codes = wanted if wanted is not None else (0,)
    if wanted is None and status is not None and expect.status is None and status >= 400:
        return f"status {status}"
    return "" if result.exit in codes else f"{said}, expected {_listed(codes)}"


def _listed(numbers: tuple[int, ...]) -> str:
    return " or ".join(str(number) for number in numbers)
