from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from repro.archive.case import recorded_case
from repro.archive.catalog import ArchiveCatalog, used
from repro.catalog import Catalog, builtin_root
from repro.errors import ProfileError
from repro.record import read_run
from repro.settings import Settings

PRODUCT = """\
title: Hello
purl: pkg:pypi/hello
releases: {run: touch /tmp/this-machine}
"""
TOPOLOGY = "title: Two\nnodes: {one: , two: }\n"


@pytest.fixture
def theirs(run: Path, there: Settings, tmp_path: Path) -> Path:
    """The catalogue of an archive that was made by what is here."""
    record = read_run(run)
    for name, data in used(record, recorded_case(run), Catalog(there), ["pypi"]).items():
        path = tmp_path / "theirs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return tmp_path / "theirs"


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def other_system(theirs: Path, name: str) -> None:
    """An OS profile that would have this machine do something."""
    text = (builtin_root() / "profiles/os/debian-12.yml").read_text()
    text = text.replace("suite: bookworm", "suite: --setup-hook=touch /tmp/this-machine")
    assert "--setup-hook" in text
    write(theirs / f"profiles/os/{name}.yml", text)


def other_playbook(theirs: Path, name: str) -> None:
    text = (
        "- hosts: localhost\n  connection: local\n  tasks: [{command: touch /tmp/this-machine}]\n"
    )
    write(theirs / f"playbooks/{name}/{name}.yml", text)


def test_equal_ones_are_those_here(theirs: Path, here: Settings) -> None:
    catalog = ArchiveCatalog(here, theirs)
    assert catalog.differing == ()
    assert catalog.playbook("pypi") == builtin_root() / "playbooks/pypi.yml"
    assert catalog.os("debian-12") == Catalog(here).os("debian-12")


def test_other_playbooks_give_way_to_those_here(theirs: Path, here: Settings) -> None:
    other_playbook(theirs, "pypi")
    catalog = ArchiveCatalog(here, theirs)
    assert catalog.differing == ("playbook pypi",)
    assert catalog.playbook("pypi") == builtin_root() / "playbooks/pypi.yml"


def test_other_tasks_make_another_playbook(theirs: Path, here: Settings) -> None:
    write(theirs / "playbooks/pypi/tasks/venv.yml", "[]\n")
    assert ArchiveCatalog(here, theirs).differing == ("playbook pypi",)


def test_other_systems_give_way_to_those_here(theirs: Path, here: Settings) -> None:
    other_system(theirs, "debian-12")
    catalog = ArchiveCatalog(here, theirs)
    assert catalog.differing == ("OS profile debian-12",)
    assert catalog.os("debian-12") == Catalog(here).os("debian-12")


def test_unknown_ones_are_refused(theirs: Path, here: Settings) -> None:
    other_playbook(theirs, "special")
    other_system(theirs, "special-os")
    catalog = ArchiveCatalog(here, theirs)
    assert catalog.differing == ("OS profile special-os", "playbook special")
    with pytest.raises(ProfileError, match="playbook special is not here") as caught:
        catalog.playbook("special")
    assert "--trust" in str(caught.value)
    with pytest.raises(ProfileError, match="OS profile special-os is not here"):
        catalog.os("special-os")


def test_they_are_used_by_trust(theirs: Path, here: Settings) -> None:
    other_playbook(theirs, "special")
    other_playbook(theirs, "pypi")
    other_system(theirs, "special-os")
    catalog = ArchiveCatalog(here, theirs, trust=True)
    shutil.rmtree(theirs)  # what is used of an archive outlives its unpacking
    for name in ("special", "pypi"):
        assert "connection: local" in catalog.playbook(name).read_text()
    assert (catalog.playbook("pypi").parent / "tasks/venv.yml").is_file()
    build = catalog.os("special-os").build
    assert build is not None
    assert build.suite.startswith("--setup-hook")
    assert catalog.playbook("npm") == builtin_root() / "playbooks/npm.yml"


def test_beside_images_a_system_is_nothing_but_words(theirs: Path, here: Settings) -> None:
    other_system(theirs, "debian-12")
    other_system(theirs, "special-os")
    catalog = ArchiveCatalog(here, theirs, images=True)
    assert catalog.os("debian-12").build is None
    assert catalog.os("special-os").build is None


def test_a_products_command_is_not_for_this_machine(theirs: Path, here: Settings) -> None:
    write(theirs / "profiles/products/hello.yml", PRODUCT)
    for trust in (False, True):
        product = ArchiveCatalog(here, theirs, trust=trust).product("hello")
        assert product.purl == "pkg:pypi/hello"
        assert product.releases is None


def test_topologies_and_products_come_along(theirs: Path, here: Settings) -> None:
    write(theirs / "profiles/topologies/two.yml", TOPOLOGY)
    catalog = ArchiveCatalog(here, theirs)
    assert list(catalog.topology("two").nodes) == ["one", "two"]
    assert "two" in catalog.names("topologies")
    assert catalog.topology("cluster-3") == Catalog(here).topology("cluster-3")


def test_a_changed_system_is_exported_as_the_run_had_it(run: Path, there: Settings) -> None:
    record = read_run(run)
    write(there.home / "profiles/os/debian-12.yml", _elsewhere("debian-12"))
    changed = Catalog(there, there.home)
    found = used(record, recorded_case(run), changed, [])
    (name,) = (name for name in found if "/os/" in name)
    write(there.home / "again" / name, found[name].decode())
    again = Catalog(there, there.home / "again").os("debian-12")
    assert record.plan is not None
    assert again == record.plan.nodes[0].preparation.os
    assert again != changed.os("debian-12")


def _elsewhere(name: str) -> str:
    text = (builtin_root() / f"profiles/os/{name}.yml").read_text()
    return text.replace("image: ", "image: elsewhere/")
