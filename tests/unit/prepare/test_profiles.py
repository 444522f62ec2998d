"""The profiles and playbooks that travel with repro."""

import pytest

from repro.catalog.catalog import Catalog, builtin_root
from repro.plan import parse_purl

ROOT = builtin_root()


@pytest.fixture
def catalog(settings, tmp_path):
    return Catalog(settings, workspace=tmp_path)


def names(kind):
    return sorted(path.stem for path in (ROOT / "profiles" / kind).glob("*.yml"))


@pytest.mark.parametrize("name", names("os"))
def test_an_os_profile_is_complete(catalog, name):
    profile = catalog.os(name)
    assert profile.image.count("/") <= 1, "a short name, as on Docker Hub"
    assert "." not in profile.image.partition("/")[0].partition(":")[0]
    assert profile.packages in profile.python.install
    assert (profile.build is not None) == (profile.family == "debian")
    assert profile.release.version_id is not None or name == "debian-testing"
    assert len((ROOT / "profiles" / "os" / f"{name}.yml").read_text().splitlines()) <= 15


def test_only_what_was_really_run_says_that_it_was_verified(catalog):
    verified = {name for name in names("os") if catalog.os(name).verified}
    assert verified == {"debian-11", "debian-12", "debian-13", "debian-testing"}


@pytest.mark.parametrize("name", names("products"))
def test_a_product_profile_has_a_playbook_and_says_how_to_ask_for_the_version(catalog, name):
    profile = catalog.product(name)
    kind, product = parse_purl(profile.purl)
    assert catalog.playbook(profile.playbook or kind).is_file()
    assert product
    assert profile.version
    assert profile.version.run


@pytest.mark.parametrize("name", names("topologies"))
def test_a_topology_names_its_nodes(catalog, name):
    assert catalog.topology(name).nodes


def test_the_plain_topologies_have_the_names_that_cases_use(catalog):
    assert list(catalog.topology("single").nodes) == ["node"]
    assert list(catalog.topology("client-server").nodes) == ["client", "server"]
