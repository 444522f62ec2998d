"""Names in a case that refer to something: steps, nodes, roles, profiles.

Looked at in the document, not in the model, so that they are told together with all other
problems of the file.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any, Protocol

from repro.casefile.document import MAX_PROBLEMS, Document
from repro.casefile.problem import EMPTY, KeyPath, meant, shown
from repro.model.base import Scalar
from repro.model.condition import MODULES

if TYPE_CHECKING:
    from repro.model.profile import TopologyProfile

#: A name with its place.
Use = tuple[KeyPath, Scalar]

_NODE_PLACES = (
    "environment.product.on",
    "environment.product.version.on",
    "environment.install[].on",
    "files[].on",
    "collect[].on",
    "setup[].on",
    "setup[].between",
    "steps[].on",
    "steps[].between",
    "workarounds[].files[].on",
    "workarounds[].setup[].on",
    "workarounds[].setup[].between",
)
_PROFILE_PLACES = {
    "os": ("OS profile", ("environment.os", "environment.nodes.*.os", "recheck.os")),
    "topologies": ("topology", ("environment.topology", "recheck.topology")),
    "products": ("product profile", ("environment.product", "environment.product.name")),
}
# Scheme, type, then namespaces and a name (the Package URL specification).
_PURL = re.compile(
    r"pkg:/{0,2}[A-Za-z][A-Za-z0-9.+-]*/[^/@?#\s][^@?#\s]*(@[^?#\s]+)?(\?\S*)?(#\S*)?"
)


class Profiles(Protocol):
    """What is looked up in the catalogue."""

    def names(self, kind: str) -> list[str]:
        """All names of a kind: os, products, topologies."""

    def topology(self, name: str) -> TopologyProfile:
        """Raises ProfileError."""


def check_references(document: Document, profiles: Profiles | None) -> None:
    """Add every name that refers to nothing to the document's problems."""
    if profiles is not None:
        _check_profiles(document, profiles)
    _check_steps(document)
    _check_empty(document)
    _check_nodes(document, profiles)
    _check_recheck(document)
    _check_purls(document)


def find(document: Document, place: str) -> Iterator[Use]:
    """The names at a place like ``files[].on``: a single one, or each of a list."""
    parts = place.replace("[]", ".[]").split(".")
    for path, value in _walk((), document.root, parts):
        if isinstance(value, Scalar):
            yield path, value
        elif isinstance(value, list):
            yield from (
                ((*path, number), item)
                for number, item in enumerate(value)
                if isinstance(item, Scalar)
            )


def _walk(path: KeyPath, value: Any, parts: list[str]) -> Iterator[tuple[KeyPath, Any]]:
    if not parts:
        yield path, value
    elif parts[0] == "[]" and isinstance(value, list):
        for number, item in enumerate(value):
            yield from _walk((*path, number), item, parts[1:])
    elif isinstance(value, dict):
        keys = list(value) if parts[0] == "*" else [parts[0]]
        for key in keys:
            if key in value:
                yield from _walk((*path, key), value[key], parts[1:])


def conditions(document: Document) -> Iterator[tuple[KeyPath, dict[str, Any]]]:
    """Every condition of symptom and healthy, those inside any, all and not included."""
    for key in ("symptom", "healthy"):
        for path, value in _walk((), document.root, [key, "[]"]):
            yield from _inside(path, value)


def _inside(path: KeyPath, value: Any) -> Iterator[tuple[KeyPath, dict[str, Any]]]:
    if not isinstance(value, dict):
        return
    yield path, value
    for key in ("any", "all"):
        for below, item in _walk(path, value, [key, "[]"]):
            yield from _inside(below, item)
    if "not" in value:
        yield from _inside((*path, "not"), value["not"])


# -- steps ---------------------------------------------------------------------------------


def _check_steps(document: Document) -> None:
    names = _step_names(document, "steps", "step")
    _step_names(document, "setup", "setup")
    for path, condition in conditions(document):
        step, module = condition.get("step"), condition.get("module")
        if isinstance(step, Scalar) and names and step not in names:
            _unknown(document, (*path, "step"), "step", step, names)
        if isinstance(module, Scalar) and module not in MODULES:
            _unknown(document, (*path, "module"), "testinfra module", module, MODULES)


def _unknown(
    document: Document, path: KeyPath, what: str, name: str, known: Collection[str]
) -> None:
    if len(document.problems) <= MAX_PROBLEMS:  # looking for the nearest name takes its time
        document.add(path, f"there is no {what} {shown(name)}{meant(name, known)}")


def _check_empty(document: Document) -> None:
    """A condition that leaves a value out would hold whatever happens."""
    for path, condition in conditions(document):
        for key, value in condition.items():
            below = value if isinstance(value, dict) and key not in MODULES else {}
            empty = [(key,)] if value is None else [(key, k) for k in below if below[k] is None]
            for place in empty:
                document.add((*path, *place), EMPTY)


def _step_names(document: Document, key: str, prefix: str) -> dict[str, int]:
    """Final name → index; a name given twice is a problem."""
    names: dict[str, int] = {}
    for number, (path, step) in enumerate(_walk((), document.root, [key, "[]"])):
        given = step.get("name") if isinstance(step, dict) else None
        name = str(given) if isinstance(given, Scalar) else f"{prefix}-{number + 1}"
        if name in names:
            first = f"{key}[{names[name]}]"
            document.add((*path, "name"), f"{first} has the name {shown(name)} already")
        names.setdefault(name, number)
    return names


# -- nodes and roles -----------------------------------------------------------------------


def _check_nodes(document: Document, profiles: Profiles | None) -> None:
    known = dict.fromkeys(_known_nodes(document, profiles))
    for path, name in _node_uses(document):
        if known and name not in known:
            _unknown(document, path, "node or role", name, known)


def _known_nodes(document: Document, profiles: Profiles | None) -> list[str]:
    """Nodes and roles; empty where that takes a topology that is not at hand."""
    nodes = [str(path[-1]) for path, _ in _walk((), document.root, ["environment", "nodes", "*"])]
    roles = [str(role) for _, role in find(document, "environment.nodes.*.roles")]
    topology = next((str(name) for _, name in find(document, "environment.topology")), None)
    if nodes and topology is None:
        return nodes + roles
    if profiles is None:
        return ["node"] if topology is None else []
    name = topology or "single"
    if name not in profiles.names("topologies"):
        return []
    found = profiles.topology(name).nodes
    for node in nodes:
        if node not in found:
            message = f"the topology {name} has no node {shown(node)}" + meant(node, found)
            document.add(("environment", "nodes", node), message)
    theirs = [role for spec in found.values() if spec for role in spec.roles]
    return list(dict.fromkeys([*found, *theirs, *roles]))


def _node_uses(document: Document) -> Iterator[Use]:
    for place in _NODE_PLACES:
        yield from find(document, place)
    for path, condition in conditions(document):
        for key in ("on", "node"):
            if isinstance(condition.get(key), Scalar):
                yield (*path, key), condition[key]


# -- profiles ------------------------------------------------------------------------------


def _check_profiles(document: Document, profiles: Profiles) -> None:
    for kind, (word, places) in _PROFILE_PLACES.items():
        known = profiles.names(kind)
        for path, name in (use for place in places for use in find(document, place)):
            if name not in known and not name.startswith("pkg:") and not _free(document, path):
                _unknown(document, path, word, name, known)


def _free(document: Document, path: KeyPath) -> bool:
    """A product with a Package URL of its own may have any name."""
    return path[-1] == "name" and "purl" in document.value(path[:-1])


def _check_recheck(document: Document) -> None:
    for path, versions in find(document, "recheck.versions"):
        if versions not in ("newer", "latest", "all") and not versions.startswith("vers:"):
            message = "should be newer, latest, all or a range like vers:pypi/>=4.5, not "
            document.add(path, message + shown(versions))


def _check_purls(document: Document) -> None:
    """The form alone; what it names is for the registry to say."""
    short = [use for use in find(document, "environment.product") if use[1].startswith("pkg:")]
    for path, purl in [*short, *find(document, "environment.product.purl")]:
        found = _PURL.fullmatch(purl)
        if not found:
            document.add(path, f"should be a Package URL like pkg:pypi/redis, not {shown(purl)}")
        elif found[1]:
            document.add(path, f"holds the version {shown(found[1][1:])}; write it as `version`")
