"""A proxy on loopback in front of a real server, which fails as it is told."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal

import httpx

#: ``refuse``: an answer with ``status``, and nothing is passed on.  ``lose``: it is passed on, and
#: what comes back is not: an answer with ``status``.  ``cut``: passed on, and the connection ends.
#: ``swallow``: the connection ends, and nothing was passed on.
Kind = Literal["refuse", "lose", "cut", "swallow"]
_NOT_PASSED = {"connection", "transfer-encoding", "content-encoding", "content-length", "host"}


@dataclass
class Fault:
    """What happens to a request that writes, to a path with ``path`` in it, after ``skip`` such."""

    kind: Kind
    status: int = 500
    path: str = ""
    skip: int = 0
    headers: dict[str, str] = field(default_factory=dict)


class FaultyProxy:
    """``faults`` are used up one after the other; without one it passes everything on."""

    def __init__(self, upstream: str) -> None:
        self.upstream = upstream
        self.faults: list[Fault] = []
        self.requests: list[str] = []
        self._lock = threading.Lock()
        self._client = httpx.Client(trust_env=False, timeout=60)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._client.close()

    def next_fault(self, method: str, path: str) -> Fault | None:
        with self._lock:
            if not self.faults or method == "GET" or self.faults[0].path not in path:
                return None
            if self.faults[0].skip:
                self.faults[0].skip -= 1
                return None
            return self.faults.pop(0)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            def handle_one(self) -> None:
                data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                proxy.requests.append(f"{self.command} {self.path}")
                fault = proxy.next_fault(self.command, self.path)
                if fault is None or fault.kind in ("lose", "cut"):
                    answer = proxy.pass_on(self.command, self.path, dict(self.headers), data)
                if fault is None:
                    self.reply(answer.status_code, dict(answer.headers), answer.content)
                elif fault.kind in ("refuse", "lose"):
                    self.reply(fault.status, fault.headers, b"told to fail")
                self.close_connection = True

            do_GET = do_POST = do_PUT = do_DELETE = handle_one  # noqa: N815

            def reply(self, status: int, headers: dict[str, str], data: bytes) -> None:
                self.send_response(status)
                for name, value in headers.items():
                    if name.lower() not in _NOT_PASSED:
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(data)))
                self.send_header("Connection", "close")
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Nothing is printed."""

        return Handler

    def pass_on(
        self, method: str, path: str, headers: dict[str, str], data: bytes
    ) -> httpx.Response:
        kept = {name: value for name, value in headers.items() if name.lower() not in _NOT_PASSED}
        return self._client.request(method, f"{self.upstream}{path}", headers=kept, content=data)


@contextmanager
def faulty(upstream: str) -> Iterator[FaultyProxy]:
    """A proxy for a server, as long as the block."""
    made = FaultyProxy(upstream)
    try:
        yield made
    finally:
        made.close()
