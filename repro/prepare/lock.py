"""Exactly what a node is: a script that runs there, and the parser of what it prints."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterable, Iterator

from repro.model.record import NodeLock

#: Sections are told apart by lines that start with this character (ASCII record separator).
_MARK = "\x1e"

_PIP = """\
import importlib.metadata as m
for d in m.distributions():
    if d.metadata["Name"]:
        print(d.metadata["Name"] + "\\t" + d.version)
"""

#: POSIX sh.  $1: the OS's own Python.  A manager that is not there prints nothing.
SCRIPT = rf"""
mark() {{ printf '\036%s\n' "$1"; }}
mark os-release; cat /etc/os-release /usr/lib/os-release 2>/dev/null
mark architecture; uname -m
mark dpkg
dpkg-query -W -f '${{db:Status-Abbrev}}\t${{Package}}\t${{Version}}\n' 2>/dev/null |
  grep '^.i' | cut -f 2-
mark rpm; rpm -qa --qf '%{{NAME}}\t%{{EVR}}\n' 2>/dev/null
mark apk; cat /lib/apk/db/installed 2>/dev/null | grep '^[PV]:'
mark pip-system; "$1" -c {shlex.quote(_PIP)} 2>/dev/null
mark pip; /opt/repro/venv/bin/python -c {shlex.quote(_PIP)} 2>/dev/null
mark npm
cat /case/node_modules/.package-lock.json 2>/dev/null ||
  if [ -d /case/node_modules ]; then (cd /case && npm ls --all --json 2>/dev/null); fi
exit 0
"""


def parse(output: str, *, image: str, image_digest: str, prepared: str) -> NodeLock:
    """Read what SCRIPT printed.  Lines that cannot be read are passed over."""
    sections = dict(_sections(output))
    readers: dict[str, Callable[[list[str]], dict[str, str]]] = {
        "dpkg": _pairs,
        "rpm": _pairs,
        "apk": _apk,
        "pip": _pairs,
        "pip-system": _pairs,
        "npm": _npm,
    }
    packages = {name: reader(sections.get(name, [])) for name, reader in readers.items()}
    return NodeLock(
        image=image,
        image_digest=image_digest,
        prepared=prepared,
        os_release=_os_release(sections.get("os-release", [])),
        architecture="".join(sections.get("architecture", [])[:1]),
        packages={name: found for name, found in packages.items() if found},
    )


def _sections(output: str) -> Iterator[tuple[str, list[str]]]:
    for section in output.split(_MARK)[1:]:
        name, *lines = section.split("\n")
        yield name, [line for line in lines if line.strip()]


def _pairs(lines: Iterable[str]) -> dict[str, str]:
    """``name TAB version`` lines, sorted by name; of equal names all versions, comma-separated."""
    found: dict[str, list[str]] = {}
    for line in lines:
        name, tab, version = line.partition("\t")
        if tab and name and version:
            found.setdefault(name, []).append(version)
    return {name: ",".join(sorted(set(found[name]))) for name in sorted(found)}


def _apk(lines: Iterable[str]) -> dict[str, str]:
    """``P:name`` and ``V:version`` lines of apk's data base, in turn."""
    pairs, name = [], ""
    for line in lines:
        field, _, value = line.partition(":")
        if field == "P":
            name = value
        elif field == "V":
            pairs.append(f"{name}\t{value}")
    return _pairs(pairs)


def _os_release(lines: Iterable[str]) -> dict[str, str]:
    """os-release(5): shell assignments; the first of a name counts."""
    found: dict[str, str] = {}
    for line in lines:
        name, equals, value = line.partition("=")
        if not equals or not name.isidentifier():
            continue
        try:
            words = shlex.split(value)
        except ValueError:
            continue
        found.setdefault(name, " ".join(words))
    return found


def _npm(lines: list[str]) -> dict[str, str]:
    """Npm's hidden lockfile (npm 7 and later), else ``npm ls --json``: path → version.

    A package inside another's folder is named by its path, as ``a/node_modules/b``.
    """
    try:
        content = json.loads("\n".join(lines))
    except ValueError:
        return {}
    if not isinstance(content, dict):
        return {}
    flat = content.get("packages")
    found = dict(_hidden(flat)) if isinstance(flat, dict) else dict(_listed(content, ""))
    return dict(sorted(found.items()))


def _hidden(packages: dict[str, object]) -> Iterator[tuple[str, str]]:
    for path, entry in packages.items():
        version = entry.get("version") if isinstance(entry, dict) else None
        if isinstance(version, str) and path:
            yield path.removeprefix("node_modules/"), version


def _listed(tree: dict[str, object], above: str) -> Iterator[tuple[str, str]]:
    inside = tree.get("dependencies")
    for name, entry in inside.items() if isinstance(inside, dict) else ():
        if not isinstance(entry, dict):
            continue
        version = entry.get("version")
        if isinstance(version, str):
            yield above + name, version
        yield from _listed(entry, f"{above}{name}/node_modules/")
