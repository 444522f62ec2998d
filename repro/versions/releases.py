"""The releases of a product, oldest first; asked of its registry and kept for an hour."""

from __future__ import annotations

import contextlib
from typing import Any

from repro.errors import ServiceError, VersionError
from repro.model.profile import ReleaseSource
from repro.settings import Settings
from repro.versions import command, kept
from repro.versions.order import order
from repro.versions.release import Release, Releases, nearest, ordered
from repro.versions.sources import Question, name_of, parse, questions

#: Seconds for which a registry's answer is kept without asking whether it still stands.
KEPT = 3600.0
#: Seconds that an answer may be old in which a version that is asked for is missing.
_RECENT = 60.0


def released(
    purl: str,
    settings: Settings,
    *,
    source: ReleaseSource | None = None,
    suite: str | None = None,
    max_age: float = KEPT,
) -> Releases:
    """Every released version of a Package URL, oldest first; what is no version is left out.

    ``source``: how the product's profile says that they are listed, instead of a registry.
    ``suite``: the Debian suite that a ``deb`` package is looked up in (else the Package URL's
    ``distro``), with its updates.  ``max_age``: seconds that a kept answer may be old; an older
    one is asked for again, if only whether it still stands: 0 does so always.

    Raises VersionError when the registry has no such package or the Package URL is none,
    ServiceError when the registry is in trouble or the type cannot be listed; what is kept stays.
    """
    parsed = parse(purl)
    if source is not None and source.run is None:
        listed = [Release(version=version) for version in source.listed]
        return Releases(purl=purl, releases=ordered(parsed.type, listed))
    asked = _questions(parsed, settings, source, suite)
    answers = [_answer(question, parsed.type, settings, max_age) for question in asked]
    found = answers[0]
    if len(answers) > 1:
        distinct = {release.version: release for answer in answers for release in answer}
        found = ordered(parsed.type, distinct.values())
    if parsed.type == "deb" and source is None and not found:
        raise VersionError(
            f"{suite or parsed.qualifiers.get('distro')} has no package {parsed.name}",
            action="correct `product` or `os`",
        )
    return Releases(purl=purl, releases=found)


def check(
    purl: str,
    version: str,
    settings: Settings,
    *,
    source: ReleaseSource | None = None,
    suite: str | None = None,
) -> bool:
    """Whether a version is known to be released; False: releases of this type cannot be listed.

    Raises VersionError, naming the nearest releases, when the version does not exist; ServiceError
    when the registry is in trouble.
    """
    # What was released once stays so: neither a registry nor a list is asked again.
    seen = settings.cache / "versions" / "seen" / kept.digest(f"{purl}@{version}")
    if seen.exists():
        return True
    known = _is_known(purl, version, settings, source, suite)
    if known:
        with contextlib.suppress(OSError):
            seen.parent.mkdir(parents=True, exist_ok=True)
            seen.touch()
    return known


def latest(
    purl: str,
    settings: Settings,
    *,
    source: ReleaseSource | None = None,
    suite: str | None = None,
) -> str:
    """The newest release that is neither withdrawn nor, unless all are, a pre-release."""
    found = released(purl, settings, source=source, suite=suite)
    unyanked = tuple(one.version for one in found.releases if not one.yanked)
    versions = found.stable or unyanked or found.versions
    if not versions:
        raise VersionError(f"{purl} has no releases", action="correct `product`")
    return versions[-1]


def _questions(
    parsed: Any, settings: Settings, source: ReleaseSource | None, suite: str | None
) -> list[Question]:
    if source is None or source.run is None:
        return questions(parsed, settings, suite)
    run, timeout = source.run, source.timeout
    return [Question(f"run {parsed.type} {run}", lambda _known: command.ask(run, timeout))]


def _answer(
    question: Question, kind: str, settings: Settings, max_age: float
) -> tuple[Release, ...]:
    """As kept, where it is young enough or still stands; else as asked for now, and kept."""
    file = kept.file_of(settings, f"{kind} {question.about}")
    old = kept.read(file)
    if old is not None and kept.age(file) < max_age:
        return old.releases
    found = question.ask(old.validators if old is not None else kept.Kept(releases=()).validators)
    if found is None and old is not None:
        kept.still_stands(file)
        return old.releases
    if found is None:
        raise ServiceError("the registry says that nothing changed, and nothing is known")
    releases = ordered(kind, found.releases)
    etag, modified = found.validators.etag, found.validators.modified
    kept.write(file, kept.Kept(releases=releases, etag=etag, modified=modified))
    return releases


def _is_known(
    purl: str,
    version: str,
    settings: Settings,
    source: ReleaseSource | None,
    suite: str | None,
) -> bool:
    parsed = parse(purl)
    key = order(parsed.type)
    wanted = key(version)
    if source is None or source.run is not None:
        try:
            asked = _questions(parsed, settings, source, suite)
        except ServiceError:
            return False
        # For this an old answer serves too.
        old = [kept.read(kept.file_of(settings, f"{parsed.type} {one.about}")) for one in asked]
        if any(key(one.version) == wanted for each in old if each for one in each.releases):
            return True
    # It may have been released since: what is kept is not enough to say that it was not.
    found = released(purl, settings, source=source, suite=suite, max_age=_RECENT)
    if any(key(one) == wanted for one in found.versions):
        return True
    raise VersionError(
        f"{name_of(parsed)} {version} was never released",
        cause=nearest(key, wanted, found.versions),
        action="correct `version`, or give `--version`",
    )
