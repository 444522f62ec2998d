"""Whether a command did as wanted: how it ended, and what it printed.  Pure."""

from __future__ import annotations

import operator
from typing import Any

from repro.check.text import Answer, Search, both, match_text
from repro.model.condition import Outcome
from repro.model.observation import Completed
from repro.model.phrase import Phrase, Said, say
from repro.model.wording import Wording

_OPERATORS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
#: What a match is looked for in.
STREAMS = {"stdout": Wording.STDOUT, "stderr": Wording.STDERR, "output": Wording.OUTPUT}


def ended_as(wanted: Outcome, result: Completed, status: int | None, search: Search) -> Answer:
    """Whether a command ended and printed as wanted, and why."""
    answers = []
    if wanted.exit is not None:
        answers.append(_exit(wanted.exit, result))
    if wanted.timed_out is not None:
        why = say(Wording.TIMED_OUT if result.timed_out else Wording.NOT_TIMED_OUT)
        answers.append(Answer(result.timed_out == wanted.timed_out, why))
    if wanted.signal is not None:
        answers.append(Answer(result.signal == wanted.signal, _signal(result.signal)))
    if wanted.seconds is not None:
        sign, bound = wanted.seconds.split()
        holds = _OPERATORS[sign](result.seconds, float(bound))
        answers.append(Answer(holds, say(Wording.TOOK, seconds=f"{result.seconds:.3f}")))
    if wanted.status is not None:
        answers.append(Answer(status in wanted.status, say(Wording.STATUS, status=str(status))))
    for stream, name in STREAMS.items():
        match = getattr(wanted, stream)
        if match is not None:
            found = match_text(match, text_of(result, stream), search)
            answers.append(named(say(name), found))
    return both(answers)


def named(name: Said, found: Answer) -> Answer:
    """What was found, and in what."""
    return Answer(found.holds, say(Wording.NAMED, name=name, why=found.why), found.evidence)


def text_of(result: Completed, stream: str) -> str:
    """The text of ``stdout``, ``stderr`` or, for ``output``, of both."""
    if stream == "output":
        return result.stdout.text + result.stderr.text
    return str(getattr(result, stream).text)


def _exit(wanted: Any, result: Completed) -> Answer:
    if result.exit is None:
        return Answer(None, say(Wording.NO_EXIT))
    if result.timed_out:
        return Answer(holds=False, why=say(Wording.TIMED_OUT))
    holds = result.exit != 0 if wanted == "nonzero" else result.exit in wanted
    return Answer(holds, exit_of(result))


def exit_of(result: Completed) -> Phrase:
    """The exit status in words, with the signal behind it."""
    if result.signal:
        return say(Wording.EXIT_BY_SIGNAL, exit=str(result.exit), signal=result.signal)
    return say(Wording.EXIT, exit=str(result.exit))


def _signal(name: str | None) -> Phrase:
    return say(Wording.ENDED_BY, signal=name) if name else say(Wording.NOT_SIGNALLED)
