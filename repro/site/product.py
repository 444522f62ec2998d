"""Issues by product, and the order of its versions.  Pure."""

from __future__ import annotations

from bisect import insort
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache, cached_property
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
    found = set(versions)
    return sorted(found, key=_order(kind).ranks_of(found).__getitem__, reverse=True)


class _Order:
    """Versions of a kind, each met once: to compare two of them takes long."""

    def __init__(self, kind: str) -> None:
        self._key = order(kind)
        self._sorted: list[tuple[bool, Any, str]] = []
        self._ranks: dict[str, int] = {}

    def ranks_of(self, versions: set[str]) -> dict[str, int]:
        """The place of each of these, and of others, in the order."""
        new = versions - self._ranks.keys()
        for version in new:
            insort(self._sorted, self._place(version))
        if new:
            self._ranks = {version: rank for rank, (*_, version) in enumerate(self._sorted)}
        return self._ranks

    def _place(self, version: str) -> tuple[bool, Any, str]:
        """What is no version comes before all others, by its text; so do equal versions."""
        try:
            return (True, self._key(version), version) if version else (False, None, version)
        except VersionError:
            return False, None, version


_order = cache(_Order)
