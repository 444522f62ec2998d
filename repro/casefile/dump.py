"""Case → YAML text that loads as an equal case."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from repro.model.base import Scalar, resolve
from repro.model.case import Case

_TEXT = "tag:yaml.org,2002:str"
#: What a step or condition is told apart by stands first in it.
_FIRST = ("name", "step", "on", "run", "wait", "fault", "http", "interact")


def dumps(case: Case) -> str:
    """The case as a file's text; what has its default is left out."""
    content = case.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    content = {"schema": case.schema_, **content}
    for key in ("setup", "steps"):
        content[key] = [_main_first(step) for step in content.get(key, [])]
    for key in ("symptom", "healthy"):
        content[key] = [_condition(item) for item in content.get(key, [])]
    content = {key: value for key, value in content.items() if value != []}
    return as_yaml(content)


def as_yaml(content: Any) -> str:
    """A part of a case as a file writes it."""
    import yaml

    return yaml.dump(content, Dumper=_dumper(), sort_keys=False, allow_unicode=True, width=100)


def _dumper() -> Any:
    """Writes scalars as this format reads them, so ``on`` and ``no`` need no quotes."""
    import yaml

    class Dumper(yaml.SafeDumper):
        yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012  PyYAML's own name and type

        def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002
            return True

    def text(dumper: Any, value: str) -> Any:
        return dumper.represent_scalar(_TEXT, value, style=_style(value))

    def plain(dumper: Any, value: object) -> Any:
        return dumper.represent_scalar(_TEXT, _plain(value))

    Dumper.add_representer(str, text)
    for kind in (bool, int, float, type(None)):
        Dumper.add_representer(kind, plain)
    return Dumper


def _style(value: str) -> str | None:
    """Escapes for unusual line breaks, a block for several lines, quotes for ``5`` or ``null``."""
    if any(char in value for char in "\r\x85\u2028\u2029"):
        return '"'
    if "\n" in value:
        return "|"
    return "'" if resolve(Scalar(value)) != value else None


def _plain(value: object) -> str:
    if isinstance(value, float):
        return f"{Decimal(repr(value)):f}" if abs(value) < 1 else repr(value)
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _condition(value: dict[str, Any]) -> dict[str, Any]:
    """The module's name is a key of its own in the file."""
    if "module" in value:
        return {"on": value["on"], value["module"]: value["attributes"]}
    changed = _main_first(value)
    for key in ("any", "all"):
        if key in changed:
            changed[key] = [_condition(item) for item in changed[key]]
    if "not" in changed:
        changed["not"] = _condition(changed["not"])
    return changed


def _main_first(value: dict[str, Any]) -> dict[str, Any]:
    return {key: value[key] for key in (*_FIRST, *value) if key in value}
