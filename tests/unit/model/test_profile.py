"""Product profiles, as they stand in files."""

from __future__ import annotations

from pathlib import Path

import pytest

from repro.catalog import Catalog
from repro.errors import ProfileError
from repro.model.profile import ProductProfile, ReleaseSource
from repro.settings import Settings


def product(tmp_path: Path, releases: str) -> ProductProfile:
    path = tmp_path / "profiles" / "products" / "demo.yml"
    path.parent.mkdir(parents=True)
    path.write_text(f"title: Demo\npurl: pkg:generic/demo\n{releases}\n")
    settings = Settings(home=tmp_path / "home", cache=tmp_path / "cache")
    return Catalog(settings, workspace=tmp_path).product("demo")


def test_releases_as_a_list_are_taken_as_they_are_written(tmp_path: Path) -> None:
    found = product(tmp_path, "releases: [1.0, 1.10, 2.0rc1]").releases
    assert found == ReleaseSource(listed=("1.0", "1.10", "2.0rc1"))


def test_releases_as_a_command(tmp_path: Path) -> None:
    found = product(tmp_path, "releases: {run: git ls-remote --tags, timeout: 2min}").releases
    assert found == ReleaseSource(run="git ls-remote --tags", timeout=120.0)


def test_nothing_said_of_releases(tmp_path: Path) -> None:
    assert product(tmp_path, "").releases is None


@pytest.mark.parametrize(
    "releases", ["[]", "{}", "{run: x, listed: [1.0]}", "latest", "{timeout: 5s}", "[{a: b}]"]
)
def test_neither_a_list_nor_a_command(tmp_path: Path, releases: str) -> None:
    with pytest.raises(ProfileError, match="releases"):
        product(tmp_path, f"releases: {releases}")
