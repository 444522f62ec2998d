from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from repro.provider.docker import forward
from repro.provider.docker.endpoint import Endpoint


@pytest.fixture
def short() -> Iterator[Path]:
    """A folder whose name leaves room for that of a socket (unix(7): 108 bytes)."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        yield Path(folder)


def test_folders_of_processes_that_are_gone_are_removed(
    short: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(short))
    used, left, begun, never = (forward.new_folder() for _ in range(4))
    with socket.socket(socket.AF_UNIX) as listening, socket.socket(socket.AF_UNIX) as gone:
        listening.bind(str(used / forward.SOCKET))
        listening.listen()
        gone.bind(str(left / forward.SOCKET))
        gone.close()
        os.utime(never, (0, 0))
        new = forward.new_folder()
    assert sorted(short.iterdir()) == sorted([used, begun, new])
    assert new.stat().st_mode & 0o077 == 0


def test_a_plain_socket_needs_no_way(tmp_path: Path) -> None:
    assert forward.to(Endpoint("unix:///var/run/docker.sock", tmp_path)) is None
    assert forward.to(Endpoint("tcp://192.0.2.1:2375")) is None
