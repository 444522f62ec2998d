"""A problem of a file: where it is, what it is, what was probably meant."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

#: A place in a document: keys and list indexes from the root.
KeyPath = tuple[str | int, ...]

#: Said of a key without a value where one is needed.
EMPTY = "is empty: give it a value, or leave the key out"

_BARE_KEY = re.compile(r"[A-Za-z0-9_/@<-][A-Za-z0-9_/@ <-]{0,60}")
_SHOWN = 60
#: Names that are compared with one that is not known, and that are listed.
_COMPARED, _LISTED = 1000, 30


def key_path(path: KeyPath) -> str:
    """A place as text: ``steps[1].expect.exit``; keys with other signs stand in quotes."""
    text = ""
    for key in path:
        if isinstance(key, int):
            text += f"[{key}]"
        elif _BARE_KEY.fullmatch(key):
            text += f".{key}" if text else key
        else:
            text += f"[{shown(key)}]"
    return text if len(text) <= 2 * _SHOWN else f"{text[:_SHOWN]}…{text[-_SHOWN:]}"


def shown(text: object) -> str:
    """A value in quotes, shortened, with unprintable characters escaped."""
    whole = str(text)
    return repr(whole if len(whole) <= _SHOWN else whole[: _SHOWN - 1] + "…")


def nearest(word: str, known: Iterable[str]) -> str:
    """The known name that was probably meant; empty when none is near."""
    import difflib

    names = {name[:100].lower(): name for name in itertools.islice(known, _COMPARED)}
    near = difflib.get_close_matches(word[:100].lower(), names, n=1, cutoff=0.6)
    return names[near[0]] if near else ""


def meant(word: str, known: Iterable[str]) -> str:
    """The end of a message: a suggestion, else the list of what there is."""
    names = list(known)
    if near := nearest(word, names):
        return f'; did you mean "{near}"?'
    rest = ", …" if len(names) > _LISTED else ""
    return f"; there is: {', '.join(names[:_LISTED])}{rest}" if names else ""


@dataclass(frozen=True, order=True)
class Problem:
    """One problem of a file.  ``line`` and ``column`` count from 1; 0: the file as a whole."""

    file: Path
    line: int
    column: int
    path: KeyPath
    message: str

    @property
    def key(self) -> str:
        """The place in the file's structure, like ``steps[1].expect.exit``."""
        return key_path(self.path)

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else f"{self.file}"
        return f"{place}: {self.key}: {self.message}" if self.path else f"{place}: {self.message}"
