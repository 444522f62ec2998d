import pytest

from repro.errors import SettingsError
from repro.prepare.network import (
    APT_CONFIG,
    CA_FILE,
    CA_VARIABLES,
    FOLDER,
    apt_config,
    apt_sources,
    guest_environment,
    guest_files,
)
from repro.settings import Mirrors, Proxy


def with_(settings, **update):
    return settings.model_copy(update=update)


def test_a_bare_site_sets_nothing_of_its_own(settings, os_profile):
    env = guest_environment(settings, os_profile)
    assert not set(env) & {*CA_VARIABLES, "http_proxy", "PIP_INDEX_URL", "npm_config_registry"}
    assert [file.path for file in guest_files(settings, os_profile)] == [APT_CONFIG]
    assert env["APT_CONFIG"] == APT_CONFIG


def test_a_ca_reaches_every_package_manager(settings, os_profile, tmp_path):
    bundle = tmp_path / "ca.pem"
    bundle.write_bytes(b"certificate")
    settings = with_(settings, ca_bundle=bundle)
    env = guest_environment(settings, os_profile)
    assert {env[name] for name in CA_VARIABLES} == {CA_FILE}
    files = {file.path: file.data for file in guest_files(settings, os_profile)}
    assert files[CA_FILE] == b"certificate"
    assert f'CaInfo "{CA_FILE}"'.encode() in files[APT_CONFIG]


def test_every_file_lies_in_the_folder_that_is_removed(settings, os_profile, tmp_path):
    bundle = tmp_path / "ca.pem"
    bundle.write_bytes(b"certificate")
    mirrors = Mirrors(debian="http://mirror.example/debian")
    files = guest_files(with_(settings, ca_bundle=bundle, mirrors=mirrors), os_profile)
    assert len(files) == 3
    assert all(file.path.startswith(FOLDER + "/") for file in files)


def test_a_ca_that_is_gone_is_an_error_of_the_settings(settings, os_profile, tmp_path):
    with pytest.raises(SettingsError, match="CA bundle"):
        guest_files(with_(settings, ca_bundle=tmp_path / "gone"), os_profile)


def test_proxies_in_the_usual_variables_and_in_apts_own(settings, os_profile):
    settings = with_(settings, proxy=Proxy(https="http://proxy.example:3128", no_proxy="a,b"))
    env = guest_environment(settings, os_profile)
    assert env["https_proxy"] == env["HTTPS_PROXY"] == "http://proxy.example:3128"
    assert env["no_proxy"] == env["NO_PROXY"] == "a,b"
    assert "http_proxy" not in env
    config = apt_config(settings, os_profile, own_sources=False)
    assert 'Acquire::https::Proxy "http://proxy.example:3128";' in config


def test_mirrors_of_pip_and_npm(settings, os_profile):
    mirrors = Mirrors(pypi="http://mirror.example/simple", npm="https://mirror.example/npm")
    env = guest_environment(with_(settings, mirrors=mirrors), os_profile)
    assert env["PIP_INDEX_URL"] == "http://mirror.example/simple"
    assert env["PIP_TRUSTED_HOST"] == "mirror.example"
    assert env["npm_config_registry"] == "https://mirror.example/npm"


def test_pip_trusts_no_host_beyond_its_certificate(settings, os_profile):
    mirrors = Mirrors(pypi="https://mirror.example/simple")
    assert "PIP_TRUSTED_HOST" not in guest_environment(with_(settings, mirrors=mirrors), os_profile)


def test_sources_of_a_debian_mirror(settings, os_profile):
    mirrors = Mirrors(debian="http://mirror.example/d", debian_security="http://mirror.example/s")
    assert apt_sources(with_(settings, mirrors=mirrors), os_profile).splitlines() == [
        "deb http://mirror.example/d bookworm main",
        "deb http://mirror.example/d bookworm-updates main",
        "deb http://mirror.example/s bookworm-security main",
    ]


def test_a_mirror_of_another_distribution_is_not_used(settings, os_profile):
    mirrors = Mirrors(ubuntu="http://mirror.example/u")
    assert apt_sources(with_(settings, mirrors=mirrors), os_profile) == ""


def test_an_index_past_its_date_is_taken_only_where_the_profile_says_so(settings, os_profile):
    assert "Valid-Until" not in apt_config(settings, os_profile, own_sources=False)
    build = os_profile.build.model_copy(update={"check_valid_until": False})
    lax = os_profile.model_copy(update={"build": build})
    assert 'Check-Valid-Until "false"' in apt_config(settings, lax, own_sources=False)
