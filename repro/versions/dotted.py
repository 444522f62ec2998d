"""Versions of products that no registry has rules for: ``10.2.3.4``, ``3.1-rc2``, ``v7``.

Semantic versions order as their rules say; there may be fewer or more than three numbers, which
univers does not compare beyond the third.
"""

from __future__ import annotations

import re
from typing import Any

from univers.versions import Version

_SHAPE = re.compile(r"[0-9]+(?:\.[0-9]+)*")
_PARTS = re.compile(r"[0-9]+|[a-z]+")


class DottedVersion(Version):
    """Numbers, then what follows them: nothing, a pre-release, or ``+`` and a build."""

    @classmethod
    def is_valid(cls, string: str) -> bool:
        """It begins with a number."""
        return string.isascii() and _SHAPE.match(string) is not None

    @classmethod
    def build_value(cls, string: str) -> Any:
        """Numbers without the zeros at their end, whether it is a release, and the rest in parts.

        Numbers come before words (Semantic Versioning 2.0.0, section 11.4.3).
        """
        head = _SHAPE.match(string)
        assert head is not None
        numbers = [int(part) for part in head[0].split(".")]
        while numbers and numbers[-1] == 0:
            numbers.pop()
        rest = string[head.end() :]
        parts = _PARTS.findall(rest.lower())
        return (
            tuple(numbers),
            not rest or rest.startswith("+"),
            tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts),
        )
