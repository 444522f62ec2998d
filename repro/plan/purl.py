"""Package URLs, as far as a plan reads them."""

from __future__ import annotations

from functools import cache

from repro.errors import PlanError


@cache
def parse_purl(text: str) -> tuple[str, str]:
    """Type and full name (``@scope/name``, ``debian/mawk`` → ``mawk``) of a Package URL.

    Raises PlanError.  Source: the Package URL specification.
    """
    from packageurl import PackageURL

    try:
        purl = PackageURL.from_string(text)
    except ValueError as error:
        raise PlanError(
            f"{text!r} is no Package URL: {error}", action="write it like pkg:pypi/redis"
        ) from None
    if purl.version:
        raise PlanError(
            f"{text!r} holds a version", action="put the version under `version`, not in the purl"
        )
    scoped = purl.type == "npm" and purl.namespace
    return purl.type, f"{purl.namespace}/{purl.name}" if scoped else purl.name
