"""A kind of secret: where to look for one, and what it looks like."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

#: In any case; ASCII's letters and digits alone are words.
ANY_CASE = re.IGNORECASE | re.ASCII
#: A sign of base64, of either alphabet.
B64 = r"[A-Za-z0-9+/_-]"


class Kind(NamedTuple):
    """A kind of secret.  ``name`` is what it is counted under; ``before`` is how many characters
    before the needle belong to it at most.
    """

    name: str
    needles: tuple[str, ...]
    source: str
    flags: int = 0
    before: int = 0

    @property
    def pattern(self) -> re.Pattern[str]:
        """Compiled when first needed: most texts hold no needle of most kinds."""
        return _compiled(self.source, self.flags or re.ASCII)


@cache
def _compiled(source: str, flags: int) -> re.Pattern[str]:
    return re.compile(source, flags)


def kind(
    name: str, needles: str | tuple[str, ...], pattern: str, flags: int = 0, before: int = 0
) -> Kind:
    """``needles`` are words, in any case; ``pattern`` is tried where one of them stands."""
    words = needles.split() if isinstance(needles, str) else needles
    return Kind(name, tuple(word.lower() for word in words), pattern, flags, before)
