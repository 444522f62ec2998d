"""Small services on loopback that keep what they are told, and fail where they are told to."""

from __future__ import annotations

import json
import re
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass
class Asked:
    """A request: what its path held, its query, its body as JSON and as it came."""

    found: tuple[str, ...]
    query: dict[str, str]
    given: Any
    body: bytes


@dataclass
class Answer:
    """``cut``: the connection ends instead."""

    status: int = 200
    content: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False


Handle = Callable[[Asked], Answer]


class Service:
    """Answers by ``routes``: method and pattern of the path → what is done.

    ``before`` are answers that come in place of what a writing request asks for, ``after`` those
    that come although it was carried out; one a request.
    """

    def __init__(self) -> None:
        self.base = ""
        self.asked: list[str] = []
        self.before: list[Answer] = []
        self.after: list[Answer] = []

    def routes(self) -> dict[tuple[str, str], Handle]:
        """What it knows."""
        raise NotImplementedError

    def missing(self) -> Answer:
        """What it says of anything else."""
        return Answer(404, {"message": "Not Found"})

    def answer(self, method: str, path: str, query: dict[str, str], body: bytes) -> Answer:
        """Carry a request out, but for what is to fail."""
        self.asked.append(f"{method} {path}")
        writes = method != "GET"
        if writes and self.before:
            return self.before.pop(0)
        for (wanted, pattern), handle in self.routes().items():
            if wanted == method and (found := re.fullmatch(pattern, path)):
                done = handle(Asked(found.groups(), query, _json(body), body))
                return self.after.pop(0) if writes and self.after else done
        return self.missing()

    @contextmanager
    def serving(self, certificate: Path | None = None) -> Iterator[str]:
        """Serve; its address."""
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.base = f"http://127.0.0.1:{server.server_port}"
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
            server.socket = context.wrap_socket(server.socket, server_side=True)
            self.base = self.base.replace("http:", "https:")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield self.base
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


def _handler(service: Service) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 30

        def _any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            parts = urlsplit(self.path)
            query = {key: values[0] for key, values in parse_qs(parts.query).items()}
            made = service.answer(self.command, parts.path, query, body)
            self.close_connection = True
            if made.cut:
                return
            data = b"" if made.content is None else json.dumps(made.content).encode()
            self.send_response(made.status)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(data)))
            self.send_header("Connection", "close")
            for name, value in made.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _any  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    return Handler
