"""The words of a language as functions of templates, for Markdown and for pages alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from markupsafe import Markup

from repro.model.phrase import Part, Worded, plain
from repro.model.plan import Cell, FidelityPoint
from repro.model.recheck import State
from repro.report.words import Words

#: Characters of one sentence, at most: it may quote an output.
_SENTENCE = 2_000


class TemplateWords:
    """What templates say; ``sentence`` makes markup of the pieces of a sentence, and escapes."""

    def __init__(self, words: Words, sentence: Callable[[Iterable[Part]], Markup]) -> None:
        self._words = words
        self._sentence = sentence

    def functions(self) -> Mapping[str, Any]:
        """By the names that templates know them by."""
        own = (self.say, self.told, self.worded, self.wording, self.aside, self.also, self.place,
               self.point, self.points, self.state, self.redactions)  # fmt: skip
        words = self._words
        return {
            **{each.__name__: each for each in own},
            "name": words.name, "phrase": words.phrase, "words": words, "language": words.language,
        }  # fmt: skip

    def say(self, key: str, **values: object) -> Markup:
        """A sentence by its key."""
        return self._sentence(self._words.parts(key, **values))

    def told(self, text: str) -> Markup:
        """A sentence that was recorded in English."""
        return self._sentence(self._words.told(text))

    def worded(self, value: Worded, field: str, limit: int = _SENTENCE) -> Markup:
        """What repro concluded, in so many characters at most."""
        return self._sentence(_within(limit, self._words.worded(value, field)))

    def wording(self, value: Worded, field: str) -> str:
        """The same as text, for a filter."""
        return plain(self._words.worded(value, field))

    def aside(self, text: str) -> Markup:
        """What is told in brackets."""
        inner = text if isinstance(text, Markup) else self._sentence([Part(text)])
        return self._mark("open") + inner + self._mark("close")

    def also(self, key: str, **values: object) -> Markup:
        """A sentence that follows another one."""
        return self._mark("next") + self.say(key, **values)

    def place(self, cell: Cell) -> str:
        """An OS, a version where there is one, and the workaround that was tried there."""
        key = "place.version" if cell.version else "place.os"
        where = self._words(key, os=cell.os, version=cell.version or "")
        if cell.workaround is None:
            return where
        return self._words("place.workaround", place=where, workaround=cell.workaround)

    def point(self, name: str) -> str:
        """A point of the comparison with the customer's environment."""
        companion, on, node = name.partition(" on ")
        if on and companion == "companions":
            return self._words("companions", node=node)
        return self._words.name("point", name)

    def points(self, differs: Iterable[FidelityPoint]) -> str:
        """Several of them, each with what the customer has and what is here."""
        phrase, begin, end = self._words.phrase, self._sign("open"), self._sign("close")
        return self._sign("list").join(
            f"{self.point(each.point)}{begin}{phrase(each.customer)} / {phrase(each.here)}{end}"
            for each in differs
        )

    def state(self, found: State) -> str:
        """The state of an issue."""
        return self._words(f"state.{found.word}", version=found.version or "")

    def redactions(self, counts: Mapping[str, int]) -> str:
        """How much was redacted, by kind."""
        if not counts:
            return self._words("footer.nothing_redacted")
        name = self._words.name
        told = ", ".join(f"{name('redaction', kind)} {count}" for kind, count in counts.items())
        return self._words("footer.redacted", counts=told)

    def _sign(self, name: str) -> str:
        return self._words.name("punctuation", name)

    def _mark(self, name: str) -> Markup:
        return Markup("{}").format(self._sign(name))


def _within(limit: int, parts: Iterable[Part]) -> Iterator[Part]:
    """As much of a sentence as there is room for."""
    for text, is_code in parts:
        if len(text) > limit:
            yield Part(f"{text[:limit]}…", is_code)
            return
        yield Part(text, is_code)
        limit -= len(text)
