from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from repro.cli.session import Session
from tests.campaigns import SICK, WELL, Versions
from tests.support import tools
from tests.unit.cli.workspace import Cli, command_line, release


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace with a product of three releases."""
    monkeypatch.chdir(tmp_path)
    for name in ("REPRO_SETTINGS", "REPRO_HOME", "REPRO_CACHE"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    monkeypatch.setenv("REPRO_DEBUG", "")
    release(tmp_path, "1.0", "2.0", "3.0")
    return tmp_path


@pytest.fixture
def provider() -> Versions:
    return Versions({"1.0": [SICK], "2.0": [WELL], "3.0": [SICK], "": [SICK]})


@pytest.fixture
def cli(
    place: Path,
    provider: Versions,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Cli:
    """The command line in this process; its cells run on nodes that are none."""

    def made(_session: Session, keep: Any, listen: Any, **_more: Any) -> Any:
        return tools(provider, keep)

    monkeypatch.setattr(Session, "tools", made)
    monkeypatch.setattr(Session, "tidy", lambda _session: None)
    return command_line(monkeypatch, capsys)


@pytest.fixture
def desk(place: Path) -> Path:
    """A ticket system that is a folder, with two tickets."""
    folder = place / "desk"
    for name in ("T-1", "T-2"):
        (folder / name).mkdir(parents=True)
    tickets = {"desk": {"kind": "file", "url": str(folder)}}
    (place / "repro_settings").write_text(yaml.safe_dump({"tickets": tickets}))
    return folder
