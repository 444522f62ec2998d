"""Which OS a ticket speaks of, and the nearest profile of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from repro.intake.reading import Found, Passage, labelled
from repro.model.profile import OsProfile

#: How people call an OS, by its ID in os-release(5); the longer names first.
_NAMES = {
    "opensuse-leap": r"opensuse(?:\s*leap)?|suse\s*leap",
    "sles": r"sles|suse\s+linux\s+enterprise(?:\s+server)?",
    "rhel": r"rhel|red\s*hat(?:\s+enterprise(?:\s+linux)?)?(?:\s+server)?|ubi(?=\d)",
    "centos": r"cent\s?os(?:\s+(?:linux|stream))?",
    "rocky": r"rocky(?:\s*linux)?",
    "almalinux": r"alma\s*linux",
    "ol": r"oracle\s*linux(?:\s+server)?|ol(?=[789]\b|10\b)",
    "amzn": r"amazon\s*linux|al(?=2023)",
    "debian": r"debian(?:\s+gnu/linux)?",
    "ubuntu": r"ubuntu",
    "fedora": r"fedora(?:\s+linux)?",
    "alpine": r"alpine(?:\s*linux)?",
}
_NAMED = re.compile(
    r"(?<![\w.-])(?:"
    + "|".join(f"(?P<{name.replace('-', '_')}>{words})" for name, words in _NAMES.items())
    + r")(?:\s*[:/_-]\s*|\s*)(?:release\s+|version\s+|v)?(?P<version>\d{1,4}(?:\.\d{1,3}){0,2})?"
    r"(?:\s*sp(?P<pack>\d))?(?![\w])",
    re.IGNORECASE,
)
#: What packages of an OS have in their versions.
_BUILDS = (
    ("debian", re.compile(r"[+~]deb(\d{1,2})u\d")),
    ("rhel", re.compile(r"\.el(\d{1,2})(?:_\d+)?(?![\w])")),
    ("fedora", re.compile(r"\.fc(\d{2})(?![\w])")),
    ("amzn", re.compile(r"\.amzn(\d{4})(?![\w])")),
    ("ubuntu", re.compile(r"ubuntu0?\.?(\d{2}\.\d{2})(?![\d])")),
)
#: Releases that are further away are no releases: a kernel's version, a year.
_NEAR = 4
_LABELS = re.compile(
    r"\bos\b|operating system|distribution|distro|platform|host system|"
    r"オペレーティングシステム|ディストリビューション|環境"
)
_NOT_THERE = re.compile(
    r"works?\s+(?:fine|ok|well|as expected)|no problem|not\s+(?:affected|happen|reproduc|occur)|"
    r"cannot\s+(?:be\s+)?reproduc|n['\u2019]t\s+(?:happen|reproduc|occur)|"
    r"起きません|発生しません|再現しません|問題ありません",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class _Mention:
    id: str
    version: str
    found: Found
    rank: int


def find_os(
    passages: tuple[Passage, ...], profiles: Sequence[OsProfile]
) -> tuple[Found | None, tuple[Found, ...]]:
    """The profile of the OS that is most clearly the customer's, and those of others named."""
    mentions = sorted(_mentions(passages, profiles), key=lambda each: -each.rank)
    chosen: dict[str, Found] = {}
    for each in mentions:
        named = _nearest(each, profiles)
        if named is not None:
            chosen.setdefault(named.value, named)
    ranked = tuple(chosen.values())
    return (ranked[0] if ranked else None), ranked[1:]


def _mentions(passages: tuple[Passage, ...], profiles: Sequence[OsProfile]) -> Iterator[_Mention]:
    codenames = {
        codename[1].lower(): profile
        for profile in profiles
        if (codename := re.search(r"\((\w+)\)$", profile.title))
    }
    for name, found in labelled(passages):
        if _LABELS.search(name):
            yield from _in_line(found, 30, codenames)
    for passage in passages:
        rank = {"title": 20, "field": 15, "code": 12, "prose": 10}[passage.kind]
        for line in passage.lines:
            lower = 8 if _NOT_THERE.search(line) else 0
            yield from _in_line(Found("", line, passage.where), rank - lower, codenames)


def _in_line(found: Found, rank: int, codenames: dict[str, OsProfile]) -> Iterator[_Mention]:
    line = found.quote
    for match in _NAMED.finditer(line):
        name = next(key for key in _NAMES if match[key.replace("-", "_")])
        version = match["version"] or ""
        version += f".{match['pack']}" if match["pack"] and "." not in version else ""
        if version:
            yield _Mention(name, version, found, rank)
    for word in re.findall(r"[a-z]{4,12}", line.lower()):
        if (profile := codenames.get(word)) is not None:
            version = profile.release.version_id or ""
            yield _Mention(profile.release.id, version, found, rank - 1)
    for name, pattern in _BUILDS:
        for match in pattern.finditer(line):
            yield _Mention(name, match[1], found, rank - 5)


def _nearest(mention: _Mention, profiles: Sequence[OsProfile]) -> Found | None:
    """The profile of the OS itself, else of its nearest release, else of its nearest relative."""
    same = [each for each in profiles if each.release.id == mention.id]
    theirs = [each for each in same if _covers(each, mention.version)]
    if theirs:
        best = max(theirs, key=lambda each: len(each.release.version_id or ""))
        return replace(mention.found, value=best.name)
    said = f"{mention.id} {mention.version}"
    relatives = [] if same else _relatives(mention.id, profiles)
    near = _closest(mention.version, same or relatives)
    if near is None:
        return None
    doubt = f"there is no profile of {said}; this is the nearest"
    return replace(mention.found, value=near.name, doubt=doubt)


def _covers(profile: OsProfile, version: str) -> bool:
    known = profile.release.version_id
    return known is not None and f"{version}.".startswith(f"{known}.")


def _relatives(name: str, profiles: Sequence[OsProfile]) -> list[OsProfile]:
    family = {"centos": "el", "rocky": "el", "almalinux": "el", "ol": "el", "rhel": "el",
              "sles": "suse"}.get(name)  # fmt: skip
    return [each for each in profiles if each.family == family]


def _closest(version: str, profiles: Sequence[OsProfile]) -> OsProfile | None:
    def distance(profile: OsProfile) -> float:
        return abs(_number(profile.release.version_id or "0") - _number(version))

    near = [each for each in profiles if each.release.version_id and distance(each) <= _NEAR]
    return min(near, key=lambda each: (distance(each), each.name), default=None)


def _number(version: str) -> float:
    major, _, rest = version.partition(".")
    return float(f"{major}.{rest.replace('.', '')}" if rest else major)
