"""Secrets that can be told by their own form: what their issuers say they look like.

Each kind has needles, which are looked for in the lower-cased text, and a pattern that is tried
where one stands: so a long text without any costs next to nothing, and no pattern is tried twice
at a place.  A pattern's group is the secret; without one, all of it is.
"""

from __future__ import annotations

import re
import string
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from repro.redact.commands import COMMANDS
from repro.redact.hit import Extract, Hit, lowered, narrowed, positions
from repro.redact.issuers import TOKENS
from repro.redact.kind import Kind
from repro.redact.names import looks_random
from repro.redact.places import PLACES

#: No token is shorter, or has other signs.
_LONG_WORD = re.compile(r"[\w+/=.~:%?&;-]{20,}+", re.ASCII)
#: A token with nothing in it that could be looked for first.
_DISCORD = re.compile(r"(?<![\w.-])[MNO][\w-]{22,25}\.[\w-]{6}\.[\w-]{27,40}", re.ASCII)
#: An entry of libpq's password file (PostgreSQL documentation, "The Password File").
_PGPASS = re.compile(
    r"(?<![\w.:/-])[\w.*-]{1,253}:(?:[56]4\d\d|\*):[^:\s]{1,63}:[^:\s]{1,63}:"
    r"((?:[^:\\\s\"']|\\.){4,256})(?=[\s\"']|\Z)",
    re.ASCII,
)
_FIELDS = 5
#: ``user:password@``, without a scheme before it, and what follows in the name of a data source.
_SOURCE = re.compile(r"@(?:(?:tcp|unix)\(|[\w.-]{1,253}:\d{2,5}(?:/|\b))")
_USER_BEFORE = re.compile(r"(?<![\w/:@.-])[\w.-]{1,64}:([^\s/@:\"'<>=,(]{3,256})\Z", re.ASCII)
_ACCOUNT = 330
_LAST_WORD = re.compile(r"[\w+/=.~-]{4,}\Z", re.ASCII)
_FIRST_WORD = re.compile(r"[\w+/=.~-]{12,}", re.ASCII)
_TORN = 4096


def _by_needle(kinds: Iterable[Kind]) -> Mapping[str, Sequence[Kind]]:
    """Each needle once: it is looked for in the whole text."""
    made: dict[str, list[Kind]] = {}
    for kind in kinds:
        for needle in kind.needles:
            made.setdefault(needle, []).append(kind)
    return made


_TOKENS = _by_needle(TOKENS)
_AROUND = _by_needle(PLACES + COMMANDS)
#: A long text without one of these signs is not searched for the needles that have it.
_SIGNS = string.ascii_lowercase + string.digits + string.punctuation + " "
_LONG = 10_000


def tokens(text: str) -> Iterator[Hit]:
    """Those of ``TOKENS``; looked for in long words alone, all of them at once."""
    words = Extract(text, (found.span() for found in _LONG_WORD.finditer(text)))
    if not words.text:
        return
    discord = (Hit(*found.span(), "discord-token") for found in _DISCORD.finditer(words.text))
    for hit in (*_found(words.text, _TOKENS), *discord):
        start = words.origin(hit.start)
        yield hit._replace(start=start, end=start + hit.end - hit.start)


def places(text: str) -> Iterator[Hit]:
    """Those of ``PLACES`` and ``COMMANDS``, and lines of a password file."""
    yield from _found(text, _AROUND)
    if text.count(":") >= _FIELDS - 1:
        for line in _PGPASS.finditer(text):
            yield Hit(*line.span(1), "pgpass")
    for at in positions(text, "@"):
        if _SOURCE.match(text, at) and (
            user := _USER_BEFORE.search(text, max(0, at - _ACCOUNT), at)
        ):
            yield Hit(*user.span(1), "url-password")


def torn_end(text: str) -> list[Hit]:
    """The beginning of a token at the end of a text that goes on elsewhere."""
    word = _LAST_WORD.search(text, max(0, len(text) - _TORN))
    low = word[0].lower() if word else ""
    at = min(
        (low.find(each) for kind in TOKENS for each in kind.needles if each in low), default=-1
    )
    return [Hit(word.start() + at, len(text), "torn")] if word and at >= 0 else []


def torn_start(text: str) -> list[Hit]:
    """What may be the rest of a token, at the beginning of a text that began elsewhere."""
    word = _FIRST_WORD.match(text)
    return [Hit(0, word.end(), "torn")] if word and looks_random(word[0]) else []


def _found(text: str, kinds: Mapping[str, Sequence[Kind]]) -> Iterator[Hit]:
    wide = lowered(text)
    narrow = narrowed(wide)
    for needle in _present(kinds, wide, narrow):
        low = narrow if needle.isascii() else wide
        for kind in kinds[needle]:
            end = 0
            for at in positions(low, needle):
                if at >= end and (found := kind.pattern.match(text, at)):
                    start, end = found.span(min(1, kind.pattern.groups))
                    yield Hit(_back(text, start, kind.before), end, kind.name)


def _present(needles: Collection[str], wide: str, narrow: str) -> list[str]:
    """Those that stand in a text.  Nearly all texts are short and hold none."""
    if len(narrow) > _LONG:
        missing = [sign for sign in _SIGNS if sign not in narrow]
        needles = [needle for needle in needles if not any(map(needle.count, missing))]
    if wide.isascii():
        return [needle for needle in needles if needle in wide]
    return [needle for needle in needles if needle in (narrow if needle.isascii() else wide)]


def _back(text: str, start: int, most: int) -> int:
    """Where the word begins that ends at ``start``; at most so many characters before."""
    least = max(0, start - most)
    while start > least and (text[start - 1].isalnum() or text[start - 1] in "_-.~"):
        start -= 1
    return start
