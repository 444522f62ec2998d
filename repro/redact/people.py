"""What tells who the customer is, as the settings name it: hosts, addresses, e-mail, users."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator

from repro.redact.hit import Hit, lowered, positions
from repro.settings import RedactSettings

#: Characters of the first part of a host's name that is looked for alone, at least.
_SHORT = 3
_LABELS_BEFORE = re.compile(r"(?:[a-z0-9_-]{1,63}\.){1,10}\Z", re.ASCII)
#: Latin letters with their accents too; in Japanese nothing stands between a word and the next.
_LETTER = "A-Za-z0-9\u00c0-\u024f"
_LOCAL_PART = re.compile(rf"[{_LETTER}._%+-]{{1,64}}\Z")
_DOMAIN_PART = re.compile(
    rf"(?:[{_LETTER}-]{{1,63}}\.){{1,8}}[A-Za-z\u00c0-\u024f]{{2,24}}(?![{_LETTER}_-])"
)
#: Looks like an e-mail address, and is a unit of systemd's.
_UNITS = frozenset(
    {"service", "socket", "timer", "target", "mount", "automount", "path", "slice", "scope"}
)  # fmt: skip
_IPV4 = re.compile(
    r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?!\w|\.(?:jar|war|whl|deb|rpm|gem|el\d|final|release)\b)",
    re.ASCII | re.IGNORECASE,
)
#: As clouds call their machines: ``ip-10-0-0-5``.
_MACHINES = ("ip-", "ec2-", "host-", "node-", "vm-", "dhcp-", "static-")
_IPV4_IN_NAME = re.compile(
    rf"(?<![A-Za-z0-9])(?:{'|'.join(_MACHINES)})(\d{{1,3}}(?:-\d{{1,3}}){{3}})(?![\w-])", re.ASCII
)
#: Of some devices: each number has three digits, which the standard library does not read.
_PADDED = re.compile(r"\d{3}(?:\.\d{3}){3}")
_MAC = re.compile(
    r"(?<![\w:.-])(?:[0-9a-f]{2}(?:(?::[0-9a-f]{2}){5}|(?:-[0-9a-f]{2}){5})"
    r"|(?=[0-9.]{0,12}[a-f])[0-9a-f]{4}(?:\.[0-9a-f]{4}){2})(?![\w:-])",
    re.ASCII | re.IGNORECASE,
)
#: MAC addresses that tell nothing: none, all, groups, and those of documents (RFC 7042).
_MAC_TELLING_NOTHING = ("00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff", "00:00:5e:00:53:")
_IPV6 = re.compile(
    r"(?<![\w:.])(?=[0-9a-f]{0,4}:)(?:[0-9a-f:]{2,30}:(?:\d{1,3}\.){3}\d{1,3}|[0-9a-f:]{2,39})"
    r"(?![\w:]|\.\d)",
    re.ASCII | re.IGNORECASE,
)
#: A version rather than an address: what stands before it, and what after it.
_VERSION_BEFORE = re.compile(
    r"(?:(?:version|release|ver|rev|build|v)[\"']?[\s:=(]{0,3}|[=~<>!(]=\s?|\d:|[A-Za-z][-_/])[\"']?\Z",
    re.IGNORECASE,
)
_VERSION_AFTER = re.compile(r"\.\d|[-+~](?!\d{1,3}\.\d)\w|\.(?!in-addr|nip\.io|sslip\.io)[A-Za-z]")
#: Addresses that tell nothing: this host's own, those of documents, and masks.
_TELLING_NOTHING = tuple(
    ipaddress.ip_network(each)
    for each in (
        "0.0.0.0/8", "127.0.0.0/8", "255.0.0.0/8", "192.0.2.0/24", "198.51.100.0/24",
        "203.0.113.0/24", "198.18.0.0/15", "224.0.0.0/4", "::/127", "2001:db8::/32", "ff00::/8",
    )
)  # fmt: skip


class Names:
    """Finds what of the customer is to be replaced; each hit is a name, not a secret."""

    def __init__(self, settings: RedactSettings) -> None:
        hosts = [host.lower() for host in settings.hosts if host.strip(".")]
        self._hosts = tuple(dict.fromkeys([*hosts, *filter(None, map(_short, hosts))]))
        self._users = tuple(user.lower() for user in settings.users if user)
        self._finders: list[Callable[[str, str], Iterator[Hit]]] = []
        if self._hosts:
            self._finders.append(self._find_hosts)
        if self._users:
            self._finders.append(self._find_users)
        if settings.addresses:
            self._finders += (_find_addresses, _find_cards)
        if settings.emails:
            self._finders.append(_find_emails)

    def __call__(self, text: str) -> Iterator[Hit]:
        """All of them, in any order."""
        if self._finders:
            low = lowered(text)
            for find in self._finders:
                yield from find(text, low)

    def _find_hosts(self, _text: str, low: str) -> Iterator[Hit]:
        for host in self._hosts:
            name = host.lstrip(".")
            for at in positions(low, name):
                start, end = _host_start(low, at, host), at + len(name)
                if _stands_alone(low, start, end, inside="_-" if name.isalpha() else ""):
                    yield Hit(start, end, "host", name=True)

    def _find_users(self, _text: str, low: str) -> Iterator[Hit]:
        for user in self._users:
            for at in positions(low, user):
                if _stands_alone(low, at, at + len(user), inside="_"):
                    yield Hit(at, at + len(user), "user", name=True)


def _short(host: str) -> str | None:
    """The first part of a host's name, where no other word is like it."""
    first, _, domain = host.partition(".")
    return first if domain and len(first) >= _SHORT and not first.isalpha() else None


def _host_start(low: str, at: int, host: str) -> int:
    """Where a host's name begins whose given part stands at ``at``: in a domain, before that."""
    before = _LABELS_BEFORE.search(low, max(0, at - 255), at) if host.startswith(".") else None
    return before.start() if before else at


def _stands_alone(low: str, start: int, end: int, inside: str) -> bool:
    """Whether no longer word is meant of which this is a part; ``inside``: signs of words.

    Letters without upper and lower case, as in Japanese, begin another word.
    """
    around = (low[start - 1 : start], low[end : end + 1])
    return not any(sign.isdigit() or sign.islower() or (sign and sign in inside) for sign in around)


def _find_emails(text: str, low: str) -> Iterator[Hit]:
    for at in positions(text, "@"):
        local = _LOCAL_PART.search(text, max(0, at - 64), at)
        domain = _DOMAIN_PART.match(low, at + 1)
        if not local or not domain:
            continue
        name = domain[0]
        if name.rpartition(".")[2] not in _UNITS and not re.search(r"(^|\.)example(\.\w+)?$", name):
            yield Hit(local.start(), domain.end(), "email", name=True)


def _find_addresses(text: str, low: str) -> Iterator[Hit]:
    if low.count(".") >= 3:
        for found in _IPV4.finditer(text):
            address = _address(found[0])
            if address and not (address.is_global and _is_version(text, *found.span())):
                yield Hit(*found.span(), "address", name=True)
    for found in _IPV4_IN_NAME.finditer(low) if any(map(low.__contains__, _MACHINES)) else ():
        if _address(found[1].replace("-", ".")):
            yield Hit(*found.span(1), "address", name=True)
    if low.count(":") >= 2:
        for found in _IPV6.finditer(text):
            if any(char.isdigit() for char in found[0]) and _address(found[0]):
                yield Hit(*found.span(), "address", name=True)


def _find_cards(_text: str, low: str) -> Iterator[Hit]:
    """MAC addresses."""
    if max(low.count(":"), low.count("-")) < 5 and low.count(".") < 2:
        return
    for found in _MAC.finditer(low):
        if not as_mac(found[0]).startswith(_MAC_TELLING_NOTHING):
            yield Hit(*found.span(), "mac", name=True)


def as_mac(text: str) -> str:
    """A MAC address, however its digits are grouped, as ``00:00:5e:00:53:00``."""
    digits = re.sub(r"[:.-]", "", text.lower())
    return ":".join(digits[at : at + 2] for at in range(0, len(digits), 2))


def without_padding(text: str) -> str:
    """An IPv4 address without zeros before its numbers; any other text as it is."""
    if not _PADDED.fullmatch(text):
        return text
    return ".".join(str(int(part)) for part in text.split("."))


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address, where it is one that tells something."""
    try:
        address = ipaddress.ip_address(without_padding(text))
    except ValueError:
        return None
    return None if any(address in network for network in _TELLING_NOTHING) else address


def _is_version(text: str, start: int, end: int) -> bool:
    before = _VERSION_BEFORE.search(text, max(0, start - 16), start)
    return bool(before or _VERSION_AFTER.match(text, end))
