"""Plays back what a service's documentation says that it answers, one exchange after the other.

An exchange is ``ask: {method, path, query, json, form, headers}`` and ``answer: {status, headers,
json, text, cut}``.  What ``ask`` leaves out may be anything; ``query`` and ``json`` may hold more
than it says.  A request that is not the next one is answered with 599 and told at the end.
``{url}`` in an answer stands for the server's own address.
"""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

Exchange = dict[str, Any]


class Player:
    """A server on loopback, over TLS; ``wrong`` lists the requests that were not as recorded."""

    def __init__(self, exchanges: list[Exchange], certificate: Path) -> None:
        self.left = list(exchanges)
        self.wrong: list[str] = []
        self.asked: list[str] = []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"https://127.0.0.1:{self.server.server_port}"
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)

    def answer(self, request: BaseHTTPRequestHandler, body: bytes) -> Exchange:
        self.asked.append(f"{request.command} {request.path}")
        if not self.left:
            self.wrong.append(f"{self.asked[-1]}: nothing more was recorded")
            return {"status": 599}
        differs = "; ".join(differences(self.left[0]["ask"], request, body))
        if differs:
            self.wrong.append(f"{self.asked[-1]}: {differs}")
            return {"status": 599}
        found: Exchange = self.left.pop(0)["answer"]
        return found

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        player = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 30

            def _any(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                answer = player.answer(self, body)
                text = json.dumps(answer["json"]) if "json" in answer else answer.get("text", "")
                data = text.replace("{url}", player.url).encode()
                self.close_connection = True
                if answer.get("cut"):
                    return
                self.send_response(answer.get("status", 200))
                self.send_header("Connection", "close")
                self.send_header("Content-Length", str(len(data)))
                kind = "application/json" if "json" in answer else "text/html"
                for name, value in {"Content-Type": kind, **answer.get("headers", {})}.items():
                    self.send_header(name, str(value).replace("{url}", player.url))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _any  # noqa: N815

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        return Handler


def differences(
    wanted: dict[str, Any], request: BaseHTTPRequestHandler, body: bytes
) -> Iterator[str]:
    """In what a request is not the recorded one."""
    parts = urlsplit(request.path)
    if (request.command, parts.path) != (wanted["method"], wanted["path"]):
        yield f"expected {wanted['method']} {wanted['path']}"
        return
    query = {key: values[0] for key, values in parse_qs(parts.query).items()}
    for key, value in wanted.get("query", {}).items():
        if query.get(key) != str(value):
            yield f"query {key} is {query.get(key)!r}"
    for name, value in wanted.get("headers", {}).items():
        if request.headers.get(name) != value:
            yield f"header {name} is another"
    for piece in wanted.get("form", ()):
        if piece.encode() not in body:
            yield f"{piece!r} is not in the body"
    if "json" in wanted and not holds(json.loads(body or b"null"), wanted["json"]):
        yield f"the body is {body.decode()}"


def holds(whole: Any, part: Any) -> bool:
    """Whether a JSON value has all that the other has; null: the key is not there."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(
            key not in whole if value is None else key in whole and holds(whole[key], value)
            for key, value in part.items()
        )
    if isinstance(part, list):
        return (
            isinstance(whole, list)
            and len(whole) == len(part)
            and all(holds(*pair) for pair in zip(whole, part, strict=True))
        )
    return bool(whole == part)


@contextmanager
def playing(exchanges: list[Exchange], certificate: Path) -> Iterator[Player]:
    """The player, and at the end: everything was asked, and nothing else."""
    player = Player(exchanges, certificate)
    thread = threading.Thread(target=player.server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield player
    finally:
        player.server.shutdown()
        thread.join()
        player.server.server_close()
    assert not player.wrong, player.wrong
    assert not player.left, f"never asked: {[each['ask'] for each in player.left]}"
