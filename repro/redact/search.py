"""Everything that must not leave, found in a text however it is encoded there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from repro.redact.blobs import blobs, dumps
from repro.redact.hit import Detector, Hit, merged
from repro.redact.views import View, unbroken, views

#: Encodings within one another that are looked through.
_DEPTH = 3
#: Of a text longer than this, in characters, one less: it would take long.
_LONG = 1_000_000


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
        hits = list(self.plain(text))
        if (joined := unbroken(text)) is not None:
            hits += _back(text, joined, self.joined(joined.text))
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


def _back(text: str, view: View, hits: Iterable[Hit]) -> Iterator[Hit]:
    """The hits of another reading, in the text; a name that is not written there is a secret."""
    for hit in hits:
        start, end = view.origin(hit.start, hit.end)
        written = text[start:end] == view.text[hit.start : hit.end]
        yield Hit(start, end, hit.kind, hit.name and written)
