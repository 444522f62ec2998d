"""testinfra's modules over a node: the only file that knows testinfra."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from repro.ports import Command, Node

_TIMEOUT = 60.0
#: Modules that list what they find instead of being one thing (``host.process.filter(…)``).
_FILTERED = {"process": ("user", "group", "comm", "name", "args", "pid", "ppid")}


def look(node: Node, module: str, asked: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    """Values of the attributes asked for, and why it could not tell (empty: it could).

    Nothing but text and numbers comes back, whatever the node answers.
    """
    try:
        host = _host(node)
        if module in _FILTERED:
            return _filtered(getattr(host, module), _FILTERED[module], asked), ""
        return _values(_subject(host, module, asked), module, asked), ""
    except (AttributeError, TypeError, ValueError, RuntimeError, AssertionError) as error:
        # What testinfra raises for an attribute that is not there, or a tool missing on the node.
        return {}, f"testinfra's {module} cannot tell: {_first_line(error)}"


def _host(node: Node) -> Any:
    from testinfra.backend.base import BaseBackend, CommandResult
    from testinfra.host import Host

    class NodeBackend(BaseBackend):  # type: ignore[misc]  # testinfra is not typed
        NAME = "repro"

        def run(self, command: str, *args: str, **_: Any) -> CommandResult:
            script = self.get_command(command, *args)
            done = node.run(Command(("/bin/sh", "-c", script), timeout=_TIMEOUT))
            return self.result(
                -1 if done.exit is None else done.exit,
                self.encode(script),
                done.stdout.text.encode(),
                done.stderr.text.encode(),
            )

    return Host(NodeBackend(node.name))


def _subject(host: Any, module: str, asked: Mapping[str, Any]) -> Any:
    named = next((asked[key] for key in ("name", "path") if key in asked), None)
    factory = getattr(host, module)
    return factory if named is None else factory(str(named))


def _values(subject: Any, module: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key, wanted in asked.items():
        if key in ("name", "path"):
            continue
        values[key] = _plain(subject) if module == "sysctl" else _attribute(subject, key, wanted)
    return values


def _attribute(subject: Any, key: str, wanted: Any) -> Any:
    if key.startswith("_"):
        raise ValueError(f"{key!r} is no attribute")
    value = getattr(subject, key)
    if not callable(value):
        return _plain(value)
    # A method with an argument (``contains``): the value is its argument, the answer its truth.
    needs = [
        each
        for each in inspect.signature(value).parameters.values()
        if each.default is inspect.Parameter.empty
        and each.kind
        in (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    ]
    if not needs:
        return _plain(value())
    return {"asked": wanted, "answer": bool(value(wanted))}


def _filtered(module: Any, keys: tuple[str, ...], asked: Mapping[str, Any]) -> dict[str, Any]:
    wanted = {("comm" if key == "name" else key): asked[key] for key in asked if key in keys}
    found = module.filter(**wanted)
    values: dict[str, Any] = {key: asked[key] if found else None for key in asked if key in keys}
    for key in asked:
        if key in keys:
            continue
        known = {"count": len(found), "running": bool(found), "is_running": bool(found)}
        values[key] = known[key] if key in known else _plain(getattr(found[0], key, None))
    return values


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    return str(value)


def _first_line(error: Exception) -> str:
    lines = str(error).splitlines() or [type(error).__name__]
    return lines[0][:300]
