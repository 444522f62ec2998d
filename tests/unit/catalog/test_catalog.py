from __future__ import annotations

from pathlib import Path

import pytest

from repro.catalog import Catalog, builtin_root
from repro.errors import ProfileError
from repro.settings import Settings

OS = """\
title: {title}
family: debian
release: {{id: debian, version_id: 12}}
image: debian:12
packages: apt
python: {{install: apt-get install -y python3}}
"""


def layer(folder: Path, **files: str) -> Path:
    """A folder with ``profiles`` and ``playbooks``; a file's key is ``KIND__NAME``."""
    for key, text in files.items():
        kind, name = key.split("__")
        path = folder / kind.replace("_", "/") / f"{name.replace('_', '-')}.yml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder / "profiles"


def catalog(tmp_path: Path, *sites: Path) -> Catalog:
    settings = Settings(home=tmp_path / "home", cache=tmp_path / "cache", profiles=sites)
    return Catalog(settings, workspace=tmp_path / "workspace")


def test_the_nearest_layer_is_taken(tmp_path: Path) -> None:
    first = layer(tmp_path / "first", profiles_os__custom_1=OS.format(title="first"))
    second = layer(
        tmp_path / "second",
        profiles_os__custom_1=OS.format(title="second"),
        profiles_os__debian_12=OS.format(title="the site's own"),
    )
    layer(tmp_path / "workspace", profiles_os__custom_2=OS.format(title="workspace"))
    found = catalog(tmp_path, first, second)
    assert found.os("custom-1").title == "second"
    assert found.os("custom-2").title == "workspace"
    assert found.os("debian-12").title == "the site's own"
    assert {"custom-1", "custom-2", "debian-12", "debian-13"} <= set(found.names("os"))


def test_the_name_is_the_file(tmp_path: Path) -> None:
    site = layer(tmp_path / "site", profiles_os__mine=OS.format(title="x"))
    profile = catalog(tmp_path, site).os("mine")
    assert profile.name == "mine"
    assert profile.release.version_id == "12"


def test_the_built_in_ones_can_all_be_read(tmp_path: Path) -> None:
    found = catalog(tmp_path)
    assert (builtin_root() / "profiles").is_dir()
    for name in found.names("os"):
        assert found.os(name).name == name
    for name in found.names("products"):
        assert found.product(name).name == name
    for name in found.names("topologies"):
        assert found.topology(name).name == name
    assert list(found.topology("single").nodes) == ["node"]


def test_a_name_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match='did you mean "debian-12"') as caught:
        catalog(tmp_path).os("debain-12")
    assert "debian-13" in caught.value.action
    assert "looked in" in caught.value.cause


@pytest.mark.parametrize("name", ["../os/debian-12", "/etc/passwd", "", ".", "a\0b"])
def test_a_name_is_never_a_path(tmp_path: Path, name: str) -> None:
    with pytest.raises(ProfileError, match="there is no OS profile"):
        catalog(tmp_path).os(name)


def test_problems_of_a_profile_are_located(tmp_path: Path) -> None:
    text = "name: other\ntitel: x\n" + OS.format(title="x").replace("apt\n", "atp\n")
    site = layer(tmp_path / "site", profiles_os__mine=text)
    with pytest.raises(ProfileError) as caught:
        catalog(tmp_path, site).os("mine")
    path = site / "os" / "mine.yml"
    assert caught.value.what.splitlines() == [
        f"{path}:1:1: name: unknown key: the file's own name says it",
        f'{path}:2:1: titel: unknown key; did you mean "title"?',
        (
            f"{path}:7:1: packages: should be apt, dnf, zypper or apk, not 'atp'; did you mean "
            '"apt"?'
        ),
        "the profile mine is wrong",
    ]


def test_playbooks(tmp_path: Path) -> None:
    site = layer(tmp_path / "site", playbooks__own="[]\n", playbooks__pypi="[]\n")
    found = catalog(tmp_path, site)
    assert found.playbook("own") == tmp_path / "site" / "playbooks" / "own.yml"
    assert found.playbook("pypi.yml") == tmp_path / "site" / "playbooks" / "pypi.yml"
    with pytest.raises(ProfileError, match='did you mean "pypi"'):
        found.playbook("ppyi")


def test_folders_of_cases(tmp_path: Path) -> None:
    (tmp_path / "workspace" / "cases").mkdir(parents=True)
    folders = catalog(tmp_path).cases
    assert folders == (tmp_path / "workspace" / "cases", builtin_root() / "cases")
