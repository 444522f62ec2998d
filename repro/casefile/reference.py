"""The tables of the reference page, from the models: ``repro schema --markdown`` prints them."""

from __future__ import annotations

import re
from typing import Any

from repro.casefile.json_schema import meaning
from repro.casefile.meanings import MEANINGS
from repro.model.case import Case
from repro.model.condition import MODULES

#: Model → heading, in the order of the page.
HEADINGS = {
    "Case": "The case",
    "Known": "known",
    "EnvironmentSpec": "environment",
    "ProductSpec": "Product",
    "VersionCommand": "Version command",
    "Companions": "with",
    "NodeSpec": "Node",
    "SecretValue": "Secret",
    "InstallStep": "install",
    "CaseFile": "File",
    "Step": "Every step",
    "RunStep": "Step: run",
    "WaitStep": "Step: wait",
    "WaitFor": "Wait",
    "FaultStep": "Step: fault",
    "HttpStep": "Step: http",
    "InteractStep": "Step: interact",
    "Exchange": "Exchange",
    "Expectation": "Expectation",
    "Retry": "retry",
    "Collect": "collect",
    "Repeat": "repeat",
    "Workaround": "Workaround",
    "Recheck": "recheck",
    "TextMatch": "Text",
    "Outcome": "Outcome",
    "StepCondition": "Condition: step",
    "ProbeCondition": "Condition: on, run",
    "ModuleCondition": "Condition: on, a testinfra module",
    "PythonCondition": "Condition: python",
    "LogCondition": "Condition: log",
    "NodeCondition": "Condition: node",
    "AnyCondition": "Condition: any",
    "AllCondition": "Condition: all",
    "NotCondition": "Condition: not",
}
_FIRST_OF_CONDITIONS = "TextMatch"
#: Models that are only seen as part of others.
_PARTS = {"Step": "RunStep", "Outcome": "StepCondition"}
_WORDS = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "null": "",
}


def markdown() -> str:
    """One table a model: key, type, default, meaning."""
    whole = Case.model_json_schema(by_alias=True)
    definitions = {**whole.pop("$defs"), "Case": whole}
    sections = ["## Keys\n"]
    for model, heading in HEADINGS.items():
        if model == _FIRST_OF_CONDITIONS:
            sections.append("## Conditions\n")
        definition = definitions[_PARTS.get(model, model)]
        keys = [key for key in definition["properties"] if key in MEANINGS[model]]
        sections.append(_section(heading, model, definition, keys))
    return "\n".join(sections)


def _section(heading: str, model: str, definition: dict[str, Any], keys: list[str]) -> str:
    required = definition.get("required", [])
    rows = []
    for key in keys:
        field = definition["properties"][key]
        kind = _type(field)
        default = "required" if key in required else _default(field)
        rows.append(f"| `{key}` | {kind} | {default} | {_escaped(meaning(model, key))} |")
    if model == "ModuleCondition":
        names = ", ".join(f"`{name}`" for name in MODULES)
        rows.append(f"| one of {names} | mapping | required | Attributes, each with its value. |")
    table = ["| key | type | default | meaning |", "|---|---|---|---|", *rows]
    return "\n".join([f"### {heading}", "", *table, ""])


def _type(field: dict[str, Any]) -> str:
    """The type in words; a model is a link to its table."""
    if "$ref" in field:
        return _link(field["$ref"].rpartition("/")[2])
    if choices := field.get("anyOf") or field.get("oneOf"):
        return _either([_type(part) for part in choices])
    if "enum" in field:
        return " \\| ".join(f"`{word}`" for word in field["enum"])
    return _plain_type(field)


def _plain_type(field: dict[str, Any]) -> str:
    if field.get("examples"):
        return f"text like `{field['examples'][0]}`"
    kind = field.get("type", "object")
    if kind == "array":
        return f"list of {_type(field['items'])}"
    if kind == "object":
        values = [*field.get("patternProperties", {}).values(), field.get("additionalProperties")]
        return f"mapping to {_type(values[0])}" if isinstance(values[0], dict) else "mapping"
    return _WORDS[kind[0] if isinstance(kind, list) else kind]


def _either(words: list[str]) -> str:
    steps, conditions = "[step](#every-step)", "[condition](#conditions)"
    words = [steps if "(#step-" in word else word for word in words]
    words = [conditions if "(#condition-" in word else word for word in words]
    return " or ".join(dict.fromkeys(word for word in words if word))


def _link(model: str) -> str:
    heading = HEADINGS[model]
    anchor = re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-")
    return f"[{heading}](#{anchor})"


def _default(field: dict[str, Any]) -> str:
    value = field.get("default")
    if value is None or value in ([], {}) or isinstance(value, dict):
        return ""
    if field.get("examples") and isinstance(value, float):
        return f"`{value:g}s`"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")
