"""Case → plan, as data.  ``REPRO_UPDATE_GOLDEN=1`` writes the files anew: read the difference."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from repro.casefile import load
from repro.catalog import Catalog
from repro.model.plan import Plan
from repro.plan import Overrides, make_plan
from repro.settings import Settings
from tests.support import ROOT

FOLDER = Path(__file__).parent / "plans"
CELLS = {
    "black-fstring-multiline": Overrides(),
    "kafka-python-six-moves-py312": Overrides(os="debian-12"),
    "mawk-interval-expressions": Overrides(os="debian-13"),
    "pg-domain-default-null": Overrides(version="17.5.0-beta.15"),
    "redis-py-cancel-off-by-one": Overrides(vars={"maxclients": 50}),
}


def readable(plan: Plan) -> dict[str, Any]:
    """The plan with profiles by name, and files as text."""
    content: dict[str, Any] = plan.model_dump(mode="json", exclude_defaults=True)
    for node in content["nodes"]:
        node["preparation"]["os"] = node["preparation"]["os"]["name"]
    for file, kept in zip(content.get("files", ()), plan.files, strict=False):
        file["data"] = kept.data.decode()
    del content["case_digest"]
    return content


@pytest.mark.parametrize("name", CELLS)
def test_plan(name: str, tmp_path: Path) -> None:
    loaded = load(ROOT / "cases" / f"{name}.yml")
    settings = Settings(home=tmp_path, cache=tmp_path)
    plan = make_plan(
        loaded.case,
        digest=loaded.digest,
        sources=loaded.sources,
        profiles=Catalog(settings, workspace=tmp_path),
        limits=settings.limits,
        overrides=CELLS[name],
    )
    golden = FOLDER / f"{name}.json"
    if os.environ.get("REPRO_UPDATE_GOLDEN"):
        golden.write_text(json.dumps(readable(plan), indent=1, ensure_ascii=False) + "\n", "utf-8")
    assert readable(plan) == json.loads(golden.read_text("utf-8"))
    assert Plan.model_validate_json(plan.model_dump_json()) == plan
