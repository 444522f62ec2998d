"""A connection that the engine hands over: the output of a command, or of a main process."""

from __future__ import annotations

import contextlib
import select
import socket
import struct
import threading
from typing import Any

from repro.ports import OutputSink

_CHUNK = 256 * 1024
_HEADER = struct.Struct(">BxxxI")
_NAMES = {1: "stdout", 2: "stderr"}


class Stream:
    """Both directions of a hijacked connection (Docker Engine API, "Attach to a container")."""

    def __init__(self, raw: Any) -> None:
        self._raw = raw
        self._socket: socket.socket = getattr(raw, "_sock", raw)
        self._early = self._read_ahead(raw)

    def _read_ahead(self, raw: Any) -> bytes:
        """What came together with the HTTP header and already lies in http.client's buffer."""
        response = getattr(raw, "_response", None)
        if response is None:
            return b""
        self._socket.settimeout(0)
        try:
            return bytes(response.raw._fp.fp.peek())  # noqa: SLF001 - the SDK offers no other way
        except (OSError, ValueError):
            return b""
        finally:
            self._socket.settimeout(None)

    def receive(self, timeout: float) -> bytes | None:
        """The next bytes; b"" where none came in ``timeout`` seconds, None at the end."""
        if self._early:
            early, self._early = self._early, b""
            return early
        try:
            return (self._socket.recv(_CHUNK) or None) if self._readable(timeout) else b""
        except (OSError, ValueError):
            return None

    def _readable(self, timeout: float) -> bool:
        """Polled, since a time-out of the socket would also hold for who sends meanwhile."""
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        return bool(poll.poll(timeout * 1000))

    def send(self, data: bytes) -> None:
        """Send all.  Raises OSError."""
        self._socket.sendall(data)

    def feed(self, data: bytes) -> None:
        """Send all, then the end of input, beside what is being received."""
        threading.Thread(target=self._feed, args=(data,), daemon=True).start()

    def _feed(self, data: bytes) -> None:
        with contextlib.suppress(OSError):
            self._socket.sendall(data)
            self._socket.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """Let go of it.  May be called again."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        response = getattr(self._raw, "_response", None)
        # The socket stays open as long as any of the objects that the SDK made of it.
        for each in (response, self._raw, self._socket):
            if each is not None:
                with contextlib.suppress(OSError):
                    each.close()


class Demultiplexer:
    """Takes apart what the engine weaves together: 8 bytes of header, then a piece of a stream."""

    def __init__(self, sink: OutputSink) -> None:
        self._sink = sink
        self._header = b""
        self._left = 0
        self._name = ""

    def feed(self, data: bytes) -> None:
        """Hand on the pieces in ``data``; a header or piece may be spread over several calls."""
        view = memoryview(data)
        while view:
            if self._left == 0:
                view = self._begin(view)
                continue
            piece, view = view[: self._left], view[self._left :]
            self._left -= len(piece)
            if self._name:
                self._sink(self._name, bytes(piece))

    def _begin(self, view: memoryview) -> memoryview:
        missing = _HEADER.size - len(self._header)
        self._header += bytes(view[:missing])
        if len(self._header) == _HEADER.size:
            kind, self._left = _HEADER.unpack(self._header)
            self._name = _NAMES.get(kind, "")
            self._header = b""
        return view[missing:]
