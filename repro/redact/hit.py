"""A place in a text that must not leave as it is."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate
from typing import NamedTuple


class Hit(NamedTuple):
    """Characters ``start`` to ``end``.  ``kind`` says of what, in one word.

    ``name``: not a secret but the customer's; a stand-in takes its place rather than a mark.
    """

    start: int
    end: int
    kind: str
    name: bool = False


#: Finds hits of some kinds in a text, in any order; they may overlap.
Detector = Callable[[str], Iterable[Hit]]


def merged(hits: Iterable[Hit]) -> list[Hit]:
    """Apart from each other and in order: what overlaps is one hit, of the first one's kind.

    A secret takes in the names that it touches; of two names the longer one stays.
    """
    found: list[Hit] = []
    for hit in sorted(hits, key=lambda each: (each.start, each.name, -each.end)):
        if not found or hit.start >= found[-1].end:
            found.append(hit)
        else:
            found[-1] = _one(found[-1], hit)
    return found


def _one(first: Hit, second: Hit) -> Hit:
    if first.name and second.name:
        return max(first, second, key=lambda each: each.end - each.start)
    secret = second if first.name else first
    return secret._replace(start=first.start, end=max(first.end, second.end))


class Extract:
    """Parts of a text, in order, as a text of their own: a line each."""

    def __init__(self, text: str, spans: Iterable[tuple[int, int]]) -> None:
        self._spans = list(spans)
        self._starts = [0, *accumulate(end - start + 1 for start, end in self._spans)]
        self.text = "\n".join(text[start:end] for start, end in self._spans)

    def origin(self, index: int) -> int:
        """Where in the text itself a character of it stands."""
        number = bisect_right(self._starts, index) - 1
        return self._spans[number][0] + index - self._starts[number]


def positions(text: str, needle: str) -> Iterator[int]:
    """Where the needle stands."""
    at = text.find(needle)
    while at >= 0:
        yield at
        at = text.find(needle, at + 1)


def lowered(text: str) -> str:
    """In lower case, and of the same length."""
    made = text.lower()
    if len(made) != len(text):  # one letter (U+0130) becomes two
        made = text.replace("\u0130", "i").lower()
    return made


def narrowed(text: str) -> str:
    """With a sign for each character that Latin-1 has not: ASCII is found in it more quickly."""
    return text if text.isascii() else text.encode("latin-1", "replace").decode("latin-1")
