"""GETs that are bounded, conditional and tried again, with CA and proxies from the settings.

All use of httpx is here.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from repro.errors import ServiceError
from repro.settings import Settings

if TYPE_CHECKING:
    import ssl

    import httpx

#: There is no such thing, or no longer.
_GONE = (404, 410)
_UNCHANGED = 304
_TOO_MANY = 429


@dataclass(frozen=True)
class Validators:
    """By what an answer can be asked for again only if it changed (RFC 9110, section 8.8)."""

    etag: str = ""
    modified: str = ""

    def headers(self) -> dict[str, str]:
        """The headers of a conditional request; none where nothing is known."""
        named = {"if-none-match": self.etag, "if-modified-since": self.modified}
        return {name: value for name, value in named.items() if value}


UNKNOWN = Validators()


@dataclass(frozen=True)
class Answer:
    """What was answered: ``told`` the status in words, ``headers`` by their names in lower case,
    ``following`` the address of the next page as written (RFC 8288).
    """

    status: int
    told: str
    headers: Mapping[str, str]
    url: str
    body: bytes = b""
    following: str | None = None

    @property
    def unchanged(self) -> bool:
        """What is known by the validators still stands; there is no body."""
        return self.status == _UNCHANGED

    @property
    def validators(self) -> Validators:
        """To ask again with."""
        return Validators(self.headers.get("etag", ""), self.headers.get("last-modified", ""))


@dataclass(frozen=True)
class Patience:
    """How often one address is tried, and how long, in seconds.

    ``timeout`` is that of one connection, or of one wait for data; ``pause`` comes after the first
    try and doubles; ``pauses`` is how long all pauses are together at most, ``whole`` all of it.
    """

    tries: int = 3
    timeout: float = 30.0
    pause: float = 0.4
    pauses: float = 5.0
    whole: float = 300.0


PATIENCE = Patience()


class _TroubleError(Exception):
    """One try failed in a way that the next may not.  ``after``: what the registry asks for."""

    def __init__(self, cause: str, after: float | None = None) -> None:
        super().__init__(cause)
        self.after = after


def get(
    url: str,
    settings: Settings,
    *,
    what: str,
    limit: int,
    headers: Mapping[str, str] | None = None,
    known: Validators = UNKNOWN,
    expected: Collection[int] = (),
    patience: Patience | None = None,
) -> Answer | None:
    """The answer (200; 304 where ``known`` still holds; ``expected``, without a body).

    None: there is nothing there (404, 410).  ``limit`` is in bytes of the body; ``what`` names it
    in errors.  Time-outs, broken connections, halves of answers, 5xx and 429 are tried again.

    Raises ServiceError for all else.
    """
    import httpx

    request = _Request(url, {**(headers or {}), **known.headers()}, what, limit)
    try:
        answer = _patiently(request, settings, patience or PATIENCE)
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
        raise ServiceError(f"{what} cannot be read", cause=str(error) or repr(error)) from error
    if answer.status in _GONE:
        return None
    fine = {200, *expected} | ({_UNCHANGED} if known != UNKNOWN else set())
    if answer.status not in fine:
        raise ServiceError(f"{what} cannot be read", cause=f"the answer is {answer.told}")
    return answer


def shown(url: str) -> str:
    """An address without the name and password that may stand in it."""
    head, slashes, tail = url.partition("://")
    host, slash, path = tail.partition("/")
    return f"{head}{slashes}{host.rpartition('@')[2]}{slash}{path}" if slashes else url


# -- trying --------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Request:
    url: str
    headers: Mapping[str, str]
    what: str
    limit: int


def _patiently(request: _Request, settings: Settings, patience: Patience) -> Answer:
    import httpx

    until, left = time.monotonic() + patience.whole, patience.pauses
    with httpx.Client(
        verify=_trusted(settings.ca_bundle),
        proxy=settings.proxy.for_url(request.url),
        timeout=patience.timeout,
        follow_redirects=True,
        trust_env=False,
    ) as client:
        for attempt in range(1, patience.tries + 1):
            try:
                return _once(client, request, until)
            except _TroubleError as trouble:
                pause = _pause(trouble, patience, attempt)
                late = pause > left or time.monotonic() + pause > until
                if attempt == patience.tries or late:
                    raise _given_up(request, trouble, attempt) from trouble
                time.sleep(pause)
                left -= pause
    raise AssertionError("the last try returns or raises")


def _pause(trouble: _TroubleError, patience: Patience, attempt: int) -> float:
    """Seconds until the next try: as many as it asks for, else twice as many each time."""
    return patience.pause * 2 ** (attempt - 1) if trouble.after is None else trouble.after


def _given_up(request: _Request, trouble: _TroubleError, attempt: int) -> ServiceError:
    tries = f" ({attempt} tries)" if attempt > 1 else ""
    action = f"try again in {trouble.after:.0f} s, as it asks for" if trouble.after else ""
    return ServiceError(f"{request.what} cannot be read", cause=f"{trouble}{tries}", action=action)


def _once(client: httpx.Client, request: _Request, until: float) -> Answer:
    """One try.  Raises _TroubleError where another one may help."""
    import httpx

    try:
        with client.stream("GET", request.url, headers=dict(request.headers)) as answer:
            status, headers = answer.status_code, dict(answer.headers)
            told = f"{status} {answer.reason_phrase}".rstrip()
            if status == _TOO_MANY or status >= 500:
                after = _retry_after(headers.get("retry-after"))
                raise _TroubleError(f"the answer is {told}", after)
            body = _body(answer, request, until) if status == 200 else b""
            following = answer.links.get("next", {}).get("url")
            return Answer(status, told, headers, str(answer.url), body, following)
    except (
        httpx.TimeoutException,
        httpx.NetworkError,
        httpx.RemoteProtocolError,
        httpx.DecodingError,
    ) as error:
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            raise
        raise _TroubleError(str(error) or type(error).__name__) from error


def _body(answer: httpx.Response, request: _Request, until: float) -> bytes:
    body = bytearray()
    for piece in answer.iter_bytes():
        body += piece
        if len(body) > request.limit:
            raise ServiceError(f"{request.what} is longer than {request.limit} bytes")
        if time.monotonic() > until:
            raise ServiceError(f"{request.what} comes too slowly to wait for the rest of it")
    return bytes(body)


def _retry_after(value: str | None) -> float | None:
    """Seconds; a date is good too.  Source: RFC 9110, section 10.2.3."""
    if value is None:
        return None
    if value.isdecimal():
        return float(value)
    try:
        date = parsedate_to_datetime(value)
    except (ValueError, TypeError):
        return None
    now = dt.datetime.now(dt.UTC)
    return max(0.0, (date.replace(tzinfo=date.tzinfo or dt.UTC) - now).total_seconds())


def _trusted(bundle: Path | None) -> ssl.SSLContext:
    return _context(bundle, bundle.stat().st_mtime_ns if bundle else 0)


@lru_cache(maxsize=4)
def _context(bundle: Path | None, _changed: int) -> ssl.SSLContext:
    """Reading a bundle takes longer than a small answer does."""
    import ssl

    return ssl.create_default_context(cafile=bundle)
