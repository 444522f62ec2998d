"""The published schema and the reference page say what the models say."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from repro.casefile import load, schema
from repro.casefile.document import parse
from repro.casefile.meanings import MEANINGS
from repro.casefile.reference import markdown
from repro.model.base import resolve
from repro.model.case import Case
from tests.unit.casefile.samples import HEAD, TAIL, write

PAGE = Path(__file__).parents[3] / "docs" / "case-format.md"
VALIDATOR = jsonschema.Draft202012Validator(schema())


def test_the_page_holds_the_tables_of_the_models() -> None:
    assert PAGE.read_text("utf-8").endswith("\n" + markdown())


def test_the_page_example_is_a_case(tmp_path: Path) -> None:
    example = re.search(r"```yaml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert example is not None
    (tmp_path / "files").mkdir()
    write(tmp_path / "files", "", "app.py")
    assert load(write(tmp_path, example[1])).case.id == "redis-py-2624"


def test_links_lead_somewhere() -> None:
    text = PAGE.read_text("utf-8")
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    anchors = {re.sub(r"[^a-z0-9 -]", "", one.lower()).replace(" ", "-") for one in headings}
    assert set(re.findall(r"\]\(#([^)]*)\)", text)) <= anchors


def test_every_key_has_a_meaning_and_no_meaning_is_left_over() -> None:
    whole = Case.model_json_schema(by_alias=True)
    definitions = {**whole.pop("$defs"), "Case": whole}
    written = {
        *(("Step", key) for key in MEANINGS["Step"]),
        *(("Outcome", key) for key in MEANINGS["Outcome"]),
    }
    for model, definition in definitions.items():
        shared = {
            "StepCondition": "Outcome",
            "ProbeCondition": "Outcome",
        }.get(model, "Step" if model.endswith("Step") and model != "InstallStep" else "")
        for key in definition["properties"]:
            if model == "ModuleCondition" and key != "on":
                continue
            owner = model if key in MEANINGS[model] else shared
            assert key in MEANINGS.get(owner, {}), f"{model}.{key} has no meaning"
            written.add((owner, key))
    assert written == {(model, key) for model, keys in MEANINGS.items() for key in keys}


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    assert schema()["$schema"].endswith("2020-12/schema")


GOOD = [
    "environment: {version: 4.10}",
    "environment: {version: null, os: 5}",
    "tags: [1, yes, true, ~]",
    "environment: {nodes: {node: , other: {memory: 1048576, cpus: '0.5', processes: '5'}}}",
    "environment: {product: {purl: pkg:pypi/x, on: node, version: {run: x}}}",
    "environment: {env: {A: 1, B: true, C: ~}, vars: {a: [1, {b: ~}]}}",
    "files: [{path: /a, content: 5, mode: 0600}]",
    "setup: [{run: x, timeout: 5, background: yes, expect: 3}, {run: x, expect: [0, '1']}]",
    "setup: [{http: 'GET http://node:1/', expect: {status: 200}}]",
    "setup: [{wait: {seconds: 1.5}}, {wait: {run: x}, retry: {for: 5s}}]",
    "healthy: [{on: node, service: {is_running: true}}, {not: {step: try, exit: nonzero}}]",
    "healthy: [{any: [{step: try, stdout: 5}, {step: try, signal: 11}]}]",
    "repeat: {runs: '5', until: all}",
]


@pytest.mark.parametrize("text", GOOD)
def test_valid_files_fit(tmp_path: Path, text: str) -> None:
    path = write(tmp_path, f"{HEAD}{text}\n{TAIL}")
    load(path)
    VALIDATOR.validate(resolve(parse(path.read_bytes(), path).root))


BAD = [
    "severty: high",
    "severity: urgent",
    "tags: one",
    "environment: {nodes: {Node_1: {}}}",
    "environment: {env: {1A: x}}",
    "files: [{path: relative, content: x}]",
    "setup: [{rn: x}]",
    "setup: [{run: x, background: perhaps}]",
    "setup: [{wait: {port: http}}]",
    "healthy: [{on: node, service: {}, package: {}}]",
    "healthy: [{on: node}]",
    "healthy: [{on: node, module: service, attributes: {}}]",
]


@pytest.mark.parametrize("text", BAD)
def test_wrong_files_do_not(text: str) -> None:
    value: Any = yaml.safe_load(f"{HEAD}{text}\n{TAIL}")
    assert not VALIDATOR.is_valid(_keys_as_written(value))


def _keys_as_written(value: Any) -> Any:
    """PyYAML takes the key ``on`` for true."""
    if isinstance(value, dict):
        return {"on" if k is True else k: _keys_as_written(item) for k, item in value.items()}
    return [_keys_as_written(item) for item in value] if isinstance(value, list) else value
