from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from repro.settings import Mirrors, Settings
from repro.versions import web
from tests.unit.versions.registry import Registry, serving


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "PATIENCE", web.Patience(pause=0.01))


@pytest.fixture
def registry() -> Iterator[Registry]:
    with serving() as found:
        yield found


@pytest.fixture
def settings(registry: Registry, tmp_path: Path) -> Settings:
    mirrors = Mirrors(
        pypi=f"{registry.url}/simple/", npm=f"{registry.url}/npm/", debian=f"{registry.url}/debian"
    )
    return Settings(home=tmp_path / "home", cache=tmp_path / "cache", mirrors=mirrors)
