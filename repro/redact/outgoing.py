"""The one redaction that everything passes before it leaves: reports, archives, attachments."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any, Self, TypeVar

from pydantic import BaseModel

from repro.errors import BinaryFileError
from repro.redact.known import Redactor
from repro.settings import Settings

M = TypeVar("M", bound=BaseModel)


class Outgoing:
    """Replaces what must not leave.  ``counts`` says how much was replaced, by kind."""

    def __init__(self, known: Redactor) -> None:
        self._known = known

    @classmethod
    def of(
        cls,
        settings: Settings,
        secrets: Iterable[str] = (),
        environ: Mapping[str, str] = os.environ,
    ) -> Self:
        """By the settings; ``secrets`` are values that are known to be such."""
        return cls(Redactor.known(settings, environ))

    @property
    def counts(self) -> dict[str, int]:
        """How much was replaced, by kind."""
        return {"known": self._known.count} if self._known.count else {}

    def text(self, text: str) -> str:
        """The text as it may leave."""
        return self._known.text(text)

    def tree(self, value: Any) -> Any:
        """A JSON value as it may leave."""
        return self._known.tree(value)

    def model(self, model: M) -> M:
        """A value as it may leave."""
        return type(model).model_validate(self._known.tree(model.model_dump(mode="json")))

    def file(self, name: str, data: bytes, *, binary: bool = False) -> bytes:
        """A file as it may leave.  Raises BinaryFileError for one that is no text."""
        if b"\0" in data and not binary:
            raise BinaryFileError(f"{name} is a binary file")
        return self._known.data(data)
