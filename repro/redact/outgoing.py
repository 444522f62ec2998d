"""The one redaction that everything passes before it leaves: reports, archives, attachments."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Self, TypeVar

from pydantic import BaseModel

from repro.errors import BinaryFileError
from repro.redact import kinds
from repro.redact.detectors import Detectors
from repro.redact.encoding import encoding_of, readable, wide_runs
from repro.redact.hit import Hit
from repro.redact.known import MARK, Redactor
from repro.redact.names import is_secret
from repro.redact.people import Names
from repro.redact.search import Search
from repro.redact.stand_ins import StandIns
from repro.redact.walk import walk
from repro.settings import RedactSettings, Settings

M = TypeVar("M", bound=BaseModel)

#: Texts that are remembered, and how long they may be: reports say most things several times.
_REMEMBERED, _SHORT = 20_000, 2_000


class Outgoing:
    """Replaces what must not leave: secrets by a mark, names of the customer by a stand-in.

    ``counts`` says how much was replaced, by kind, and never what.
    """

    def __init__(
        self,
        known: Redactor,
        stand_ins: StandIns | None = None,
        names: RedactSettings | None = None,
    ) -> None:
        self._known = known
        self._stand_ins = stand_ins
        detectors = Detectors(known.find, Names(names or RedactSettings()))
        self._search = Search(detectors.plain, detectors.joined)
        self._counts: Counter[str] = Counter()
        self._seen: dict[str, tuple[str, tuple[str, ...]]] = {}

    @classmethod
    def of(
        cls,
        settings: Settings,
        secrets: Iterable[str] = (),
        environ: Mapping[str, str] = os.environ,
    ) -> Self:
        """By the settings; ``secrets`` are values that are known to be such."""
        known = Redactor.known(settings, environ, secrets)
        return cls(known, StandIns(settings.home / "redacted.json"), settings.redact)

    def learn(self, secrets: Collection[str]) -> None:
        """From now on these are known to be secret, too."""
        if secrets:
            self._known.learn(secrets)
            self._seen.clear()

    @property
    def fingerprint(self) -> str:
        """Another one where other values are known: what was looked through is to be again."""
        return self._known.fingerprint

    @property
    def counts(self) -> dict[str, int]:
        """How much was replaced, by kind."""
        return dict(sorted(self._counts.items()))

    def text(self, text: str) -> str:
        """The text as it may leave.  Raises RecordError where the map of names cannot be kept."""
        if (seen := self._seen.get(text)) is None:
            hits = self._search.find(text)
            seen = self._replaced(text, hits), tuple(hit.kind for hit in hits)
            if len(text) <= _SHORT and len(self._seen) < _REMEMBERED:
                self._seen[text] = seen
        made, found = seen
        self._counts.update(found)
        return made if found else text

    def tree(self, value: Any) -> Any:
        """A JSON value as it may leave; what stands under a secret's name is one."""
        return walk(value, self)

    def model(self, model: M) -> M:
        """A value as it may leave.  The cut of an output still is where it was cut."""
        return walk(model, self)

    def file(self, name: str, data: bytes, *, binary: bool = False) -> bytes:
        """A file as it may leave, in the encoding that it had (UTF-8, -16, -32, one-byte ones).

        Raises BinaryFileError for one that is no text.  With ``binary`` it may leave: what is
        found in the text within it is overwritten, byte by byte.  A package (gzip, bzip2, xz,
        zip, tar) is refused even so where something is found in what it holds.
        """
        encoding = encoding_of(data)
        if encoding is not None:
            return self._text_file(data, encoding)
        if not binary:
            raise BinaryFileError(
                f"{name} is no text", cause="it cannot be looked through for secrets"
            )
        from repro.redact.packed import contents

        if any(self._holds(part) for part in contents(data)):
            raise BinaryFileError(
                f"{name} holds what must not leave, packed",
                cause="a secret, or a name of the customer, is in what it was made from",
                action="unpack it, and attach what is in it",
            )
        return self._overwritten(data)

    # -- what walk asks for ------------------------------------------------------------

    def given(self, name: str, text: str) -> str:
        """A text that stands under a name."""
        if is_secret(name, text):
            self._counts["password"] += 1
            return MARK
        return self.text(text)

    def sides(self, before: str, after: str) -> tuple[str, str]:
        """The two sides of a cut, without what is left of a secret that it went through."""
        torn = self._known.count
        before, after = self._known.torn(self.text(before), self.text(after))
        self._counts += Counter(known=self._known.count - torn)
        end, start = kinds.torn_end(before), kinds.torn_start(after)
        return self._replaced(before, end, count=True), self._replaced(after, start, count=True)

    def content(self, data: bytes) -> bytes:
        """The content of a file within a value."""
        return self.file("a file", data, binary=True)

    def _holds(self, data: bytes) -> bool:
        texts = [readable(data), *(text for _, _, text in wide_runs(data))]
        if encoding := encoding_of(data):
            texts.append(data.decode(encoding, "replace"))
        return any(map(self._search.find, texts)) or self._known.holds(data)

    def _overwritten(self, data: bytes) -> bytes:
        """Bytes of the same length."""
        data, count = self._known.overwritten(data)
        self._counts += Counter(known=count)
        made = bytearray(data)
        for start, width, text in ((0, 1, readable(data)), *wide_runs(data)):
            for hit in self._search.find(text):
                self._counts[hit.kind] += 1
                first, last = start + width * hit.start, start + width * hit.end
                made[first:last:width] = b"*" * (hit.end - hit.start)
        return bytes(made)

    def _text_file(self, data: bytes, encoding: str) -> bytes:
        errors = "surrogateescape" if encoding == "utf-8" else "strict"
        text = data.decode(encoding, errors)
        return self.text(text).encode(encoding, errors)

    def _replaced(self, text: str, hits: list[Hit], *, count: bool = False) -> str:
        if not hits:
            return text
        if count:
            self._counts.update(hit.kind for hit in hits)
        stand_ins = self._stand_ins_for(text, hits)
        parts: list[str] = []
        last = 0
        for hit in hits:
            value = text[hit.start : hit.end]
            parts += (text[last : hit.start], stand_ins.get((hit.kind, value), MARK))
            last = hit.end
        return "".join([*parts, text[last:]])

    def _stand_ins_for(self, text: str, hits: list[Hit]) -> dict[tuple[str, str], str]:
        names = [(hit.kind, text[hit.start : hit.end]) for hit in hits if hit.name]
        return self._stand_ins.of(names) if names and self._stand_ins else {}
