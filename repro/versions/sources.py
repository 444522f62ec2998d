"""Where the releases of a product are asked for: one question a registry, or a pocket of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from repro.errors import ServiceError, VersionError
from repro.settings import Settings
from repro.versions import debian, npm, oci, pypi
from repro.versions.release import Found
from repro.versions.web import Validators


@dataclass(frozen=True)
class Question:
    """``about`` tells it from all others; ``ask`` gives None where what is known still stands."""

    about: str
    ask: Callable[[Validators], Found | None]


def parse(purl: str) -> Any:
    """A Package URL in its parts.  Raises VersionError."""
    from packageurl import PackageURL

    try:
        return PackageURL.from_string(purl)
    except ValueError as error:
        raise VersionError(
            f"{purl!r} is no Package URL", cause=str(error), action="write it like pkg:pypi/redis"
        ) from error


def name_of(parsed: Any) -> str:
    """The name as the ecosystem writes it: ``@scope/name`` of npm, without Debian's vendor."""
    scoped = parsed.namespace and parsed.type != "deb"
    return f"{parsed.namespace}/{parsed.name}" if scoped else str(parsed.name)


def questions(parsed: Any, settings: Settings, suite: str | None) -> list[Question]:
    """Whose answers together are all releases.  Raises ServiceError for what cannot be listed."""
    name = name_of(parsed)
    if parsed.type == "pypi":
        return [
            Question(f"{settings.mirrors.pypi} pypi {name}", lambda k: pypi.ask(name, settings, k))
        ]
    if parsed.type == "npm":
        return [
            Question(f"{settings.mirrors.npm} npm {name}", lambda k: npm.ask(name, settings, k))
        ]
    if parsed.type == "deb" and parsed.namespace in (None, "debian"):
        return _debian(parsed, settings, suite)
    if parsed.type in ("oci", "docker") and (places := oci.repositories(parsed, settings)):
        return [Question(f"oci {' '.join(places)}", lambda k: oci.ask(places, settings, k))]
    needs = "its Package URL names no registry (`repository_url`), and there is no `mirrors.images`"
    raise _unlisted(
        parsed,
        needs if parsed.type in ("oci", "docker") else "there is no registry of this type to ask",
    )


def _debian(parsed: Any, settings: Settings, suite: str | None) -> list[Question]:
    qualifiers = parsed.qualifiers or {}
    suite, arch = suite or qualifiers.get("distro"), qualifiers.get("arch")
    pockets = debian.pockets(suite, settings) if suite else []
    if not pockets:
        raise _unlisted(
            parsed, "that takes the suite, and `mirrors.debian` in the settings or a Debian machine"
        )
    arch = arch or debian.architecture()
    return [
        Question(
            f"{mirror} {each} {arch} {parsed.name}",
            partial(_in_pocket, (parsed.name, mirror, each, arch), settings, each != suite),
        )
        for mirror, each in pockets
    ]


def _in_pocket(
    where: tuple[str, str, str, str], settings: Settings, optional: bool, known: Validators
) -> Found | None:
    return debian.ask(*where, settings, known, optional=optional)


def _unlisted(parsed: Any, cause: str) -> ServiceError:
    return ServiceError(
        f"the releases of {parsed.to_string()} cannot be listed",
        cause=cause,
        action="name the versions one by one, or say in the product's profile how they are listed",
    )
