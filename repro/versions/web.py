"""One bounded GET, with CA and proxies from the settings.  All use of httpx is here."""

from __future__ import annotations

from collections.abc import Mapping

from repro.errors import ServiceError
from repro.settings import Settings

_TIMEOUT = 30.0


def get(
    url: str, settings: Settings, *, what: str, limit: int, headers: Mapping[str, str] | None = None
) -> bytes | None:
    """The body; None where there is none (404).  ``limit`` in bytes; ``what`` names it in errors.

    Raises ServiceError.
    """
    import ssl

    import httpx

    try:
        with (
            httpx.Client(
                verify=ssl.create_default_context(cafile=settings.ca_bundle),
                proxy=proxy_for(url, settings),
                timeout=_TIMEOUT,
                follow_redirects=True,
                trust_env=False,
            ) as client,
            client.stream("GET", url, headers=dict(headers or {})) as answer,
        ):
            if answer.status_code == 404:
                return None
            answer.raise_for_status()
            body = bytearray()
            for piece in answer.iter_bytes():
                body += piece
                if len(body) > limit:
                    raise ServiceError(f"{what} is longer than {limit // 2**20} MiB")
            return bytes(body)
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
        raise ServiceError(f"{what} cannot be read", cause=str(error) or repr(error)) from error


def proxy_for(url: str, settings: Settings) -> str | None:
    """The proxy that the settings name for this address; None: ask directly."""
    from urllib.parse import urlsplit
    from urllib.request import proxy_bypass_environment  # type: ignore[attr-defined]

    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    if proxy_bypass_environment(host, {"no": settings.proxy.no_proxy}):
        return None
    return settings.proxy.https if parts.scheme == "https" else settings.proxy.http
