"""Which of a product's releases are meant: words of the command line and of a case's recheck."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

from repro.errors import VersionError
from repro.versions.order import Range, order, read_range, scheme_of
from repro.versions.release import Release, Releases, nearest
from repro.versions.sources import parse

_WORDS = "write versions with commas between them, `latest`, `latest:5`, `all`, or a range like "
#: Releases named in an error about those that were left out.
_NAMED = 5


def choose(
    text: str, releases: Releases, *, prereleases: bool = False, yanked: bool = False
) -> tuple[str, ...]:
    """The releases that a text means, oldest first, each as its registry writes it.

    ``text``: versions, ``latest``, ``latest:5`` (the newest five, or as many as there are),
    ``all``, a ``vers:`` range, or several of these with commas between them.  Pre-releases and
    withdrawn ones are left out unless asked for; a version that is named is always taken, and
    pre-releases are where there is nothing else.  A range goes by the order alone: 3.0a1 is in
    ``<3``, if pre-releases are asked for.

    Raises VersionError when the text cannot be read, names what was never released (with the
    nearest ones), or means nothing.
    """
    choice = _Choice(releases, prereleases=prereleases, yanked=yanked)
    wanted = {place for part in text.split(",") for place in choice.places(part.strip(), text)}
    return tuple(releases.versions[place] for place in sorted(wanted))


def newer_than(
    version: str, releases: Releases, *, prereleases: bool = False, yanked: bool = False
) -> tuple[str, ...]:
    """The releases after a version, oldest first; it need not be one of them.

    Raises VersionError when it cannot be read as a version.
    """
    choice = _Choice(releases, prereleases=prereleases, yanked=yanked)
    first = bisect_right(choice.keys, choice.key(version))
    return tuple(releases.versions[place] for place in choice.usual if place >= first)


class _Choice:
    """One choosing; releases go by their places in the order."""

    def __init__(self, releases: Releases, *, prereleases: bool, yanked: bool) -> None:
        self.all = releases.releases
        self.purl = releases.purl
        self.kind = parse(releases.purl).type
        self.key = order(self.kind)
        offered = [place for place, one in enumerate(self.all) if yanked or not one.yanked]
        stable = [place for place in offered if prereleases or not self.all[place].prerelease]
        # Some products have nothing but pre-releases: then those are their releases.
        self.usual = stable or offered

    @cached_property
    def keys(self) -> list[Any]:
        return [self.key(one.version) for one in self.all]

    @cached_property
    def versions(self) -> tuple[str, ...]:
        return tuple(one.version for one in self.all)

    def places(self, part: str, text: str) -> Sequence[int]:
        """Of one part of the text."""
        if not part:
            raise VersionError(
                f"{text!r} names no version" + (" between two commas" if text.strip() else ""),
                action=self._words(),
            )
        if part == "latest" or part.startswith("latest:"):
            return self._latest(part)
        if part == "all":
            return self._some(self.usual, "all")
        if part[:5].lower() == "vers:":
            return self._range(part)
        return [self._named(part)]

    def _latest(self, part: str) -> Sequence[int]:
        count = part.partition(":")[2] if ":" in part else "1"
        if not (count.isdecimal() and count.isascii()) or len(count) > 6 or int(count) == 0:
            raise VersionError(
                f"{part!r} does not say how many",
                cause=f"{count!r} is no whole number above 0",
                action="write it like latest:5",
            )
        return self._some(self.usual[-int(count) :], part)

    def _range(self, part: str) -> Sequence[int]:
        wanted = read_range(part)
        scheme = scheme_of(self.kind)
        if wanted.scheme != scheme:
            raise VersionError(
                f"{part!r} is a range of other versions than those of {self.purl}",
                cause=f"it is of the {wanted.scheme} kind, and those are of the {scheme} kind",
                action=f"write it like vers:{scheme}/{part.partition('/')[2]}",
            )
        inside = [place for place, key in enumerate(self.keys) if key in wanted]
        usual = set(self.usual)
        return [one for one in inside if one in usual] or self._nothing_in(wanted, inside)

    def _nothing_in(self, wanted: Range, inside: Sequence[int]) -> Sequence[int]:
        """Raises VersionError, always."""
        if inside:
            return self._some((), wanted.text, inside)
        sides = [
            place
            for bound in wanted.bounds
            for place in (bisect_right(self.keys, bound) - 1, bisect_left(self.keys, bound))
        ]
        beside = {place for place in sides if 0 <= place < len(self.all)}
        names = ", ".join(self.versions[place] for place in sorted(beside))
        raise VersionError(
            f"no release of {self.purl} is in {wanted.text}",
            cause=f"the nearest releases outside it are {names}"
            if names
            else "nothing of it was ever released",
            action="make the range wider",
        )

    def _some(
        self, chosen: Sequence[int], part: str, left_out: Iterable[int] | None = None
    ) -> Sequence[int]:
        """Those that are chosen.  Raises VersionError where there are none."""
        if chosen:
            return chosen
        rest = [self.all[one] for one in (range(len(self.all)) if left_out is None else left_out)]
        if not rest:
            raise VersionError(f"{self.purl} has no releases", action="correct `product`")
        raise VersionError(
            f"{part!r} means no release of {self.purl}",
            cause=f"there are only {_described(rest)}",
            action="name one of them, or ask for such releases too",
        )

    def _named(self, part: str) -> int:
        """The place of a version, by its text or by another spelling of it."""
        if part in self.versions:
            return self.versions.index(part)
        if part[0] in "<>=!~^*":
            raise VersionError(f"{part!r} is no version", action=self._words())
        try:
            wanted = self.key(part)
        except VersionError as error:
            raise VersionError(error.what, cause=error.cause, action=self._words()) from error
        place = bisect_left(self.keys, wanted)
        if place < len(self.keys) and self.keys[place] == wanted:
            return place
        raise VersionError(
            f"{part} of {self.purl} was never released",
            cause=nearest(self.key, wanted, self.versions),
            action="choose one of those that were",
        )

    def _words(self) -> str:
        return f"{_WORDS}vers:{scheme_of(self.kind)}/>=1.2|<2"


def _described(releases: Sequence[Release]) -> str:
    """``2 pre-releases and 1 withdrawn release: …``, with the newest of them."""
    withdrawn = sum(one.yanked for one in releases)
    counts = ((len(releases) - withdrawn, "pre-release"), (withdrawn, "withdrawn release"))
    words = [f"{count} {word}{'s' * (count != 1)}" for count, word in counts if count]
    names = [one.version for one in releases[-_NAMED:]]
    more = ("… ",)[: len(releases) > _NAMED]
    return f"{' and '.join(words)}: {''.join(more)}{', '.join(names)}"
