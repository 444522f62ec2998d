"""Runs in a line, and a site built in a folder."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from repro.catalog import Catalog
from repro.record.history import RunLine
from repro.settings import Settings
from repro.site import Built, build

BEGAN = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)


def run(number: int = 0, **rest: Any) -> RunLine:
    """A run so many hours after the first one."""
    at = BEGAN + timedelta(hours=number)
    case = rest.get("case", "demo")
    values: dict[str, Any] = {
        "run": f"{at:%Y%m%d-%H%M%S}-{case}-{number:04x}", "case": case, "title": "A demo",
        "os": "debian-12", "version": "1.2", "topology": "single", "backend": "docker",
        "verdict": "reproduced", "reason": "the symptom holds",
        "started": at.isoformat(timespec="microseconds"), "seconds": 1.5, "version_seen": "1.2",
        "interrupted": False, "folder": f"/none/{number}", "workaround": None, "campaign": "",
    }  # fmt: skip
    return RunLine(**(values | rest))


def built(settings: Settings, folder: Path, **rest: Any) -> Built:
    return build(settings, folder, Catalog(settings), **rest)


def pages(folder: Path) -> dict[str, str]:
    """Every file of a site, by its path."""
    return {
        str(path.relative_to(folder)): path.read_text("utf-8")
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith(".")
    }
