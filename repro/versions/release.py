"""What is known of a product's releases."""

from __future__ import annotations

import contextlib
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from repro.errors import VersionError
from repro.model.base import Frozen
from repro.versions.order import is_prerelease, order
from repro.versions.web import UNKNOWN, Validators

#: Released versions named on each side of one that was not.
_NEAREST = 2


class Release(Frozen):
    """One released version.  ``date`` is ISO 8601 (UTC), where the registry tells it."""

    version: str
    date: str | None = None
    yanked: bool = False
    prerelease: bool = False


class Releases(Frozen):
    """All releases of a product, oldest version first."""

    purl: str
    releases: tuple[Release, ...]

    @property
    def versions(self) -> tuple[str, ...]:
        """The versions alone, in order."""
        return tuple(release.version for release in self.releases)

    @property
    def stable(self) -> tuple[str, ...]:
        """Neither withdrawn nor a pre-release."""
        return tuple(r.version for r in self.releases if not (r.yanked or r.prerelease))


class Found(NamedTuple):
    """What a registry told, in no order, and by what to ask it again."""

    releases: Sequence[Release]
    validators: Validators = UNKNOWN


def ordered(kind: str, found: Iterable[Release]) -> tuple[Release, ...]:
    """Oldest version first, pre-releases marked; what is no version of this type is left out."""
    key = order(kind)
    readable: list[tuple[Any, Release]] = []
    for release in found:
        with contextlib.suppress(VersionError):
            readable.append((key(release.version), release))
    readable.sort(key=lambda pair: pair[0])
    return tuple(
        release.model_copy(update={"prerelease": is_prerelease(kind, release.version)})
        for _, release in readable
    )


def nearest(key: Callable[[str], Any], wanted: Any, versions: Sequence[str]) -> str:
    """A sentence that names the releases next to a version that is none of them."""
    if not versions:
        return "nothing of it was ever released"
    at = bisect_left([key(one) for one in versions], wanted)
    near = versions[max(0, at - _NEAREST) : at + _NEAREST]
    newest = "" if versions[-1] in near else f"; the newest is {versions[-1]}"
    return f"the nearest releases are {', '.join(near)}{newest}"
