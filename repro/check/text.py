"""Matching text, and putting answers together.  Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from repro.model.condition import TextMatch
from repro.model.phrase import Said, each_of, say
from repro.model.wording import Wording
from repro.patterns import PatternTimeout, Span

#: Searches a Python regular expression in a text; raises PatternTimeout.
Search = Callable[[str, str], Span | None]
#: True, false, or not known.
Truth = bool | None
EXCERPT = 400


@dataclass(frozen=True)
class Answer:
    """Whether something holds, why, and the text that shows it."""

    holds: Truth
    why: Said
    evidence: str = ""


def conjunction(truths: Sequence[Truth]) -> Truth:
    """Kleene's strong "and"."""
    if any(each is False for each in truths):
        return False
    return None if any(each is None for each in truths) else True


def disjunction(truths: Sequence[Truth]) -> Truth:
    """Kleene's strong "or"."""
    if any(each is True for each in truths):
        return True
    return None if any(each is None for each in truths) else False


def match_text(match: TextMatch, text: str, search: Search) -> Answer:
    """Whether a text is as wanted, with the part that shows it."""
    answers = []
    if match.contains is not None:
        at = text.find(match.contains)
        answers.append(_contains(match.contains, text, at))
    if match.equals is not None:
        answers.append(_equals(match.equals, text))
    if match.matches is not None:
        answers.append(search_text(match.matches, text, search))
    if match.not_ is not None:
        inner = match_text(match.not_, text, search)
        holds = None if inner.holds is None else not inner.holds
        answers.append(Answer(holds, say(Wording.NOT, why=inner.why), inner.evidence))
    return both(answers)


def _contains(wanted: str, text: str, at: int) -> Answer:
    if at < 0:
        why = say(Wording.CONTAINS_NOT, wanted=repr(wanted), text=_excerpt(text))
        return Answer(False, why)
    return Answer(True, say(Wording.CONTAINS, wanted=repr(wanted)), wanted[:EXCERPT])


def _equals(wanted: str, text: str) -> Answer:
    if text.strip("\r\n") != wanted.strip("\r\n"):
        return Answer(False, say(Wording.EQUALS_NOT, wanted=repr(wanted), text=_excerpt(text)))
    return Answer(True, say(Wording.EQUALS, wanted=repr(wanted)), text[:EXCERPT])


def search_text(pattern: str, text: str, search: Search) -> Answer:
    """Whether a pattern is found in a text; None when the search did not end."""
    try:
        span = search(pattern, text)
    except PatternTimeout as error:
        return Answer(None, say(Wording.ENDLESS, error=str(error)))
    if span is None:
        return Answer(False, say(Wording.MATCHES_NOT, pattern=repr(pattern), text=_excerpt(text)))
    why = say(Wording.MATCHES, pattern=repr(pattern))
    return Answer(True, why, text[span.start : span.end][:EXCERPT])


def _excerpt(text: str) -> Said:
    if not text:
        return say(Wording.EMPTY)
    tail = text[-EXCERPT:]
    return repr(tail if len(tail) == len(text) else f"…{tail}")


def both(answers: Sequence[Answer]) -> Answer:
    """One answer to questions that must all hold."""
    holds = conjunction([each.holds for each in answers])
    telling = [each for each in answers if each.holds is holds] or list(answers)
    evidence = next((each.evidence for each in telling if each.evidence), "")
    return Answer(holds, each_of([each.why for each in telling]), evidence)
