"""What a workaround changed, from the records of a run without it and one with it.  Pure."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping

from repro.model.plan import Plan
from repro.model.record import Lock, RunRecord

#: Lines of a file's unified diff that are shown.
_SHOWN = 40


def changes(control: RunRecord, with_it: RunRecord) -> tuple[str, ...]:
    """Files, environment, setup, then packages and settings of the lock, a line each.

    Files are shown as unified diffs.  Empty when nothing can be told apart.
    """
    found: list[str] = []
    if control.plan and with_it.plan:
        found += _files(control.plan, with_it.plan)
        found += _env(control.plan, with_it.plan)
        found += _setup(control.plan, with_it.plan)
    if control.lock and with_it.lock:
        found += _locks(control.lock, with_it.lock)
    return tuple(found)


def _files(a: Plan, b: Plan) -> Iterator[str]:
    before, after = _by_place(a), _by_place(b)
    for place in dict.fromkeys([*before, *after]):
        if before.get(place) != after.get(place):
            node, path = place
            yield f"file {path} on {node}: {_what(before.get(place), after.get(place))}"
            yield from _diff(before.get(place, b""), after.get(place, b""))


def _by_place(plan: Plan) -> dict[tuple[str, str], bytes]:
    """The content that each node finds in the end: a later file replaces an earlier one."""
    return {(node, file.path): file.data for file in plan.files for node in file.nodes}


def _what(before: object, after: object) -> str:
    if before is None:
        return "added"
    return "removed" if after is None else "changed"


def _diff(before: bytes, after: bytes) -> Iterator[str]:
    a, b = (data.decode("utf-8", "backslashreplace").splitlines() for data in (before, after))
    rows = list(difflib.unified_diff(a, b, lineterm="", n=1))[2:]
    yield from (f"  {row}" for row in rows[:_SHOWN])
    if len(rows) > _SHOWN:
        yield f"  ({len(rows) - _SHOWN} more lines)"


def _env(a: Plan, b: Plan) -> Iterator[str]:
    others = {node.name: node for node in b.nodes}
    for node in a.nodes:
        if node.name in others:
            yield from _values(f"environment of {node.name}", node.env, others[node.name].env)


def _setup(a: Plan, b: Plan) -> Iterator[str]:
    for step in b.setup[len(a.setup) :]:
        told = step.step.model_dump(mode="json", exclude_defaults=True, exclude_none=True)
        yield f"setup on {', '.join(step.nodes)}: {told}"


def _locks(a: Lock, b: Lock) -> Iterator[str]:
    for name in [each for each in a.nodes if each in b.nodes]:
        ours, theirs = a.nodes[name].packages, b.nodes[name].packages
        for manager in dict.fromkeys([*ours, *theirs]):
            yield from _values(
                f"{manager} on {name}", ours.get(manager, {}), theirs.get(manager, {})
            )
    yield from _values("setting", a.settings, b.settings)


def _values(where: str, a: Mapping[str, str], b: Mapping[str, str]) -> Iterator[str]:
    for key in dict.fromkeys([*a, *b]):
        if a.get(key) != b.get(key):
            yield f"{where}: {key}: {a.get(key, 'none')} → {b.get(key, 'none')}"
