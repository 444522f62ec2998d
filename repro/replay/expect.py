"""Whether a step did as its ``expect`` says.  Pure."""

from __future__ import annotations

from repro.check.outcome import STREAMS, exit_of, text_of
from repro.check.text import Search, match_text
from repro.model.case import Expectation
from repro.model.observation import Completed
from repro.model.phrase import Said, say
from repro.model.wording import Wording
from repro.replay.scene import Attempt


def shortfall(expect: Expectation, attempt: Attempt, search: Search) -> Said:
    """Why the attempt is not as expected; empty when it is."""
    result = attempt.result
    if attempt.problem:
        return attempt.problem
    if result.ended_by == "lost":
        return say(Wording.LOST)
    if result.ended_by == "disk-limit":
        return say(Wording.DISK_FULL)
    wrong = _exit(expect, result, attempt.status)
    if not wrong and expect.status is not None and attempt.status not in expect.status:
        wrong = _unlike(_status(attempt.status), _listed(expect.status))
    for stream, name in STREAMS.items():
        match = getattr(expect, stream)
        if wrong or match is None:
            continue
        answer = match_text(match, text_of(result, stream), search)
        wrong = "" if answer.holds else say(Wording.NAMED, name=say(name), why=answer.why)
    return wrong


def _exit(expect: Expectation, result: Completed, status: int | None) -> Said:
    wanted = expect.exit
    if result.timed_out:
        fits = wanted in ("any", "timeout")
        return "" if fits else say(Wording.TIMED_OUT_AFTER, seconds=f"{result.seconds:.1f}")
    seen = exit_of(result)
    if wanted == "timeout":
        return _unlike(seen, say(Wording.A_TIME_OUT))
    if wanted == "any":
        return ""
    if wanted == "nonzero":
        return "" if result.exit != 0 else _unlike(seen, say(Wording.NOT_ZERO))
    codes = wanted if wanted is not None else (0,)
    if wanted is None and status is not None and expect.status is None and status >= 400:
        return _status(status)
    return "" if result.exit in codes else _unlike(seen, _listed(codes))


def _unlike(seen: Said, wanted: Said) -> Said:
    return say(Wording.NOT_AS_EXPECTED, seen=seen, wanted=wanted)


def _status(status: int | None) -> Said:
    return say(Wording.STATUS, status=str(status))


def _listed(numbers: tuple[int, ...]) -> Said:
    said: Said = str(numbers[0])
    for number in numbers[1:]:
        said = say(Wording.OTHER, first=said, other=number)
    return said
