"""How the versions of an ecosystem order, by univers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from repro.errors import VersionError


def order(purl_type: str) -> Callable[[str], Any]:
    """A sort key for the versions of a Package URL type (``pypi``, ``npm``, ``deb`` …).

    Types without a rule of their own order as semantic versions do.  The key raises VersionError
    for a text that is no version of this type.
    """
    kind = _scheme(purl_type).version_class

    def key(version: str) -> Any:
        try:
            return kind(str(version))
        except (ValueError, TypeError) as error:
            raise VersionError(
                f"{version!r} is no version of the {purl_type} kind",
                cause="it does not follow the rules by which these versions are ordered",
                action="write the version as its registry does",
            ) from error

    return key


def is_prerelease(purl_type: str, version: str) -> bool:
    """Whether a version is an alpha, beta, release candidate or development version."""
    if purl_type == "pypi":
        return bool(order("pypi")(version).value.is_prerelease)
    if purl_type in ("deb", "rpm", "alpm"):
        return "~" in version
    return "-" in version.partition("+")[0]


def in_range(text: str, version: str) -> bool:
    """Whether a version is in a range like ``vers:pypi/>=4.5|<6``.  Raises VersionError.

    Source: the VERS specification (version range specifier).
    """
    from univers.version_range import VersionRange

    try:
        found = VersionRange.from_string(text)  # type: ignore[no-untyped-call]
        return bool(found.version_class(version) in found)
    except (ValueError, TypeError, KeyError, NotImplementedError) as error:
        raise VersionError(
            f"{text!r} is no range of versions that {version!r} could be in",
            cause=str(error),
            action="write it like vers:pypi/>=4.5|<6",
        ) from error


def _scheme(purl_type: str) -> Any:
    from univers.version_range import RANGE_CLASS_BY_SCHEMES as SCHEMES

    return SCHEMES.get(purl_type, SCHEMES["generic"])
