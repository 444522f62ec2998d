"""How the versions of an ecosystem order, by univers."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from repro.errors import VersionError

_EXAMPLE = "write it like vers:pypi/>=4.5|<6"
#: What follows a ``~`` where a package was built again for a release, which is no pre-release.
_REBUILT = r"deb\d|bpo\d|ubuntu\d"


def scheme_of(purl_type: str) -> str:
    """The versioning scheme of a Package URL type; ``generic`` for one without its own rules."""
    from univers.version_range import RANGE_CLASS_BY_SCHEMES as SCHEMES

    return purl_type if purl_type in SCHEMES else "generic"


def order(purl_type: str) -> Callable[[str], Any]:
    """A sort key for the versions of a Package URL type (``pypi``, ``npm``, ``deb`` …).

    Types without a rule of their own order as semantic versions do, with any count of numbers.
    The key raises VersionError for a text that is no version of this type.
    """
    kind = _version_class(scheme_of(purl_type))

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
        return re.search(rf"~(?!{_REBUILT})", version) is not None
    if scheme_of(purl_type) == "generic":
        _, release, _ = order(purl_type)(version).value
        return not release
    return "-" in version.partition("+")[0]


@dataclass(frozen=True)
class Range:
    """A range of versions, parsed once.  What it holds are keys that ``order`` made."""

    text: str
    scheme: str
    constraints: tuple[Any, ...]

    def __contains__(self, key: Any) -> bool:
        from univers.version_constraint import contains_version

        # univers takes several exceptions alone for nothing at all.
        if all(one.comparator == "!=" for one in self.constraints):
            return all(key != one.version for one in self.constraints)
        return bool(contains_version(key, self.constraints))  # type: ignore[no-untyped-call]

    @property
    def bounds(self) -> tuple[Any, ...]:
        """The versions that it names, as keys, in order."""
        return tuple(one.version for one in self.constraints if one.version is not None)


def read_range(text: str) -> Range:
    """A range like ``vers:pypi/>=4.5|<6``.  Raises VersionError.

    Source: the VERS specification (version range specifier).
    """
    head, _, tail = "".join(text.split()).partition(":")
    scheme, _, constraints = tail.partition("/")
    cause = "it should be vers:, the kind of versions, / and at least one bound"
    if head.lower() == "vers" and constraints:
        try:
            return Range(text, scheme.lower(), _constraints(scheme.lower(), constraints))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            cause = _words(error)
    raise VersionError(f"{text!r} is no range of versions", cause=cause, action=_EXAMPLE)


def _constraints(scheme: str, text: str) -> tuple[Any, ...]:
    """In order.  Raises ValueError and others where they are none, or contradict each other."""
    from univers.version_constraint import VersionConstraint, validate_comparators

    kind = _version_class(scheme)
    parts = [
        VersionConstraint.from_string(part, kind)  # type: ignore[no-untyped-call]
        for part in text.split("|")
    ]
    if len(parts) > 1 and any(part.version is None for part in parts):
        raise ValueError("* stands alone")
    parts.sort()
    for one, other in pairwise(parts):
        if one.version == other.version:
            raise ValueError(f"{one.version.string} stands in it twice")
    try:
        validate_comparators(parts)  # type: ignore[no-untyped-call]
    except ValueError as error:
        raise ValueError("in order, > or >= and < or <= should take turns") from error
    return tuple(parts)


def in_range(text: str, version: str) -> bool:
    """Whether a version is in a range like ``vers:pypi/>=4.5|<6``.  Raises VersionError."""
    found = read_range(text)
    try:
        return order(found.scheme)(version) in found
    except VersionError as error:
        raise VersionError(
            f"{text!r} is no range of versions that {version!r} could be in",
            cause=error.what,
            action=_EXAMPLE,
        ) from error


def _version_class(scheme: str) -> Any:
    """Raises KeyError for a scheme that is none."""
    from univers.version_range import RANGE_CLASS_BY_SCHEMES as SCHEMES

    if scheme == "generic":
        from repro.versions.dotted import DottedVersion

        return DottedVersion
    return SCHEMES[scheme].version_class


def _words(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"{error.args[0]!r} is no kind of versions"
    # univers ends its sentences with the name of a class.
    return re.sub(r"a valid <class '.*\.(\w+)Version'>", r"a version of the \1 kind", str(error))
