"""A workspace in a folder, and the command line in this process."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from repro.cli import app
from repro.cli.failure import exit_status

#: Takes the words of a command; its exit status, what it printed, and what it said on stderr.
Cli = Callable[..., tuple[int, str, str]]
CASE: dict[str, Any] = {
    "schema": 1, "id": "x", "title": "it breaks",
    "environment": {"product": "thing", "version": "1.0"},
    "steps": [{"name": "client", "run": "client"}],
    "symptom": [{"step": "client", "exit": 1}],
    "workarounds": [{"name": "calm", "env": {"CALM": "1"}}],
}  # fmt: skip


def command_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    """As the entry point runs it."""

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["repro", *arguments])
        try:
            status = app.run()
        except BaseException as error:  # noqa: BLE001 - as the one place that ends the process
            status = exit_status(error)
        return status, *capsys.readouterr()

    return call


def write(path: Path, **keys: Any) -> str:
    """A case file; a key that is None is left out."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {key: value for key, value in (CASE | keys).items() if value is not None}
    path.write_text(yaml.safe_dump(content), "utf-8")
    return str(path)


def release(place: Path, *versions: str) -> None:
    """The product's profile lists its releases: no registry is asked."""
    folder = place / "profiles" / "products"
    folder.mkdir(parents=True, exist_ok=True)
    profile = {"title": "Thing", "purl": "pkg:pypi/thing", "releases": list(versions)}
    (folder / "thing.yml").write_text(yaml.safe_dump(profile), "utf-8")


def folders(place: Path) -> list[Path]:
    """Those of the campaigns, the oldest first."""
    return sorted((place / "repro_home" / "campaigns").glob("*"))


def summary(out: str) -> dict[str, Any]:
    """The last line of what ``--json`` prints."""
    found: dict[str, Any] = json.loads(out.splitlines()[-1])
    return found


def notes(desk: Path, ticket: str = "T-1") -> list[str]:
    """The comments of a ticket that is a folder."""
    return [path.read_text() for path in sorted((desk / ticket).glob("*.md"))]
