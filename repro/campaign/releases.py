"""What was released of a case's product."""

from __future__ import annotations

from typing import Protocol

from repro import versions
from repro.casefile import LoadedCase
from repro.errors import InputError
from repro.model.profile import OsProfile, ProductProfile
from repro.settings import Settings
from repro.versions import KEPT, Releases


class Profiles(Protocol):
    """What is read of the catalogue."""

    def os(self, name: str) -> OsProfile:
        """Raises ProfileError."""

    def product(self, name: str) -> ProductProfile:
        """Raises ProfileError."""


def releases_of(
    loaded: LoadedCase,
    profiles: Profiles,
    settings: Settings,
    *,
    os: str | None = None,
    max_age: float = KEPT,
) -> Releases:
    """The releases of the case's product, oldest first, as they are on an OS.

    ``max_age``: seconds that a kept answer may be old; 0 asks again.  Raises InputError for a case
    without a product, VersionError, ServiceError.
    """
    spec = loaded.case.environment.product
    if spec is None:
        raise InputError(
            f"{loaded.case.id} names no product, so there are no versions of it",
            action="name it under `product` with its purl",
        )
    profile = profiles.product(spec.name) if spec.name and not spec.purl else None
    purl = spec.purl or (profile.purl if profile else "")
    build = profiles.os(os or loaded.case.environment.os).build
    return versions.released(
        purl,
        settings,
        source=profile.releases if profile else None,
        suite=build.suite if build and purl.startswith("pkg:deb/") else None,
        max_age=max_age,
    )


def choose(
    text: str,
    releases: Releases,
    *,
    prereleases: bool = False,
    yanked: bool = False,
    beside: tuple[str | None, ...] = (),
) -> tuple[str, ...]:
    """What the text means of the releases, oldest first, and those named ``beside`` it.

    Raises VersionError.
    """
    chosen = set(versions.choose(text, releases, prereleases=prereleases, yanked=yanked))
    for named in beside:
        if named:
            chosen.update(versions.choose(named, releases))
    return tuple(version for version in releases.versions if version in chosen)
