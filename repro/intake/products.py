"""Which product a ticket is about, in which version, and what is pinned beside it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from repro.intake.reading import Found, Passage, labelled
from repro.model.profile import ProductProfile

_VERSION = r"v?(\d[\w.+~-]{0,40})"
_NAME = r"[A-Za-z0-9][\w.-]{0,80}"
#: ``name==1.2`` (PEP 440), as in a command, a requirements file or a freeze.
_PIP_PIN = re.compile(rf"(?<![\w.=-])({_NAME})(?:\[[\w,-]{{1,80}}\])?\s?={{2,3}}\s?{_VERSION}")
#: ``name@1.2``, as npm and its like write it.
_NPM_PIN = re.compile(rf"(?<![\w./@-])((?:@{_NAME}/)?{_NAME})@[\^~]?{_VERSION}")
_NPM_WORDS = re.compile(r"\b(?:npm|yarn|pnpm|npx|node_modules|package\.json)\b")
#: ``dpkg -l`` and ``apt list``.
_DEB_LISTED = re.compile(
    rf"ii\s+({_NAME})(?::\w+)?\s+{_VERSION}|({_NAME})/[\w,-]+ {_VERSION} \w+ \[.*"
)
_PURL = re.compile(rf"pkg:(pypi|npm|deb/debian)/((?:@|%40)?{_NAME}(?:/{_NAME})?)(?:@{_VERSION})?")
_PAGES = (
    ("pypi", re.compile(rf"https?://pypi\.org/project/({_NAME})")),
    ("npm", re.compile(rf"https?://www\.npmjs\.com/package/((?:@{_NAME}/)?{_NAME})")),
)
_PRODUCT_LABELS = re.compile(
    r"^(?:affected )?(?:product|component|package|library|module|software)s?$"
    r"|製品|コンポーネント|ソフトウェア"
)
_VERSION_LABELS = re.compile(
    r"^(?:affect(?:s|ed)?|product|package|software|library|component|installed|current)?\s?"
    r"versions?(?:/s| affected)?$|^バージョン$|製品バージョン"
)
#: Commands of package managers, which then are not what the ticket is about.
_INSTALLS = re.compile(
    r"\b(?:pip3?|npm|yarn|apt(?:-get)?)\s+(?:-\S+\s+){0,3}(?:install|i|add|ci|freeze|show|list)\b"
)
#: Pins beside the product that a draft takes over.
_MOST_PINS = 30


@dataclass
class _Candidate:
    """A product, how much speaks for it, and the versions that were named with it."""

    purl: str
    quote: Found
    score: int = 0
    versions: list[Found] = field(default_factory=list)


@dataclass(frozen=True)
class Product:
    """``name`` is that of a profile, else a Package URL; ``pins`` are by package manager."""

    name: Found | None = None
    version: Found | None = None
    others: tuple[Found, ...] = ()
    pins: dict[str, tuple[str, ...]] = field(default_factory=dict)


def find_product(
    passages: tuple[Passage, ...], profiles: Sequence[ProductProfile], repository: str = ""
) -> Product:
    """What the ticket is about.  ``repository`` is where it was opened: ``owner/name``."""
    ballot = _Ballot(profiles)
    for name, value in labelled(passages):
        if _PRODUCT_LABELS.search(name):
            ballot.by_label(value)
    for passage in passages:
        for line in passage.lines:
            ballot.by_line(passage, line)
    if repository:
        ballot.by_repository(repository)
    first = ballot.first()
    versions = first.versions if first else []
    versions = versions or list(_labelled_versions(passages))
    counted = Counter(each.value for each in versions)
    chosen = max(versions, key=lambda each: counted[each.value], default=None)
    others = {each.value: each for each in versions if chosen and each.value != chosen.value}
    return Product(
        name=_named(first, profiles),
        version=chosen,
        others=tuple(others.values()),
        pins=_pins(passages, first.purl if first else ""),
    )


class _Ballot:
    """Counts what speaks for which product."""

    def __init__(self, profiles: Sequence[ProductProfile]) -> None:
        self._known = [(profile.purl, _words(profile), _names(profile)) for profile in profiles]
        self._candidates: dict[str, _Candidate] = {}

    def by_label(self, value: Found) -> None:
        """A value that the ticket calls its product."""
        for purl, _, names in self._known:
            if names.search(value.value):
                self._tell(purl, 9, value)

    def by_line(self, passage: Passage, line: str) -> None:
        """A line of the ticket."""
        weight = {"title": 4, "field": 3, "code": 1, "prose": 2}[passage.kind]
        quote = Found("", line, passage.where)
        for purl, version in _written(line):
            self._tell(purl, 3, quote, version)
        others = _INSTALLS.sub(" ", line)
        for purl, _, names in self._known:
            for named in names.finditer(others):
                self._tell(purl, weight, quote, named["version"] or "")

    def by_repository(self, repository: str) -> None:
        """Where the ticket was opened."""
        for purl, words, _ in self._known:
            if repository.lower().rpartition("/")[2] in words:
                self._tell(purl, 12, Found("", repository, "the ticket's key"))

    def first(self) -> _Candidate | None:
        """The product that most speaks for; None where nothing does for any."""
        return max(self._candidates.values(), key=lambda each: each.score, default=None)

    def _tell(self, purl: str, score: int, quote: Found, version: str = "") -> None:
        each = self._candidates.setdefault(purl, _Candidate(purl, quote))
        each.score += score
        if version:
            each.versions.append(replace(quote, value=version.rstrip(".-+~")))


def _written(line: str) -> Iterator[tuple[str, str]]:
    """Products that the line names in the way of a package manager, with their versions."""
    for kind, name, version in _PURL.findall(line):
        yield f"pkg:{kind}/{name}", version
    for kind, page in _PAGES:
        yield from ((f"pkg:{kind}/{name}", "") for name in page.findall(line))
    for name, version in _PIP_PIN.findall(line):
        yield f"pkg:pypi/{name.lower()}", version
    if _NPM_WORDS.search(line):
        for name, version in _NPM_PIN.findall(line):
            yield f"pkg:npm/{name.lower().replace('@', '%40')}", version
    if listed := _DEB_LISTED.fullmatch(line.strip()):
        name, version = listed[1] or listed[3], listed[2] or listed[4]
        yield f"pkg:deb/debian/{name}", version


def _names(profile: ProductProfile) -> re.Pattern[str]:
    """A product as people write it, with the version where one follows."""
    words = "|".join(re.escape(word) for word in sorted(_words(profile), key=len, reverse=True))
    return re.compile(
        rf"(?<![\w./@-])(?:{words})(?![\w-])(?:(?:[ /,:=]|\s?\(|==|@| version:? | v| バージョン ?)+"
        rf"v?(?P<version>\d{{1,4}}(?:\.\d[\w+~-]{{0,20}}){{1,5}}))?",
        re.IGNORECASE,
    )


def _words(profile: ProductProfile) -> set[str]:
    title = re.split(r"[,(]| server| SDK", profile.title, maxsplit=1)[0].strip().lower()
    return {profile.name.lower(), profile.purl.rpartition("/")[2].lower(), title}


def _labelled_versions(passages: tuple[Passage, ...]) -> Iterator[Found]:
    """Versions that stand under a name of their own."""
    for name, value in labelled(passages):
        if _VERSION_LABELS.search(name) and (
            found := re.search(rf"(?<![\w.]){_VERSION}", value.value)
        ):
            yield replace(value, value=found[1].rstrip(".-+~"))


def _named(chosen: _Candidate | None, profiles: Sequence[ProductProfile]) -> Found | None:
    if chosen is None:
        return None
    known = [profile.name for profile in profiles if profile.purl == chosen.purl]
    return replace(chosen.quote, value=known[0] if len(known) == 1 else chosen.purl)


def _pins(passages: tuple[Passage, ...], product: str) -> dict[str, tuple[str, ...]]:
    """What is pinned in commands and lists, beside the product itself."""
    pins: dict[str, dict[str, str]] = {"pip": {}, "npm": {}}
    for passage in passages:
        for line in passage.lines if passage.kind == "code" else ():
            for name, version in _PIP_PIN.findall(line):
                pins["pip"].setdefault(name.lower(), f"{name}=={version}")
            for name, version in _NPM_PIN.findall(line) if _NPM_WORDS.search(line) else ():
                pins["npm"].setdefault(name.lower(), f"{name}@{version}")
    own = product.rpartition("/")[2].replace("%40", "@")
    return {
        manager: tuple(pin for name, pin in named.items() if name != own)[:_MOST_PINS]
        for manager, named in pins.items()
        if named.keys() - {own}
    }
