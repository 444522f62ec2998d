"""The published JSON Schema (draft 2020-12), from the models.

An editor reads YAML before it looks at a schema: ``version: 4.10`` comes to it as a number.  As
the type of a key is ours to decide, text may be given as any scalar, and a number as text.
"""

from __future__ import annotations

import re
from typing import Any

from repro.casefile.meanings import MEANINGS
from repro.model.case import Case
from repro.model.condition import MODULES

_INTEGER = r"^\s*[-+]?[0-9][0-9_]*(\.0*)?\s*$"
_BOOLEAN = (
    r"^([YyNnTtFf01]|[Yy][Ee][Ss]|[Nn][Oo]|[Oo][Nn]|[Oo][Ff][Ff]|[Tt][Rr][Uu][Ee]"
    r"|[Ff][Aa][Ll][Ss][Ee])$"
)
#: What an editor may take a plain scalar for, each with texts that it would.
_SCALARS = {
    "number": ("0", "600", "1.5", "-1"),
    "boolean": ("true", "False"),
    "null": ("null", "~"),
}


def schema() -> dict[str, Any]:
    """The schema of a case file."""
    found = Case.model_json_schema(by_alias=True)
    definitions: dict[str, Any] = found.pop("$defs")
    definitions["ModuleCondition"] = _module(definitions["ModuleCondition"])
    for name, definition in {"Case": found, **definitions}.items():
        _describe(name, definition)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **_loosened(found),
        "title": "A case of repro",
        "$defs": {name: _loosened(definition) for name, definition in definitions.items()},
    }


def meaning(model: str, key: str) -> str:
    """What a key means; the models that share keys are looked through too.  Raises KeyError."""
    shared = {"StepCondition": "Outcome", "ProbeCondition": "Outcome"}
    other = shared.get(model, "Step" if model.endswith("Step") else model)
    return {**MEANINGS.get(other, {}), **MEANINGS[model]}[key]


def _describe(model: str, definition: dict[str, Any]) -> None:
    for key, value in definition["properties"].items():
        if model != "ModuleCondition" or key == "on":
            value["description"] = meaning(model, key)


def _module(definition: dict[str, Any]) -> dict[str, Any]:
    """The file names the module by a key of its own: ``on`` and exactly one module."""
    attributes = {"type": "object", "description": "Attributes, each with the value it must have."}
    return {
        **definition,
        "properties": {
            "on": definition["properties"]["on"],
            **{module: dict(attributes) for module in MODULES},
        },
        "required": ["on"],
        "minProperties": 2,
        "maxProperties": 2,
    }


def _loosened(value: Any) -> Any:
    """The same schema, with what is only noise left out and scalars as YAML gives them."""
    if isinstance(value, list):
        return [_loosened(item) for item in value]
    if not isinstance(value, dict):
        return value
    loose = {
        key: {name: _loosened(item) for name, item in part.items()}
        if key in ("properties", "patternProperties")
        else part
        if key in ("default", "examples", "enum", "required")
        else _loosened(part)
        for key, part in value.items()
        if key != "title" and not (key == "default" and part in (None, [], {}))
    }
    if "patternProperties" in loose:
        loose["additionalProperties"] = False
    return _loose_scalar(loose)


def _loose_scalar(value: dict[str, Any]) -> dict[str, Any]:
    kind = value.get("type")
    if kind == "string" and "enum" not in value:
        return {**value, "type": ["string", *_also(value.get("pattern", ""))]}
    if kind in ("integer", ["integer", "string"]):
        return {**value, "type": ["integer", "string"], "pattern": _INTEGER}
    if kind == "number":
        return {**value, "type": ["number", "string"]}
    if kind == "boolean":
        return {**value, "type": ["boolean", "string", "integer"], "pattern": _BOOLEAN}
    return value


def _also(pattern: str) -> list[str]:
    """The other types that a text of this pattern may be taken for."""
    return [
        kind for kind, texts in _SCALARS.items() if any(re.search(pattern, text) for text in texts)
    ]
