"""A forward proxy on loopback, as companies have one; every host that it is asked for is here."""

from __future__ import annotations

import base64
import http.client
import select
import socket
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

#: A name that no resolver knows: who gets an answer from it has asked the proxy.
HOST = "desk.example.com"
_HOP = {
    "connection",
    "content-length",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "transfer-encoding",
}


class ForwardProxy:
    """Tunnels (CONNECT), and requests by absolute address (RFC 9112, 3.2.2).

    ``asked`` has a line for each.  With ``password``, it has to be given (user ``agent``).
    """

    def __init__(self, password: str = "") -> None:
        self.asked: list[str] = []
        self._wanted = f"Basic {base64.b64encode(f'agent:{password}'.encode()).decode()}"
        self._open = not password
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.address = f"127.0.0.1:{self._server.server_port}"
        self.url = f"http://{self.address}"

    @contextmanager
    def serving(self) -> Iterator[ForwardProxy]:
        """As long as the block."""
        thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            thread.join()
            self._server.server_close()

    def lets_in(self, authorization: str | None) -> bool:
        return self._open or authorization == self._wanted

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            timeout = 30

            def do_CONNECT(self) -> None:
                proxy.asked.append(f"CONNECT {self.path}")
                if self._let_in():
                    with _connection(int(self.path.rpartition(":")[2])) as there:
                        self.send_response(200)
                        self.end_headers()
                        _relay(self.connection, there)
                self.close_connection = True

            def _any(self) -> None:
                proxy.asked.append(f"{self.command} {self.path}")
                data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                self.close_connection = True
                if self._let_in():
                    self._pass_on(data)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _any  # noqa: N815

            def _let_in(self) -> bool:
                if proxy.lets_in(self.headers.get("Proxy-Authorization")):
                    return True
                self.send_response(407)
                self.send_header("Proxy-Authenticate", 'Basic realm="company"')
                self.send_header("Content-Length", "0")
                self.end_headers()
                return False

            def _pass_on(self, data: bytes) -> None:
                headers = _passed(self.headers.items())
                answer = _asked(self.command, self.path, data, headers)
                self.send_response(answer.status)
                for name, value in _passed(answer.getheaders()).items():
                    self.send_header(name, value)
                body = answer.read()
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Nothing is printed."""

        return Handler


def _passed(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Those that are not between two neighbours alone."""
    return {name: value for name, value in headers if name.lower() not in _HOP}


def _asked(
    method: str, address: str, data: bytes, headers: dict[str, str]
) -> http.client.HTTPResponse:
    parts = urlsplit(address)
    there = http.client.HTTPConnection("127.0.0.1", parts.port or 80, timeout=60)
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    there.request(method, target, data, {**headers, "Connection": "close"})
    return there.getresponse()


def _connection(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=30)


def _relay(one: socket.socket, other: socket.socket) -> None:
    """Both ways, until either side is done, or silent for half a minute."""
    opposite = {one: other, other: one}
    while ready := select.select([*opposite], [], [], 30)[0]:
        for each in ready:
            data = each.recv(2**16)
            if not data:
                return
            opposite[each].sendall(data)
