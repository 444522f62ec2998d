from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from repro.settings import Settings
from tests.unit.archive import support


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a run, and archives of it beside it."""
    folder = tmp_path_factory.mktemp("made")
    settings = support.settings_in(folder)
    run = support.a_run(settings, folder / "case")
    support.export(run, folder / "plain.tar.gz", settings)
    support.export(run, folder / "images.tar.gz", settings, images=True)
    return folder


@pytest.fixture
def there(tmp_path: Path, made: Path) -> Settings:
    """Where the run was made."""
    shutil.copytree(made / "home", tmp_path / "there" / "home")
    return support.settings_in(tmp_path / "there")


@pytest.fixture
def here(tmp_path: Path) -> Settings:
    """Where the archive goes."""
    return support.settings_in(tmp_path / "here")


@pytest.fixture
def run(there: Settings) -> Path:
    return next(there.runs.glob("2*"))


@pytest.fixture
def archive(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(made / "plain.tar.gz", tmp_path / "made.tar.gz"))


@pytest.fixture
def with_images(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(made / "images.tar.gz", tmp_path / "images.tar.gz"))
