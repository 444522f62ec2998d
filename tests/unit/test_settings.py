"""What differs by site: read from a file and the environment, wrong keys named."""

from __future__ import annotations

from pathlib import Path

import pytest

from repro.errors import SettingsError
from repro.settings import Proxy, Settings, load


def _load(tmp_path: Path, text: str, **environ: str) -> Settings:
    path = tmp_path / "settings.yml"
    path.write_text(text)
    return load({"REPRO_SETTINGS": str(path), **environ})


def test_without_a_file_there_are_defaults(tmp_path: Path) -> None:
    settings = load({"REPRO_SETTINGS": str(tmp_path / "none.yml")})
    assert (settings.language, settings.tickets, settings.templates) == ("en", {}, None)
    assert settings.history_url == f"sqlite:///{settings.home}/history.sqlite"


def test_a_variable_goes_before_the_file(tmp_path: Path) -> None:
    settings = _load(tmp_path, "home: /a\nlease: 1h\n", REPRO_HOME="/b")
    assert (settings.home, settings.lease, settings.runs) == (Path("/b"), 3600.0, Path("/b/runs"))


def test_folders_of_profiles_come_as_a_search_path(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).mkdir()
    settings = _load(tmp_path, "", REPRO_PROFILES=f"{tmp_path}/a:{tmp_path}/b")
    assert settings.profiles == (tmp_path / "a", tmp_path / "b")


def test_a_tilde_is_the_home_of_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "words").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path))
    settings = _load(tmp_path, "home: ~/repro\ntemplates: ~/words\nprofiles: [~/words]\n")
    assert settings.home == tmp_path / "repro"
    assert settings.templates == tmp_path / "words"
    assert settings.profiles == (tmp_path / "words",)


@pytest.mark.parametrize("key", ["templates: {}", "profiles: [{}]"])
def test_a_folder_that_is_not_there_is_told(tmp_path: Path, key: str) -> None:
    gone = tmp_path / "gone"
    with pytest.raises(SettingsError, match=f"`{key.partition(':')[0]}` names {gone}"):
        _load(tmp_path, key.format(gone))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("homme: /a\n", "homme: Extra inputs"),
        ("cluster: {patience: soon}\n", r"cluster\.patience: "),
        ("- home\n", "should be a mapping"),
        ("home: [\n", "cannot read the settings"),
        ("ca_bundle: /gone.pem\n", "the CA bundle /gone.pem is not there"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        _load(tmp_path, text)


def test_the_first_variable_that_names_a_ca_counts(tmp_path: Path) -> None:
    for name in ("one.pem", "two.pem"):
        (tmp_path / name).write_text("")
    first, second = str(tmp_path / "one.pem"), str(tmp_path / "two.pem")
    settings = _load(tmp_path, "", SSL_CERT_FILE=first, CURL_CA_BUNDLE=second)
    assert settings.ca_bundle == tmp_path / "one.pem"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://example.com/a", "http://proxy.example.net:3128"),
        ("http://example.com/a", None),
        ("https://localhost:8443/", None),
        ("https://api.intern.example.net/", None),
    ],
)
def test_proxies_are_by_scheme_with_exceptions(url: str, expected: str | None) -> None:
    proxy = Proxy(https="proxy.example.net:3128", no_proxy="localhost,.intern.example.net")
    assert proxy.for_url(url) == expected
