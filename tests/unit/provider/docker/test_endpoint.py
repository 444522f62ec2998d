from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from repro.errors import SettingsError
from repro.provider.docker.endpoint import Endpoint, local_socket, not_running, resolve


@pytest.fixture
def config(tmp_path: Path) -> Path:
    folder = tmp_path / ".docker"
    digest = hashlib.sha256(b"far").hexdigest()
    meta = folder / "contexts" / "meta" / digest
    meta.mkdir(parents=True)
    described = {"Name": "far", "Endpoints": {"docker": {"Host": "tcp://192.0.2.7:2376"}}}
    (meta / "meta.json").write_text(json.dumps(described))
    (folder / "contexts" / "tls" / digest / "docker").mkdir(parents=True)
    return folder


def test_the_order(tmp_path: Path, config: Path) -> None:
    home = {"HOME": str(tmp_path)}
    far = Endpoint(
        "tcp://192.0.2.7:2376",
        config / "contexts" / "tls" / hashlib.sha256(b"far").hexdigest() / "docker",
    )
    assert resolve(None, home) == Endpoint("unix:///var/run/docker.sock")
    (config / "config.json").write_text(json.dumps({"currentContext": "far"}))
    assert resolve(None, home) == far
    assert resolve(None, {**home, "DOCKER_CONTEXT": "default"}).url.startswith("unix://")
    host = {**home, "DOCKER_HOST": "ssh://me@host.example"}
    assert resolve(None, host) == Endpoint("ssh://me@host.example")
    assert resolve("unix:///elsewhere", host) == Endpoint("unix:///elsewhere")
    assert resolve("far", host) == far


def test_tls_from_the_environment(tmp_path: Path) -> None:
    environ = {"DOCKER_HOST": "tcp://h:2376", "DOCKER_TLS_VERIFY": "1", "HOME": str(tmp_path)}
    assert resolve(None, environ).tls == tmp_path / ".docker"
    assert resolve(None, {**environ, "DOCKER_CERT_PATH": "/c"}).tls == Path("/c")


def test_a_context_that_is_not_there(tmp_path: Path, config: Path) -> None:
    with pytest.raises(SettingsError, match="no Docker context 'near'"):
        resolve("near", {"HOME": str(tmp_path)})
    digest = hashlib.sha256(b"far").hexdigest()
    (config / "contexts" / "meta" / digest / "meta.json").write_text("{")
    with pytest.raises(SettingsError, match="cannot read"):
        resolve("far", {"HOME": str(tmp_path)})


def test_why_it_is_not_reached(tmp_path: Path) -> None:
    assert "no socket" in not_running(f"unix://{tmp_path}/none.sock", "x").cause
    (tmp_path / "here.sock").touch()
    assert "nothing answers" in not_running(f"unix://{tmp_path}/here.sock", "x").cause
    assert "no engine answers" in not_running("tcp://192.0.2.1:1", "x").cause
    assert local_socket("tcp://h:1") is None


def test_only_the_usual_engine_is_started_by_doctor(tmp_path: Path) -> None:
    assert "repro doctor --fix" in not_running("unix:///var/run/docker.sock", "x").action
    for url in ("tcp://192.0.2.1:1", f"unix://{tmp_path}/own.sock"):
        assert "--fix" not in not_running(url, "x").action
