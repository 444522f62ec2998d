"""The releases of a product, oldest first; asked of its registry and kept for an hour."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
import time
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from repro.errors import ServiceError, VersionError
from repro.model.base import Frozen
from repro.settings import Settings
from repro.versions import debian, npm, pypi
from repro.versions.order import is_prerelease, order

#: Seconds for which a registry's answer is kept.
KEPT = 3600.0
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


def released(
    purl: str, settings: Settings, *, listed: Iterable[str] | None = None, suite: str | None = None
) -> Releases:
    """Every released version of a Package URL, oldest first; what is no version is left out.

    ``listed``: take these instead of asking a registry.  ``suite``: the Debian suite that a
    ``deb`` package is looked up in (else the Package URL's ``distro``).

    Raises VersionError when the registry has no such package or the Package URL is none,
    ServiceError when the registry is in trouble or the type cannot be listed.
    """
    parsed = _parsed(purl)
    if listed is not None:
        return _ordered(purl, parsed.type, [Release(version=version) for version in listed])
    lister = _lister(parsed, settings, suite)
    file = _file(settings, f"{lister.source} {parsed.type} {_name(parsed)}")
    if kept := _kept(file, KEPT):
        return kept
    found = _ordered(purl, parsed.type, [Release(**item) for item in lister.ask()])
    _keep(file, found)
    return found


def check(purl: str, version: str, settings: Settings, *, suite: str | None = None) -> bool:
    """Whether a version is known to be released; False: releases of this type cannot be listed.

    Raises VersionError, naming the nearest releases, when the version does not exist; ServiceError
    when the registry is in trouble.
    """
    # What was released once stays so: neither a registry nor a list is asked again.
    seen = settings.cache / "versions" / "seen" / _digest(f"{purl}@{version}")
    if seen.exists():
        return True
    known = _is_known(purl, version, settings, suite)
    if known:
        with contextlib.suppress(OSError):
            seen.parent.mkdir(parents=True, exist_ok=True)
            seen.touch()
    return known


def _is_known(purl: str, version: str, settings: Settings, suite: str | None) -> bool:
    parsed = _parsed(purl)
    key = order(parsed.type)
    wanted = key(version)
    try:
        lister = _lister(parsed, settings, suite)
    except ServiceError:
        return False
    file = _file(settings, f"{lister.source} {parsed.type} {_name(parsed)}")
    # For this an old answer serves too.
    old = _kept(file, float("inf"))
    if old and any(key(one) == wanted for one in old.versions):
        return True
    versions = released(purl, settings, suite=suite).versions
    if any(key(one) == wanted for one in versions):
        return True
    raise VersionError(
        f"{_name(parsed)} {version} was never released",
        cause=_nearest(key, wanted, versions),
        action="correct `version`, or give `--version`",
    )


def latest(purl: str, settings: Settings, *, suite: str | None = None) -> str:
    """The newest release that is neither withdrawn nor, unless all are, a pre-release."""
    found = released(purl, settings, suite=suite)
    versions = found.stable or found.versions
    if not versions:
        raise VersionError(f"{purl} has no releases", action="correct `product`")
    return versions[-1]


# -- how to ask ----------------------------------------------------------------------------


class _Lister:
    """Where releases are asked for, and how."""

    def __init__(self, source: str, ask: Callable[[], Sequence[dict[str, Any]]]) -> None:
        self.source = source
        self.ask = ask


def _lister(parsed: Any, settings: Settings, suite: str | None) -> _Lister:
    """Raises ServiceError for a type whose releases cannot be listed."""
    if parsed.type == "pypi":
        return _Lister(str(settings.mirrors.pypi), lambda: pypi.ask(parsed.name, settings))
    if parsed.type == "npm":
        return _Lister(str(settings.mirrors.npm), lambda: npm.ask(_name(parsed), settings))
    where = suite or (parsed.qualifiers or {}).get("distro")
    if parsed.type == "deb" and settings.mirrors.debian and where:
        arch = (parsed.qualifiers or {}).get("arch") or debian.architecture()
        return _Lister(
            f"{settings.mirrors.debian} {where} {arch}",
            lambda: debian.ask(parsed.name, where, arch, settings),
        )
    raise ServiceError(
        f"the releases of {parsed.to_string()} cannot be listed",
        cause="there is no registry of this type to ask"
        if parsed.type != "deb"
        else "that takes `mirrors.debian` in the settings, and the suite",
        action="name the versions one by one",
    )


def _parsed(purl: str) -> Any:
    from packageurl import PackageURL

    try:
        return PackageURL.from_string(purl)
    except ValueError as error:
        raise VersionError(
            f"{purl!r} is no Package URL", cause=str(error), action="write it like pkg:pypi/redis"
        ) from error


def _name(parsed: Any) -> str:
    """The name as the ecosystem writes it: ``@scope/name`` of npm, without Debian's vendor."""
    scoped = parsed.namespace and parsed.type != "deb"
    return f"{parsed.namespace}/{parsed.name}" if scoped else str(parsed.name)


def _ordered(purl: str, kind: str, found: Iterable[Release]) -> Releases:
    key = order(kind)
    readable: list[tuple[Any, Release]] = []
    for release in found:
        with contextlib.suppress(VersionError):
            readable.append((key(release.version), release))
    readable.sort(key=lambda pair: pair[0])
    marked = (
        release.model_copy(update={"prerelease": is_prerelease(kind, release.version)})
        for _, release in readable
    )
    return Releases(purl=purl, releases=tuple(marked))


def _nearest(key: Callable[[str], Any], wanted: Any, versions: Sequence[str]) -> str:
    if not versions:
        return "nothing of it was ever released"
    at = bisect_left([key(one) for one in versions], wanted)
    near = versions[max(0, at - _NEAREST) : at + _NEAREST]
    newest = "" if versions[-1] in near else f"; the newest is {versions[-1]}"
    return f"the nearest releases are {', '.join(near)}{newest}"


# -- what is kept --------------------------------------------------------------------------


def _file(settings: Settings, question: str) -> Path:
    return settings.cache / "versions" / f"{_digest(question)}.json"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _kept(file: Path, age: float) -> Releases | None:
    """An answer that is not older than ``age`` seconds; a damaged one is none."""
    try:
        if not 0 <= time.time() - file.stat().st_mtime <= age:
            return None
        return Releases.model_validate(json.loads(file.read_bytes()))
    except (OSError, ValueError, ValidationError):
        return None


def _keep(file: Path, found: Releases) -> None:
    """Whole or not at all.  Not being able to is no trouble: it is asked again."""
    with contextlib.suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=file.parent, prefix=".", suffix=".tmp")
        try:
            with os.fdopen(handle, "w") as stream:
                stream.write(found.model_dump_json())
            Path(name).replace(file)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise
