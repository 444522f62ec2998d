"""Matching text, and putting answers together.  Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from repro.model.condition import TextMatch
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
    why: str
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
        answers.append(_found(at >= 0, f"contains {match.contains!r}", text, at, match.contains))
    if match.equals is not None:
        same = text.strip("\r\n") == match.equals.strip("\r\n")
        answers.append(_found(same, f"equals {match.equals!r}", text, 0, text))
    if match.matches is not None:
        answers.append(search_text(match.matches, text, search))
    if match.not_ is not None:
        inner = match_text(match.not_, text, search)
        holds = None if inner.holds is None else not inner.holds
        answers.append(Answer(holds, f"not: {inner.why}", inner.evidence))
    return both(answers)


def _found(holds: bool, what: str, text: str, at: int, shown: str) -> Answer:
    if holds:
        return Answer(True, what, text[at : at + len(shown)][:EXCERPT])
    return Answer(False, f"{_negated(what)}; it is {_excerpt(text)}")


def _negated(what: str) -> str:
    verb, rest = what.split(" ", 1)
    return {"contains": "does not contain ", "equals": "does not equal "}[verb] + rest


def search_text(pattern: str, text: str, search: Search) -> Answer:
    """Whether a pattern is found in a text; None when the search did not end."""
    try:
        span = search(pattern, text)
    except PatternTimeout as error:
        return Answer(None, f"the pattern did not end: {error}")
    if span is None:
        return Answer(False, f"nothing matches {pattern!r}; it is {_excerpt(text)}")
    return Answer(True, f"matches {pattern!r}", text[span.start : span.end][:EXCERPT])


def _excerpt(text: str) -> str:
    if not text:
        return "empty"
    tail = text[-EXCERPT:]
    return repr(tail if len(tail) == len(text) else f"…{tail}")


def both(answers: Sequence[Answer]) -> Answer:
    """One answer to questions that must all hold."""
    holds = conjunction([each.holds for each in answers])
    telling = [each for each in answers if each.holds is holds] or list(answers)
    evidence = next((each.evidence for each in telling if each.evidence), "")
    return Answer(holds, "; ".join(each.why for each in telling), evidence)
