"""Issues by product, and the order of its versions.  Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache
from typing import Any, NamedTuple
from urllib.parse import unquote

from repro.errors import VersionError
from repro.model.observation import Rate
from repro.site.seen import KINDS, Kind, KnownIssue
from repro.stats import rate_of
from repro.versions import order

_AFFECTED: tuple[Kind, ...] = ("back", "open", "flaky")


class Share(NamedTuple):
    """Issues that are there on an OS, of those that are known on it."""

    affected: int
    known: int


@dataclass
class Product:
    """``purl`` is its Package URL without a version; empty: these cases name no product."""

    purl: str
    issues: list[KnownIssue] = field(default_factory=list)

    @property
    def kind(self) -> str:
        """The type of its Package URL, by which its versions order."""
        return self.purl.removeprefix("pkg:").partition("/")[0] if self.purl else "generic"

    @property
    def name(self) -> str:
        """As its registry calls it."""
        return unquote(self.purl.removeprefix("pkg:").partition("/")[2]) or "no product"

    @cached_property
    def counts(self) -> Counter[Kind]:
        """How many issues are in which state, each where it is worst."""
        return Counter(issue.worst.kind for issue in self.issues)

    @cached_property
    def rate(self) -> Rate | None:
        """How many of the issues that came to a verdict were reproduced at least once."""
        tried = [issue for issue in self.issues if issue.valid]
        return rate_of(sum(issue.reproduced > 0 for issue in tried), len(tried))

    @cached_property
    def by_os(self) -> dict[str, Share]:
        """Issues that are there by the last look, or the newest run, on each OS."""
        known: Counter[str] = Counter()
        affected: Counter[str] = Counter()
        for issue in self.issues:
            kinds = [(place.os, place.standing.kind) for place in issue.places.values()]
            known.update({os for os, _ in kinds})
            affected.update({os for os, kind in kinds if kind in _AFFECTED})
        return {os: Share(affected[os], known[os]) for os in sorted(known)}

    @property
    def changed(self) -> str:
        """When the state of one of its issues changed last; empty: never."""
        return max((issue.worst.since for issue in self.issues), default="")

    @property
    def rank(self) -> tuple[int, ...]:
        """What hurts most comes first: how many issues are in each state, the worst first."""
        return tuple(-self.counts[kind] for kind in KINDS)


def newest_first(versions: Iterable[str], kind: str) -> list[str]:
    """The versions in their order, the newest first; what is no version of this kind last."""
    valid = {version: key for version in versions if (key := _key(version, kind)) is not None}
    rest = sorted(set(versions) - valid.keys(), reverse=True)
    return [*sorted(valid, key=valid.__getitem__, reverse=True), *rest]


@lru_cache(100_000)
def _key(version: str, kind: str) -> Any:
    try:
        return _order(kind)(version) if version else None
    except VersionError:
        return None


@cache
def _order(kind: str) -> Callable[[str], Any]:
    return order(kind)
