"""The detectors of detect-secrets, in the places where one of them may find something.

Importing them takes as long as a whole report, and some of their patterns take long on long
lines.  So gates are looked for first, which need neither; what another detector has found already
is not looked at again.  Addresses are the customer's, not secrets: see ``people``.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, lru_cache
from typing import TYPE_CHECKING, NamedTuple, cast

from repro.redact.hit import Hit, lowered, narrowed, positions
from repro.redact.names import looks_random

if TYPE_CHECKING:
    from detect_secrets.plugins.base import BasePlugin


class _Gate(NamedTuple):
    """Where to look: a pattern that is tried where a needle stands.

    ``named``: a value follows that has a secret's name, so the detectors of keywords and of
    entropy are asked about it too.
    """

    needles: tuple[str, ...]
    pattern: re.Pattern[str]
    named: bool = False


_VALUE = r"""\w{0,40}+["'\]]{0,2}\s{0,3}(?:[:=!(>]{1,3}|\.assign\(|\s)\s{0,3}"""
_GATES = (
    _Gate(("akc", "ap"), re.compile(r"AKC\w{10}|AP[\dA-F]\w{8}", re.ASCII)),
    _Gate(("a3t",), re.compile(r"A3T[A-Z0-9]{17}")),
    _Gate(("gr1348941",), re.compile(r"GR1348941[\w-]{20}")),
    _Gate(("xox",), re.compile(r"xox[abposr]-\d", re.IGNORECASE)),
    _Gate(("softlayer.com",), re.compile(r"softlayer\.com/soap/\S{64}")),
    _Gate(("aws",), re.compile(r"""aws.{0,45}?['"][0-9a-zA-Z/+]{40}""", re.IGNORECASE)),
    _Gate(("begin ", "putty-user"), re.compile(r"BEGIN [A-Z0-9 ]{0,24}PRIVATE KEY|PuTTY-User-Key")),
    _Gate(
        ("key", "pwd", "pw", "pass", "token"),
        re.compile(rf"""(?:key|pwd?|pass(?:word)?|token){_VALUE}["']?[\w-]{{24}}""", re.IGNORECASE),
    ),
    _Gate(
        ("secret", "token", "passw", "pwd", "contrase", "api_key", "apikey", "auth_key", "_pass"),
        re.compile(rf"""\w{{3,9}}{_VALUE}@?["'`]?(?=[^\s"'`]{{8}})""", re.IGNORECASE),
        named=True,
    ),
)  # fmt: skip
#: Characters around a gate that are given to the detectors, within the line.
_BEFORE, _AFTER = 60, 400
#: What these find is left to other detectors, or no secret.
_LEFT_OUT = ("IPPublicDetector", "JwtTokenDetector")
_NAMED = ("KeywordDetector", "Base64HighEntropyString", "HexHighEntropyString")
#: A group shorter than this is a part of the pattern rather than the secret.
_SHORT = 8


def library(text: str, found: Iterable[Hit] = ()) -> Iterator[Hit]:
    """What they find beside what was ``found``, which is in order."""
    taken = list(found)
    low = narrowed(lowered(text))
    for gate in _GATES:
        for needle in gate.needles:
            if needle not in low:
                continue
            done = 0
            for at in positions(low, needle):
                match = gate.pattern.match(text, at) if at >= done else None
                if match is None or _covered(taken, at, match.end() + 1):
                    continue
                start, end = _around(text, at)
                done = match.end()
                value = match.end() - start if gate.named else -1
                for first, last, kind in _analysed(text[start:end], value):
                    yield Hit(start + first, start + last, kind)


def _covered(hits: list[Hit], start: int, end: int) -> bool:
    after = bisect_right(hits, end, key=lambda hit: hit.start)
    return after > 0 and hits[after - 1].end > start


def _around(text: str, at: int) -> tuple[int, int]:
    start = max(0, at - _BEFORE)
    start = text.rfind("\n", start, at) + 1 or start
    end = text.find("\n", at, at + _AFTER)
    return start, end if end >= 0 else min(len(text), at + _AFTER)


@lru_cache(4096)
def _analysed(line: str, value: int) -> tuple[tuple[int, int, str], ...]:
    """Start, end and kind of what is found in a line.  ``value``: where a named one begins."""
    by_form, by_name = _detectors()
    hits = [hit for detector in by_form for hit in _by_form(detector, line)]
    if value >= 0:
        hits += [hit for detector in by_name for hit in _by_name(detector, line, value)]
    return tuple(hits)


def _by_form(detector: BasePlugin, line: str) -> Iterator[tuple[int, int, str]]:
    for pattern in getattr(detector, "denylist", ()):
        for match in pattern.finditer(line):
            groups = range(1, pattern.groups + 1)
            spans = [match.span(group) for group in groups if len(match[group] or "") >= _SHORT]
            start, end = max(spans, key=lambda span: span[1] - span[0], default=match.span())
            if end > start:
                yield start, end, detector.secret_type.lower().replace(" ", "-")


def _by_name(detector: BasePlugin, line: str, value: int) -> Iterator[tuple[int, int, str]]:
    """Only of the value itself, and only where it looks like a secret."""
    for secret in {each.secret_value or "" for each in detector.analyze_line("", line)}:
        if line.startswith(secret, value) and looks_random(secret):
            yield value, value + len(secret), "password"


@cache
def _detectors() -> tuple[tuple[BasePlugin, ...], tuple[BasePlugin, ...]]:
    """Those that know a secret by its form, and those that go by names and by entropy."""
    from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class

    plugins = cast(
        "Mapping[str, type[BasePlugin]]", get_mapping_from_secret_type_to_class()
    ).values()
    made = [each() for each in plugins if each.__name__ not in _LEFT_OUT]
    by_name = tuple(each for each in made if type(each).__name__ in _NAMED)
    return tuple(each for each in made if each not in by_name), by_name
