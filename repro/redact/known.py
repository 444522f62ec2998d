"""Secrets never reach what is kept: known values are replaced before anything is written."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar
from urllib.parse import quote, unquote, urlsplit

from pydantic import BaseModel

from repro.model.secret import REDACTED
from repro.redact.encoding import encoding_of, readable
from repro.redact.hit import Hit, lowered, positions
from repro.redact.names import is_secret
from repro.redact.search import Search
from repro.redact.walk import walk
from repro.settings import Settings

#: What stands where a secret was.
MARK = REDACTED
#: A variable's value shorter than this is no secret worth the damage of replacing it everywhere.
MIN_LENGTH = 8
#: The same for the password of a URL, which is known to be one.
MIN_PASSWORD = 4
#: So many characters of a secret's beginning or end give it away where an output was cut.
MIN_TORN = 4

_SECRET_NAME = re.compile(
    r"TOKEN|PASSWORD|PASSWD|PASSPHRASE|SECRET|CREDENTIAL|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY",
    re.IGNORECASE,
)
_URL_WITH_PASSWORD = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s/@:]*:[^\s/@]+@\S+")
#: Words that the record itself is written in; replacing them would make it unreadable.
_OWN_WORDS = frozenset(
    {"reproduced", "not-reproduced", "different-failure", "inconclusive", "environment-failed",
     "different", "isolated", "oom-killed", "disk-limit", "disk-full", "partition"}
)  # fmt: skip
_ERRORS = {"utf-8": "surrogateescape"}
_URLSAFE = str.maketrans("+/", "-_")
#: What a long value may be broken up with: blanks, ends of lines, quotes, borders of tables.
_BREAKS = " \t\r\n\v\f\x85\xa0\u2028\u2029\"'+\\|\u2502"
_BREAK = f"[{re.escape(_BREAKS)}]*"

M = TypeVar("M", bound=BaseModel)


class Redactor:
    """Replaces known values by ``MARK``; ``count`` is how many were replaced so far."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._whole: list[str] = []
        self._search = Search(self.find, self.find)
        self.count = 0
        self.learn(secrets)

    def learn(self, secrets: Iterable[str]) -> None:
        """From now on these are known, too."""
        parts = {part for secret in secrets for part in _parts(secret)}
        whole = {*self._whole, *parts} - _OWN_WORDS
        # Longest first: a form that contains another one is replaced as a whole.
        self._whole = sorted(whole, key=len, reverse=True)
        forms = {form for secret in whole for form in _forms(secret)}
        self._forms = sorted(forms, key=len, reverse=True)
        self._close = {form for secret in whole for form in _close(secret)}

    @classmethod
    def known(
        cls,
        settings: Settings | None = None,
        environ: Mapping[str, str] = os.environ,
        secrets: Iterable[str] = (),
    ) -> Redactor:
        """All secrets that the settings and the environment hold, and these."""
        held = [*(_of_settings(settings) if settings else ()), *_of_environment(environ)]
        return cls([*held, *secrets])

    @property
    def fingerprint(self) -> str:
        """Another one where other values are known.  Not for others: it could confirm a guess."""
        return hashlib.sha256("\0".join(self._forms).encode("utf-8", "surrogatepass")).hexdigest()

    @property
    def idle(self) -> bool:
        """Whether there is nothing to look for."""
        return not self._forms

    def text(self, text: str) -> str:
        """The text without secrets, however they are encoded in it."""
        if not self._forms:
            return text
        for form in self._forms:
            if found := text.count(form):
                self.count += found
                text = text.replace(form, MARK)
        hits = self._search.find(text)
        self.count += len(hits)
        for hit in reversed(hits):
            text = f"{text[: hit.start]}{MARK}{text[hit.end :]}"
        return text

    def data(self, data: bytes) -> bytes:
        """The bytes without secrets; of a package that holds one, the mark alone."""
        if not self._forms:
            return data
        encoding = encoding_of(data)
        if encoding is not None:
            errors = _ERRORS.get(encoding, "strict")
            return self.text(data.decode(encoding, errors)).encode(encoding, errors)
        from repro.redact.packed import contents

        if any(self.holds(part) for part in contents(data)):
            self.count += 1
            return MARK.encode()
        made, found = self.overwritten(data)
        self.count += found
        return made

    def holds(self, data: bytes) -> bool:
        """Whether a secret is in it."""
        return bool(self._search.find(readable(data))) or self.overwritten(data)[1] > 0

    def tree(self, value: Any) -> Any:
        """A JSON value with every string in it redacted; a cut output's ``cut_at`` still fits."""
        return walk(value, self)

    def model(self, model: M) -> M:
        """The same for a value; files in it too."""
        return walk(model, self)

    def find(self, text: str) -> Iterator[Hit]:
        """Where a secret stands, in whatever form, case and lines; nothing is counted."""
        low = lowered(text) if self._forms else ""
        for form in self._forms:
            sought, where = (lowered(form), low) if len(form) >= MIN_LENGTH else (form, text)
            for at in positions(where, sought):
                yield Hit(at, at + len(form), "known")
        close = _without_breaks(low) if self._close else ""
        for form in self._close:
            if form in close:
                broken = re.finditer(_BREAK.join(map(re.escape, form)), low)
                yield from (Hit(*found.span(), "known") for found in broken)

    def overwritten(self, data: bytes) -> tuple[bytes, int]:
        """The bytes of the same length, in one-byte encodings and UTF-16 too, and how many
        secrets were overwritten.
        """
        count = 0
        for secret in self._whole:
            for encoding in ("utf-8", "latin-1", "utf-16-le", "utf-16-be"):
                form = secret.encode(encoding, _ERRORS.get(encoding, "ignore"))
                if len(form) >= MIN_TORN and (found := data.count(form)):
                    count += found
                    data = data.replace(form, b"*" * len(form))
        return data, count

    def given(self, _name: str, text: str) -> str:
        """A text under a name: its value alone says whether it is known."""
        return self.text(text)

    def sides(self, before: str, after: str) -> tuple[str, str]:
        """The two sides of a cut."""
        return self.torn(self.text(before), self.text(after))

    def content(self, data: bytes) -> bytes:
        """The content of a file."""
        return self.data(data)

    def torn(self, before: str, after: str) -> tuple[str, str]:
        """The two sides of a cut without what is left of a secret that it went through."""
        for form in self._forms:
            for length in range(len(form) - 1, MIN_TORN - 1, -1):
                if before.endswith(form[:length]):
                    self.count += 1
                    before = before[:-length] + MARK
                if after.startswith(form[-length:]):
                    self.count += 1
                    after = MARK + after[length:]
        return before, after


def _parts(secret: str) -> Iterator[str]:
    """The value, and each of its lines: a terminal, or a log, ends lines in another way."""
    if not secret:
        return
    yield secret
    lines = secret.splitlines()
    if len(lines) > 1:
        yield from (line.strip() for line in lines if len(line.strip()) >= MIN_LENGTH)


def _forms(secret: str) -> Iterator[str]:
    """The ways in which the value may appear: as it is, in a URL, in JSON (once or twice), and,
    where it is long enough, in hexadecimal and within base64.
    """
    yield secret
    yield quote(secret, safe="", errors="surrogateescape")
    once = json.dumps(secret, ensure_ascii=False)[1:-1]
    yield once
    yield json.dumps(once, ensure_ascii=False)[1:-1]
    yield json.dumps(secret)[1:-1]
    data = secret.encode("utf-8", "surrogateescape")
    if len(data) >= MIN_LENGTH:
        yield from {data.hex(), data.hex().upper(), data.hex(" ")}
        yield from _in_base64(data)


def _close(secret: str) -> Iterator[str]:
    """The value, and what base64 makes of it, without what might break it up."""
    data = secret.encode("utf-8", "surrogateescape")
    for form in (secret, *(_in_base64(data) if len(data) >= MIN_LENGTH else ())):
        close = _without_breaks(lowered(form))
        if len(close) >= MIN_LENGTH:
            yield close


def _without_breaks(text: str) -> str:
    for sign in _BREAKS:
        text = text.replace(sign, "")
    return text


def _in_base64(data: bytes) -> Iterator[str]:
    """What it makes of base64 that it is within, at whatever place (RFC 4648, both alphabets)."""
    for before in range(3):
        whole = base64.b64encode(b"\0" * before + data).decode()
        # Without the signs that hold bits of what stands before or after.
        first, last = -(-before * 8 // 6), (before + len(data)) * 8 // 6
        for form in (whole, whole.translate(_URLSAFE)):
            yield form[first:last]


def _of_settings(settings: Settings) -> Iterator[str]:
    urls = [settings.history, settings.engine, settings.proxy.http, settings.proxy.https]
    urls += settings.mirrors.model_dump().values()
    urls += [settings.site, *settings.notify, *(each.url for each in settings.tickets.values())]
    for url in urls:
        yield from _of_url(url or "")
    yield from settings.notify
    for ticket in settings.tickets.values():
        yield from _of_environment(ticket.options)


def _of_environment(environ: Mapping[str, str]) -> Iterator[str]:
    for name, value in environ.items():
        named = _SECRET_NAME.search(name) or is_secret(name, value)
        if named and len(value) >= MIN_LENGTH and not os.path.lexists(value):
            yield value
        elif _URL_WITH_PASSWORD.fullmatch(value):
            yield from _of_url(value)


def _of_url(url: str) -> Iterator[str]:
    """The password, and user and password as they stand in a URL and in an HTTP header."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return
    if not parts.password:
        return
    user, password = unquote(parts.username or ""), unquote(parts.password)
    yield f"{parts.username or ''}:{parts.password}"
    yield base64.b64encode(f"{user}:{password}".encode()).decode()
    if len(password) >= MIN_PASSWORD:
        yield from {password, parts.password}
