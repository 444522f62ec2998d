"""Everything that must not leave, found in a text however it is encoded there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from repro.redact.blobs import blobs, dumps
from repro.redact.hit import Detector, Hit, merged
from repro.redact.names import looks_random
from repro.redact.views import View, typed, unbroken, views

#: Encodings within one another that are looked through.
_DEPTH = 3
#: Of a text longer than this, in characters, one less: it would take long.
_LONG = 1_000_000
#: Characters of a line that a terminal or a mailer may have broken, at least.
_WIDE = 60
_NEXT_WORD = re.compile(r"\r?\n[ \t]{0,8}([\w+/=.~%-]{4,})(?=\s|\Z)", re.ASCII)


class Search(NamedTuple):
    """``plain`` looks through a text as it is; ``joined`` through lines that may have been broken
    within a word, for what can be told by itself.
    """

    plain: Detector
    joined: Detector

    def find(self, text: str) -> list[Hit]:
        """All hits, apart from each other and in order."""
        return self._find(text, _DEPTH - (len(text) > _LONG))

    def _find(self, text: str, depth: int) -> list[Hit]:
        if not text:
            return []
        hits = [_carried_on(text, hit) for hit in self.plain(text)]
        for view, detector in ((unbroken(text), self.joined), (typed(text), self.plain)):
            if view:
                hits += _back(text, view, detector(view.text))
        if depth:
            for view in filter(None, views(text)):
                hits += _back(text, view, self._find(view.text, depth - 1))
            hits += self._hidden(text, depth)
        return merged(hits)

    def _hidden(self, text: str, depth: int) -> list[Hit]:
        """A part that holds anything when it is decoded is a secret as a whole."""
        return [
            Hit(blob.start, blob.end, inside[0].kind)
            for blob in (*blobs(text), *dumps(text))
            if (inside := self._find(blob.text, depth - 1))
        ]


def _carried_on(text: str, hit: Hit) -> Hit:
    """With what is left of a long secret in the lines below, where it was broken at their ends."""
    end = hit.end
    if hit.name or text[end : end + 1] not in ("\n", "\r"):
        return hit
    while (
        end - text.rfind("\n", 0, end) > _WIDE
        and (following := _NEXT_WORD.match(text, end))
        and looks_random(following[1])
    ):
        end = following.end()
    return hit._replace(end=end)


def _back(text: str, view: View, hits: Iterable[Hit]) -> Iterator[Hit]:
    """The hits of another reading, in the text; a name that is not written there is a secret."""
    for hit in hits:
        start, end = view.origin(hit.start, hit.end)
        written = text[start:end] == view.text[hit.start : hit.end]
        yield Hit(start, end, hit.kind, hit.name and written)
