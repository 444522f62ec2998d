"""What stands for a name of the customer in all that leaves, the same one every time.

The map is kept beside the runs and never leaves.  Stand-ins are names and addresses that are set
aside for documents (RFC 2606, RFC 5737, RFC 3849, RFC 7042; after 762 addresses RFC 2544, after
256 MAC addresses from the first again).
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterable
from pathlib import Path

from repro.errors import RecordError
from repro.files import write_atomic
from repro.redact.people import as_mac, without_padding

#: Kind and value.
Name = tuple[str, str]

_IPV4 = ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")
_MORE_IPV4 = ipaddress.ip_network("198.18.0.0/15")
_IPV6 = ipaddress.ip_network("2001:db8::/32")
_MODE = 0o600


class StandIns:
    """The map in ``path``, shared with other processes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: dict[str, dict[str, str]] = {}

    def of(self, names: Iterable[Name]) -> dict[Name, str]:
        """The stand-in of each name; new ones are kept before this returns.

        Raises RecordError where the map cannot be read or written.
        """
        wanted = {(kind, value): _canonical(kind, value) for kind, value in names}
        if any(value not in self._known.get(kind, {}) for (kind, _), value in wanted.items()):
            self._add((kind, value) for (kind, _), value in wanted.items())
        return {
            name: _as_written(*name, self._known[name[0]][value]) for name, value in wanted.items()
        }

    def _add(self, names: Iterable[Name]) -> None:
        from filelock import FileLock

        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with FileLock(self._path.with_suffix(".lock"), mode=_MODE):
                self._known = self._read()
                for kind, value in names:
                    given = self._known.setdefault(kind, {})
                    if value not in given:
                        given[value] = _stand_in(kind, value, given)
                content = json.dumps(self._known, ensure_ascii=False, indent=1)
                write_atomic(self._path, content.encode())
        except (OSError, ValueError) as error:
            raise RecordError(
                f"the map of names and their stand-ins cannot be used: {self._path}",
                cause=str(error),
                action="set it right, or move it away: every name gets a new stand-in then",
            ) from error

    def _read(self) -> dict[str, dict[str, str]]:
        """Raises OSError, ValueError."""
        try:
            content = json.loads(self._path.read_text("utf-8"))
        except FileNotFoundError:
            return {}
        if not isinstance(content, dict) or not all(map(_is_map, content.values())):
            raise ValueError("it should map each kind's names to text")
        return content


def _is_map(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(item, str) for item in value.values())


def _canonical(kind: str, value: str) -> str:
    """The one spelling under which a name is kept."""
    if kind == "mac":
        return as_mac(value)
    if kind != "address":
        return value.lower()
    address = ipaddress.ip_address(without_padding(value.replace("-", ".")))
    return str(getattr(address, "ipv4_mapped", None) or address)


def _as_written(kind: str, value: str, stand_in: str) -> str:
    """The stand-in with the signs between its numbers that the name was written with."""
    if kind not in ("address", "mac") or "-" not in value:
        return stand_in
    return stand_in.replace(".", "-").replace(":", "-")


def _stand_in(kind: str, value: str, given: dict[str, str]) -> str:
    number = len(given) + 1
    match kind:
        case "address":
            return _address(value, given)
        case "email":
            return f"person-{number}@example.com"
        case "mac":
            return f"00:00:5e:00:53:{len(given) % 256:02x}"
        case "host":
            return _host(value, given) or f"host-{number}{'.example.com' if '.' in value else ''}"
        case _:
            return f"{kind}-{number}"


def _host(value: str, given: dict[str, str]) -> str | None:
    """Of a name with its domain what goes with the stand-in of the one without, and back."""
    first, _, domain = value.partition(".")
    if domain:
        whole = f"{given.get(first)}.example.com"
        return whole if first in given and whole not in given.values() else None
    same = (stand_in for name, stand_in in given.items() if name.startswith(f"{first}."))
    found = next(same, "")
    return found.partition(".")[0] or None


def _address(value: str, given: dict[str, str]) -> str:
    """The next one of the same version."""
    version = ipaddress.ip_address(value).version
    number = sum((":" in each) == (version == 6) for each in given.values())
    if version == 6:
        return str(_IPV6[number + 1])
    block, host = divmod(number, 254)
    if block < len(_IPV4):
        return str(ipaddress.ip_network(_IPV4[block])[host + 1])
    return str(_MORE_IPV4[(number - 254 * len(_IPV4)) % _MORE_IPV4.num_addresses])
