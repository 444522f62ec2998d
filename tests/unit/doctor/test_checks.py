from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from repro.doctor import Finding, examine
from repro.doctor import engine as engine_room
from repro.errors import EngineError
from repro.ports import Provider
from repro.provider.docker.endpoint import not_running
from repro.provider.memory import MemoryProvider
from repro.settings import Mirrors, Proxy, Settings


def findings(
    settings: Settings, connect: Callable[[], Provider] = MemoryProvider
) -> dict[str, Finding]:
    return {each.name: each for each in examine(settings, connect)}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Registries on a port where nobody answers: what is said of them is not in question here."""
    mirrors = Mirrors(pypi="http://127.0.0.1:1/simple", npm="http://127.0.0.1:1")
    return Settings(home=tmp_path / "home", cache=tmp_path / "cache", mirrors=mirrors)


def test_a_working_engine_is_described(settings: Settings) -> None:
    found = findings(settings)
    assert found["engine"].state == "ok"
    assert "2 cores, 4.0 GiB" in found["engine"].seen
    assert found["Python"].state == "ok"
    assert found["Ansible"].state == "ok"


def test_a_registry_that_does_not_answer_is_trouble_with_a_remedy(settings: Settings) -> None:
    found = findings(settings)
    for name in ("PyPI", "npm"):
        assert found[name].state == "trouble"
        assert "proxy" in found[name].remedy


def test_passwords_in_settings_are_not_shown(settings: Settings) -> None:
    proxy = Proxy(https="http://me:geheim@proxy.example:3128")
    found = findings(settings.model_copy(update={"proxy": proxy}))
    assert found["proxy"].seen == "http://…@proxy.example:3128"


def test_a_bundle_without_certificates_is_trouble(settings: Settings, tmp_path: Path) -> None:
    empty = tmp_path / "empty.pem"
    empty.write_text("nothing")
    found = findings(settings.model_copy(update={"ca_bundle": empty}))
    assert found["CA"].state == "trouble"


def test_an_engine_elsewhere_is_not_started_here(settings: Settings) -> None:
    def connect() -> Provider:
        provider = MemoryProvider()
        provider.fail("engine", not_running("tcp://192.0.2.1:1", "connection refused"))
        return provider

    found = findings(settings, connect)
    assert found["engine"].state == "trouble"
    assert "connection refused" in found["engine"].seen
    assert "DOCKER_HOST" in found["engine"].remedy
    assert found["engine"].fix is None


@pytest.mark.parametrize(
    ("daemon", "fix"), [(None, engine_room.install), ("/usr/sbin/dockerd", engine_room.start)]
)
def test_the_remedy_follows_from_what_is_missing(
    daemon: str | None, fix: object, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(engine_room, "_daemon", lambda: daemon)
    monkeypatch.setattr(engine_room, "_SOCKET", tmp_path / "no.sock")
    error = not_running(f"unix://{tmp_path}/no.sock", "nobody")
    assert engine_room.trouble(error).fix is fix


def test_what_cannot_be_installed_here_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(EngineError, match="Debian and Ubuntu only") as caught:
        engine_room.installer("docker.io")(lambda _text: None)
    assert "package manager" in caught.value.action


def test_a_command_that_fails_tells_its_last_words() -> None:
    with pytest.raises(EngineError) as caught:
        engine_room._as_root(["sh", "-c", "echo no room left >&2; exit 3"])
    assert "no room left" in caught.value.cause
