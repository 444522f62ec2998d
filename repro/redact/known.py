"""Secrets never reach what is kept: known values are replaced before anything is written."""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar
from urllib.parse import quote, unquote, urlsplit

from repro.settings import Settings

#: What stands where a secret was.
MARK = "[redacted]"
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
_CUT = re.compile(rb'"cut_at":[0-9]')
_FIELD_NAME = re.compile(r"[a-z_]{1,24}")

T = TypeVar("T", str, bytes)


class Redactor:
    """Replaces known values by ``MARK``; ``count`` is how many were replaced so far."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        forms = {form for secret in secrets if secret for form in _forms(secret)} - _OWN_WORDS
        # Longest first: a form that contains another one is replaced as a whole.
        self._forms = sorted(forms, key=len, reverse=True)
        self._encoded = [form.encode("utf-8", "surrogateescape") for form in self._forms]
        self.count = 0

    @classmethod
    def known(
        cls, settings: Settings | None = None, environ: Mapping[str, str] = os.environ
    ) -> Redactor:
        """All secrets that the settings and the environment hold."""
        return cls([*(_of_settings(settings) if settings else ()), *_of_environment(environ)])

    def touches(self, data: bytes) -> bool:
        """Whether there may be a secret in a line of JSON."""
        if any(form in data for form in self._encoded):
            return True
        return bool(self._forms) and _CUT.search(data) is not None

    def text(self, text: str) -> str:
        """The text without secrets."""
        return self._replace(text, self._forms, MARK)

    def data(self, data: bytes) -> bytes:
        """The bytes without secrets."""
        return self._replace(data, self._encoded, MARK.encode())

    def tree(self, value: Any) -> Any:
        """A JSON value with every string in it redacted; a cut output's ``cut_at`` still fits."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list | tuple):
            return [self.tree(item) for item in value]
        if not isinstance(value, dict):
            return value
        at, text = value.get("cut_at"), value.get("text")
        made = {self._key(key): self.tree(item) for key, item in value.items()}
        if isinstance(at, int) and isinstance(text, str):
            before, after = self._torn(self.text(text[:at]), self.text(text[at:]))
            made |= {"text": before + after, "cut_at": len(before)}
        return made

    def _torn(self, before: str, after: str) -> tuple[str, str]:
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

    def _key(self, key: Any) -> Any:
        """Names of the record's own fields are never secrets; other keys may be."""
        return key if _FIELD_NAME.fullmatch(str(key)) else self.text(str(key))

    def _replace(self, text: T, forms: list[T], mark: T) -> T:
        for form in forms:
            if found := text.count(form):
                self.count += found
                text = text.replace(form, mark)
        return text


def _forms(secret: str) -> Iterator[str]:
    """The ways in which the value may appear: as it is, in a URL, and in JSON (once or twice)."""
    yield secret
    yield quote(secret, safe="")
    once = json.dumps(secret, ensure_ascii=False)[1:-1]
    yield once
    yield json.dumps(once, ensure_ascii=False)[1:-1]
    yield json.dumps(secret)[1:-1]


def _of_settings(settings: Settings) -> Iterator[str]:
    urls = [settings.history, settings.engine, settings.proxy.http, settings.proxy.https]
    urls += settings.mirrors.model_dump().values()
    for url in urls:
        yield from _of_url(url or "")


def _of_environment(environ: Mapping[str, str]) -> Iterator[str]:
    for name, value in environ.items():
        if _SECRET_NAME.search(name) and len(value) >= MIN_LENGTH and not os.path.lexists(value):
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
