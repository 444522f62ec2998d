"""A registry on loopback: real sockets, answers from a table, and troubles as they are told."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

SIMPLE = "application/vnd.pypi.simple.v1+json"


@dataclass
class Reply:
    """``half``: the connection ends after half of the body; ``drop``: before any of it."""

    status: int = 200
    kind: str = "application/json"
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    half: bool = False
    drop: bool = False
    hang: bool = False


class Registry:
    """Answers GETs from ``answers``; what stands in ``first`` of a path is answered before that.

    A reply with an ETag or a Last-Modified header is conditional.
    """

    def __init__(self) -> None:
        self.answers: dict[str, Reply] = {}
        self.first: dict[str, list[Reply]] = {}
        self.asked: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.statuses: list[int] = []
        self.sent = 0
        self.woken = threading.Event()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.host = f"127.0.0.1:{self.server.server_port}"
        self.url = f"http://{self.host}"

    def json(
        self, path: str, content: object, kind: str = "application/json", **headers: str
    ) -> None:
        named = {key.replace("_", "-"): value for key, value in headers.items()}
        self.answers[path] = Reply(kind=kind, body=json.dumps(content).encode(), headers=named)

    def reply(self, path: str) -> Reply:
        if self.first.get(path):
            return self.first[path].pop(0)
        return self.answers.get(path, Reply(404, "text/plain", b"no"))

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        registry = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                registry.asked.append(self.path)
                registry.headers.append({key.lower(): self.headers[key] for key in self.headers})
                reply = registry.reply(self.path)
                if reply.hang:
                    registry.woken.wait(30)
                if reply.drop or reply.hang:
                    self.connection.shutdown(socket.SHUT_RDWR)
                    self.close_connection = True
                    return
                self._answer(reply)

            def _answer(self, reply: Reply) -> None:
                same = any(
                    value is not None and value == self.headers.get(asked)
                    for asked, value in (
                        ("If-None-Match", reply.headers.get("ETag")),
                        ("If-Modified-Since", reply.headers.get("Last-Modified")),
                    )
                )
                status, body = (304, b"") if same else (reply.status, reply.body)
                registry.statuses.append(status)
                self.send_response(status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                if not same:
                    self.send_header("Content-Type", reply.kind)
                    self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                body = body[: len(body) // 2] if reply.half else body
                registry.sent += len(body)
                self.wfile.write(body)
                self.close_connection = True

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        return Handler


@contextmanager
def serving(certificate: Path | None = None) -> Iterator[Registry]:
    """With a ``certificate``, and its key in the same file, over TLS."""
    found = Registry()
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        found.server.socket = context.wrap_socket(found.server.socket, server_side=True)
        found.url = f"https://{found.host}"
    thread = threading.Thread(target=found.server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield found
    finally:
        found.woken.set()
        found.server.shutdown()
        thread.join()
        found.server.server_close()


def file(version: str, *, yanked: bool = False, day: int = 1, kind: str = "") -> dict[str, object]:
    name = f"demo-{version}-py3-none-any.whl" if kind == "wheel" else f"demo-{version}.tar.gz"
    return {
        "filename": name,
        "url": f"https://mirror.example/{name}",
        "hashes": {},
        "yanked": yanked,
        "upload-time": f"2024-01-{day:02}T10:00:00.000000Z",
    }


def pypi(registry: Registry, *files: dict[str, object], **headers: str) -> None:
    content = {"meta": {"api-version": "1.1"}, "name": "demo", "files": list(files)}
    registry.json("/simple/demo/", content, SIMPLE, **headers)
