"""Settings of a home of its own for each test."""

from __future__ import annotations

from pathlib import Path

import pytest

from repro.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", cache=tmp_path / "cache")
