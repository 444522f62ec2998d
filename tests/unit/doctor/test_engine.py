from __future__ import annotations

import os
import socket
import threading
from pathlib import Path

import pytest

from repro.doctor import engine


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
