"""Regular expressions that never end: found by their shape, confirmed by trying.

Backtracking takes exponential time where a repeated part can match the same text in several ways
(``(a+)+``, ``(a|a)*``).  A shape alone proves nothing, so a text that would bring it out is made
and searched under a time limit: only what really does not end is refused.
"""

from __future__ import annotations

import functools
import itertools
import re
import warnings
from collections.abc import Iterable, Iterator
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]  # the standard library's own reading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from repro.patterns import Matcher

#: Seconds of a processor that one search for a made-up text may take.
LIMIT = 1.0
#: Repetitions of the made-up text: few show exponential time, many a polynomial of high degree.
_PUMPS = (32, 300)
#: A repetition up to so often counts as unbounded.
_MANY = 16
#: So many unbounded repetitions, one after another, count as suspicious.
_CHAIN = 4
#: So many suspicious parts of a pattern, and so many texts for each of them, are tried.
_SUSPECTS, _VARIANTS = 16, 6
#: Characters of a made-up text's parts: longer ones would take long on harmless patterns too.
_LONGEST = 3000
_SUFFIXES = ("!", "\n!", "\0")
_SAMPLES = "a0 _-.,;:/=!\n\"'\t\0"
_REPEATS = (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT)


@functools.lru_cache(maxsize=4096)
def never_ends(pattern: str) -> bool:
    """Whether a search for this pattern, which compiles, takes forever on some short text."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        texts = list(attacks(pattern))
    if not texts:
        return False
    from repro.patterns import Matcher

    matcher = Matcher(LIMIT)
    try:
        return any(_too_long(matcher, pattern, text) for text in texts)
    finally:
        matcher.close()


def _too_long(matcher: Matcher, pattern: str, text: str) -> bool:
    from repro.patterns import PatternTimeout

    try:
        matcher.search(pattern, text)
    except PatternTimeout:
        return True
    return False


def attacks(pattern: str) -> Iterator[str]:
    """Texts on which this pattern may take very long; none for a harmless shape."""
    try:
        tree = _parser.parse(pattern, re.MULTILINE)
    except (re.error, RecursionError, OverflowError):
        return
    found = list(_suspects(tree, ""))
    if _count(tree) >= _CHAIN:
        found += [("", body) for body in _pieces_of_a_chain(tree)]
    for prefix, body in found[:_SUSPECTS]:
        pumps = sorted({text for text in _samples(body) if text})[:_VARIANTS]
        for pump, times, suffix in itertools.product(pumps, _PUMPS, _SUFFIXES):
            yield prefix + (pump * times)[:_LONGEST] + suffix


def _suspects(sequence: Iterable[Any], prefix: str) -> Iterator[tuple[str, Any]]:
    """Repeated parts that hold a choice of how to match, each with a text that leads there."""
    for code, details in sequence:
        if code in _REPEATS and details[1] >= _MANY and _has_choice(details[2]):
            yield prefix, details[2]
        for part in _parts(code, details):
            yield from _suspects(part, prefix)
        prefix = (prefix + next(_samples([(code, details)]), ""))[:_LONGEST]


def _has_choice(sequence: Iterable[Any]) -> bool:
    return any(
        code is op.BRANCH
        or (code in _REPEATS and details[0] != details[1])
        or any(_has_choice(part) for part in _parts(code, details))
        for code, details in sequence
    )


def _count(sequence: Iterable[Any]) -> int:
    """Unbounded repetitions, a bounded one around others counting as often as it repeats."""
    total = 0
    for code, details in sequence:
        inside = sum(_count(part) for part in _parts(code, details))
        if code in _REPEATS:
            inside = inside * min(details[1], _MANY) + (details[1] >= _MANY)
        total += inside
    return total


def _pieces_of_a_chain(sequence: Iterable[Any]) -> Iterator[Any]:
    """What several repetitions in a row might all match: their bodies, what stands in between."""
    for code, details in sequence:
        if code in _REPEATS:
            yield details[2]
        elif code is op.LITERAL:
            yield [(code, details)]
        for part in _parts(code, details):
            yield from _pieces_of_a_chain(part)


def _parts(code: Any, details: Any) -> list[Any]:
    """The sequences inside one element of a parsed pattern."""
    if code in _REPEATS:
        return [details[2]]
    if code is op.BRANCH:
        return list(details[1])
    if code is op.SUBPATTERN:
        return [details[3]]
    if code is op.ATOMIC_GROUP:
        return [details]
    return [details[1]] if code in (op.ASSERT, op.ASSERT_NOT) else []


# -- texts that an element matches ---------------------------------------------------------


def _samples(sequence: Iterable[Any]) -> Iterator[str]:
    """Short texts that a sequence matches, one for each alternative; at most a few."""
    texts = [""]
    for code, details in sequence:
        pieces = list(dict.fromkeys(_pieces(code, details)))[:_VARIANTS] or [""]
        texts = [(text + piece)[:_LONGEST] for piece in pieces for text in texts]
        texts = texts[: _VARIANTS * 2]
    yield from texts


def _pieces(code: Any, details: Any) -> Iterator[str]:
    if code is op.LITERAL:
        yield chr(details)
    elif code in (op.NOT_LITERAL, op.ANY, op.IN):
        items = details if code is op.IN else [(code, details)]
        yield from [char for char in (*_literals(items), *_SAMPLES) if _accepts(items, char)][:2]
    elif code in _REPEATS:
        for text in _samples(details[2]):
            yield (text * min(max(details[0], 1), 100))[:_LONGEST]
        if details[0] == 0:
            yield ""
    elif code not in (op.ASSERT, op.ASSERT_NOT):
        for part in _parts(code, details):
            yield from _samples(part)


def _literals(items: Iterable[Any]) -> list[str]:
    return [chr(value[0] if code is op.RANGE else value) for code, value in items
            if code in (op.LITERAL, op.RANGE)]  # fmt: skip


_CATEGORIES = {
    op.CATEGORY_DIGIT: r"\d", op.CATEGORY_NOT_DIGIT: r"\D", op.CATEGORY_SPACE: r"\s",
    op.CATEGORY_NOT_SPACE: r"\S", op.CATEGORY_WORD: r"\w", op.CATEGORY_NOT_WORD: r"\W",
}  # fmt: skip


def _accepts(items: Iterable[Any], char: str) -> bool:
    """Whether a set of characters, as the parser gives it, holds this one."""
    found = negated = False
    for code, value in items:
        if code is op.NEGATE:
            negated = True
        elif code is op.ANY:
            found |= char != "\n"
        elif code is op.LITERAL:
            found |= ord(char) == value
        elif code is op.NOT_LITERAL:
            found |= ord(char) != value
        elif code is op.RANGE:
            found |= value[0] <= ord(char) <= value[1]
        elif code is op.CATEGORY:
            found |= re.match(_CATEGORIES[value], char) is not None
    return found != negated
