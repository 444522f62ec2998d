from __future__ import annotations

import os
import socket
import threading
from pathlib import Path

import pytest

from repro.doctor import engine
from repro.errors import EngineError


@pytest.mark.parametrize(("answer", "up"), [(b"HTTP/1.0 200 OK\r\n\r\nOK", True), (b"", False)])
def test_an_engine_that_only_listens_is_not_up(
    answer: bytes, up: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "d.sock"
    monkeypatch.setattr(engine, "_SOCKET", path)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(1024)
                connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        assert engine._answers() is up
        thread.join()


@pytest.mark.parametrize(
    ("content", "name", "stays"),
    [
        ("999999999", "dockerd", False),
        ("this process", "dockerd", False),
        ("nonsense", "dockerd", False),
        ("this process", "its own name", True),
    ],
)
def test_the_pid_of_a_dead_engine_is_forgotten(
    content: str, name: str, stays: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "docker.pid"
    path.write_text(str(os.getpid()) if content == "this process" else content)
    if name == "its own name":
        name = Path("/proc/self/comm").read_text().strip()
    monkeypatch.setattr(engine, "_PID_FILES", {path: name})
    engine._forget_dead_daemon()
    assert path.exists() is stays


def test_no_socket_is_no_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_SOCKET", tmp_path / "no.sock")
    assert engine._answers() is False


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of programs that stand for the system's; systemd is in charge."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program(folder, "sudo", 'shift; exec "$@"')
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    monkeypatch.setattr(engine, "_SYSTEMD", tmp_path)
    monkeypatch.setattr(engine, "_SOCKET", tmp_path / "no.sock")
    return folder


def program(folder: Path, name: str, script: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


def test_a_unit_that_fails_is_told_in_the_engines_own_words(programs: Path) -> None:
    program(programs, "systemctl", "echo the job failed >&2; exit 1")
    program(programs, "journalctl", "echo failed to start daemon: no bridge")
    said: list[str] = []
    with pytest.raises(EngineError, match="systemctl enable --now") as caught:
        engine.start(said.append)
    assert said == ["starting docker by systemd"]
    assert caught.value.cause == "failed to start daemon: no bridge"
    assert "journalctl -u docker.service" in caught.value.action


def test_without_a_journal_systemds_words_are_told(programs: Path) -> None:
    program(programs, "systemctl", "echo Unit docker.service is masked. >&2; exit 1")
    program(programs, "journalctl", "exit 1")
    with pytest.raises(EngineError) as caught:
        engine.start(lambda _: None)
    assert caught.value.cause == "Unit docker.service is masked."


def test_a_unit_that_starts_but_does_not_answer_is_told(
    programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "_START_LIMIT", 0.5)
    program(programs, "systemctl", "exit 0")
    program(programs, "journalctl", "echo waiting for containerd")
    with pytest.raises(EngineError, match="does not answer") as caught:
        engine.start(lambda _: None)
    assert caught.value.cause == "waiting for containerd"
