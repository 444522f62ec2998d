"""Observations → verdict, as data: one YAML file a group of tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import TypeAdapter

from repro.model.condition import Condition
from repro.model.observation import Observation, Verdict
from repro.verdict import decide
from tests.support import MATCHER

FOLDER = Path(__file__).parent / "verdicts"
ROWS = [
    pytest.param(row, id=f"{path.stem}: {row['title']}")
    for path in sorted(FOLDER.glob("*.yml"))
    for row in yaml.safe_load(path.read_text("utf-8"))
]
CONDITIONS = TypeAdapter(tuple[Condition, ...])
OBSERVATIONS = TypeAdapter(list[Observation])


def observation(short: dict[str, Any]) -> dict[str, Any]:
    """``{step: a, exit: 1, stdout: x}`` → an observation in full."""
    if "step" not in short:
        return short
    result: dict[str, Any] = {
        key: short[key] for key in ("exit", "signal", "timed_out", "seconds") if key in short
    }
    if "exit" not in result:
        result["exit"] = 0
    for stream in ("stdout", "stderr"):
        text = short.get(stream, "")
        result[stream] = {"text": text, "size": len(text)}
    expected = short.get("expected", result["exit"] == 0 and not result.get("timed_out"))
    return {
        "kind": "step",
        "phase": short.get("phase", "steps"),
        "step": short["step"],
        "node": short.get("node", "node"),
        "result": result,
        "expected": expected,
        "why": "" if expected else f"exit {result['exit']}",
    }


def decided(row: dict[str, Any]) -> Verdict:
    """The verdict of a row."""
    observations = OBSERVATIONS.validate_python([observation(each) for each in row["observed"]])
    return decide(
        CONDITIONS.validate_python(row["symptom"]),
        CONDITIONS.validate_python(row.get("healthy", [])),
        observations,
        MATCHER.search,
        row.get("steps", ["client"]),
    )


@pytest.mark.parametrize("row", ROWS)
def test_verdict(row: dict[str, Any]) -> None:
    verdict = decided(row)
    assert verdict.verdict == row["verdict"], verdict
    assert row.get("reason", "") in verdict.reason
