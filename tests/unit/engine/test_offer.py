from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import pytest

from repro.catalog import Catalog
from repro.engine.offer import survey
from repro.errors import EngineError, ImageError, ProfileError
from repro.model.profile import OsProfile
from repro.provider.memory import MemoryProvider
from repro.settings import Settings


class Engine(MemoryProvider):
    """Has an image of one OS, and a way to another one."""

    sources: ClassVar = {"debian-12": "local", "debian-13": "built"}

    def image_source(self, os: OsProfile) -> str | None:
        return self.sources.get(os.name)


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    return Catalog(Settings(home=tmp_path, cache=tmp_path))


def test_what_a_machine_has_is_offered(catalog: Catalog) -> None:
    found = survey(Engine(), catalog)
    assert found.oses == {"debian-12": "local", "debian-13": "built"}
    assert {"os:debian-12", "os:debian-13", "containers"} <= found.resources.keys()
    assert found.resources["containers"] == found.slots >= 1
    assert "debian-12 (local)" in str(found)


def test_what_is_told_is_taken(catalog: Catalog) -> None:
    found = survey(Engine(), catalog, 3, ["debian-11"])
    assert (found.slots, list(found.oses)) == (3, ["debian-11"])
    with pytest.raises(ProfileError, match="debain"):
        survey(Engine(), catalog, oses=["debain-12"])


def test_a_machine_without_images(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Engine, "sources", {})
    with pytest.raises(ImageError, match="--os"):
        survey(Engine(), catalog)


def test_a_machine_without_an_engine(catalog: Catalog) -> None:
    provider = Engine()
    provider.fail("engine", EngineError("it is not running"))
    with pytest.raises(EngineError, match="not running"):
        survey(provider, catalog)
