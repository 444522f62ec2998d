from __future__ import annotations

import http.server
import socketserver
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from repro.errors import EngineError
from repro.provider.docker import engine
from repro.provider.docker.endpoint import Endpoint
from repro.provider.docker.engine import Engine
from repro.provider.docker.images import PullProgress


def message(status: str, layer: str, current: int = 0, total: int = 0) -> dict[str, Any]:
    detail = {"current": current, "total": total} if total else {}
    return {"status": status, "id": layer, "progressDetail": detail}


def lines(messages: list[dict[str, Any]]) -> list[str]:
    progress = PullProgress()
    return [line for each in messages if (line := progress.line(each))]


def test_a_small_first_layer_does_not_silence_the_large_ones() -> None:
    told = [message("Downloading", "a", 1_000_000, 1_000_000)]
    told += [message("Downloading", "b", step * 1_000_000, 100_000_000) for step in range(100)]
    found = lines([*told, message("Download complete", "b")])
    assert 8 <= len(found) <= 12
    assert found[-1].endswith(" of 101 MB")


def test_many_small_layers_and_messages_make_few_lines() -> None:
    told = [
        message(status, str(layer), step * 10_000, 1_000_000)
        for layer in range(120)
        for status in ("Downloading", "Extracting")
        for step in range(1, 101)
    ]
    assert len(lines(told)) <= 120


def test_unpacking_is_told_apart_from_loading() -> None:
    told = [message("Downloading", "a", 50_000_000, 50_000_000)]
    told += [message("Extracting", "a", 25_000_000, 50_000_000), message("Pull complete", "a")]
    assert lines(told) == [
        "loaded 50 of 50 MB", "unpacked 25 of 50 MB", "unpacked 50 of 50 MB",
    ]  # fmt: skip


def test_a_retry_is_told_once_a_layer() -> None:
    told = [message(f"Retrying in {left} seconds", layer) for layer in "ab" for left in (3, 2, 1)]
    assert [line.split()[1] for line in lines(told)] == ["a", "b"]


def test_what_is_there_already_and_what_is_not_known_say_nothing() -> None:
    assert lines([message("Already exists", "a"), {"status": "Digest: sha256:1"}, {}]) == []


class Slow(http.server.BaseHTTPRequestHandler):
    """An engine that is silent before its answer to a pull, and between two words of it."""

    protocol_version = "HTTP/1.1"
    pauses: tuple[float, float]

    def do_GET(self) -> None:
        self.begin("Content-Length", "22")
        self.wfile.write(b'{"ApiVersion": "1.41"}')

    def do_POST(self) -> None:
        time.sleep(self.pauses[0])
        self.begin("Transfer-Encoding", "chunked")
        for pause, word in ((0, b'{"status": "a"}'), (self.pauses[1], b'{"status": "b"}')):
            time.sleep(pause)
            self.wfile.write(b"%x\r\n%s\r\n" % (len(word), word))
        self.wfile.write(b"0\r\n\r\n")

    def begin(self, name: str, value: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header(name, value)
        self.end_headers()

    def log_message(self, *words: object) -> None:
        """Unix sockets have no address to log."""


class Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True

    def handle_error(self, *of: object) -> None:
        """The client went away, as it should."""


def pulled(folder: Path, pauses: tuple[float, float]) -> list[str]:
    path = str(folder / "engine.sock")
    handler = type("Handler", (Slow,), {"pauses": pauses})
    with Server(path, handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            return [each["status"] for each in Engine(Endpoint(f"unix://{path}")).pull("x", "1")]
        finally:
            server.shutdown()


def test_an_engine_that_unpacks_may_be_silent_for_longer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "_PULL_PATIENCE", 3)
    assert pulled(tmp_path, (0, 4)) == ["a", "b"]


def test_a_first_word_that_does_not_come_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "_PULL_PATIENCE", 3)
    with pytest.raises(EngineError, match="cannot be reached"):
        pulled(tmp_path, (30, 0))
