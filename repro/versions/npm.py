"""Releases of an npm package, from its registry's package document."""

from __future__ import annotations

import json
from urllib.parse import quote

from repro.errors import ServiceError, VersionError
from repro.settings import Settings
from repro.versions.release import Found, Release
from repro.versions.web import Validators, get

#: Bytes of a package document; the largest known are some tens of MiB.
_LIMIT = 256 * 1024 * 1024
# The abbreviated document, where the registry has it; the whole one otherwise.
_ACCEPT = "application/vnd.npm.install-v1+json, application/json;q=0.8"


def ask(name: str, settings: Settings, known: Validators) -> Found | None:
    """Version and, where told, date; None: what is known still stands.

    What was withdrawn from npm is no longer listed there.  Raises VersionError when there is no
    such package, ServiceError on any trouble.  Source: the registry's API, "package metadata".
    """
    base = (settings.mirrors.npm or _registry()).rstrip("/")
    what = f"the npm registry's list of the releases of {name}"
    url = f"{base}/{quote(name, safe='@')}"
    answer = get(url, settings, what=what, limit=_LIMIT, headers={"accept": _ACCEPT}, known=known)
    if answer is None:
        raise VersionError(f"the npm registry has no package {name}", action="correct `product`")
    if answer.unchanged:
        return None
    try:
        document = json.loads(answer.body)
        dates = document.get("time") or {}
        found = [
            Release(version=one, date=dates.get(one)) for one, _ in document["versions"].items()
        ]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise ServiceError(f"{what} cannot be understood", cause=str(error)) from error
    return Found(found, answer.validators)


def _registry() -> str:
    """The public registry's address, as the Package URL library knows it."""
    from packageurl.contrib.purl2url import get_download_url

    address: str = get_download_url("pkg:npm/x@1")  # type: ignore[no-untyped-call]
    return address.partition("/x/")[0]
