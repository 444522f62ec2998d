"""Engines behind TLS: a local socket whose connections are carried on through TLS.

Two who speak to the engine cannot do so over TLS themselves: Ansible's connection never ends the
input of a command, since a socket of Python's cannot close one direction alone; and the SDK lets
``REQUESTS_CA_BUNDLE`` stand in for the engine's own CA.
"""

from __future__ import annotations

import atexit
import contextlib
import select
import socket
import ssl
import threading
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from repro.errors import EngineError
from repro.provider.docker import forward
from repro.provider.docker.endpoint import Endpoint, not_running

#: Seconds that the engine gets to accept a connection and greet.
_PATIENCE = 30.0
_CHUNK = 64 * 1024
#: Bytes that wait for a side that does not read, before the other is no longer read either.
_WAITING = 1 << 20


class TlsForward:
    """Implements ``repro.provider.docker.forward.Forward`` by threads of this process.

    Raises EngineError where the engine is not there, either side's certificate is not accepted,
    or the certificates cannot be read.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        parts = urlsplit(endpoint.url)
        self._address = (parts.hostname or "", parts.port or 2376)
        self._context = _context(endpoint)
        self._said = ""
        self._try()
        self._folder = forward.new_folder()
        atexit.register(self._close)
        self._socket = self._folder / forward.SOCKET
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(str(self._socket))
        self._server.listen(128)
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def url(self) -> str:
        """The local address."""
        return f"unix://{self._socket}"

    def alive(self) -> bool:
        """As long as this process is."""
        return True

    def said(self) -> str:
        """Why a connection could not be carried on, the last time."""
        return self._said

    def _try(self) -> None:
        """Ask once: with TLS 1.3, a client's certificate is refused only after the greetings."""
        try:
            with (
                socket.create_connection(self._address, _PATIENCE) as plain,
                self._context.wrap_socket(plain, server_hostname=self._address[0]) as connection,
            ):
                connection.sendall(b"GET /_ping HTTP/1.0\r\n\r\n")
                connection.recv(_CHUNK)
        except OSError as error:
            raise refused(self._endpoint, error) from error

    def _serve(self) -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                near, _ = self._server.accept()
                threading.Thread(target=self._carry, args=(near,), daemon=True).start()

    def _carry(self, near: socket.socket) -> None:
        with near:
            try:
                with socket.create_connection(self._address, _PATIENCE) as far:
                    relay = Relay(near, far)
                    relay.greet(self._context, self._address[0])
                    self._said = ""
                    relay.run()
            except OSError as error:
                self._said = str(error)

    def _close(self) -> None:
        self._server.close()
        self._socket.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            self._folder.rmdir()


class Relay:
    """Carries bytes between a plain connection and one with TLS, each direction to its own end."""

    def __init__(self, near: socket.socket, far: socket.socket) -> None:
        self._near = near
        self._far = far
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls: ssl.SSLObject
        self._to_near, self._to_far = bytearray(), bytearray()
        self._near_ended = self._far_ended = False

    def greet(self, context: ssl.SSLContext, name: str) -> None:
        """Agree on keys with the far side.  Raises OSError, of which ssl.SSLError is one."""
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=name)
        greeted = False
        while not greeted:
            greeted = self._waits(self._tls.do_handshake)
            self._far.sendall(self._outgoing.read())
            if not greeted:
                self._feed(self._far.recv(_CHUNK))

    def run(self) -> None:
        """Until both directions have ended, or the near side is gone.  Raises OSError."""
        self._near.settimeout(0)
        self._far.settimeout(0)
        self._read()  # what came with the last greeting
        while not (self._far_ended and not self._to_near):
            near, far = self._poll()
            if near & select.POLLHUP and (self._near_ended or not near & select.POLLIN):
                return
            if near & select.POLLIN:
                self._take_near()
            if far & (select.POLLIN | select.POLLHUP | select.POLLERR):
                self._take_far()
            self._give(self._near, self._to_near)
            self._give(self._far, self._to_far)

    def _poll(self) -> tuple[int, int]:
        """What each side is ready for; an end of the near side is told whatever is asked for."""
        near = far = 0
        if not self._near_ended and len(self._to_far) < _WAITING:
            near |= select.POLLIN
        if not self._far_ended and len(self._to_near) < _WAITING:
            far |= select.POLLIN
        near |= select.POLLOUT if self._to_near else 0
        far |= select.POLLOUT if self._to_far else 0
        poll = select.poll()
        poll.register(self._near, near)
        if far:
            poll.register(self._far, far)
        found = dict(poll.poll())
        return found.get(self._near.fileno(), 0), found.get(self._far.fileno(), 0)

    def _take_near(self) -> None:
        data = self._near.recv(_CHUNK)
        if data:
            self._tls.write(data)
        else:
            self._near_ended = True
            # Tells the far side that no more comes, and returns without waiting for its answer:
            # all that came has been read.
            self._waits(self._tls.unwrap)
        self._to_far += self._outgoing.read()

    def _take_far(self) -> None:
        self._feed(self._far.recv(_CHUNK))
        self._read()
        self._to_far += self._outgoing.read()

    def _feed(self, data: bytes) -> None:
        if data:
            self._incoming.write(data)
        else:
            self._incoming.write_eof()

    def _read(self) -> None:
        while not self._far_ended:
            try:
                data = self._tls.read(_CHUNK)
            except ssl.SSLWantReadError:
                return
            except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
                data = b""
            self._to_near += data
            self._far_ended = not data

    def _waits(self, act: Callable[[], object]) -> bool:
        """Whether it was done at once."""
        try:
            act()
        except ssl.SSLWantReadError:
            return False
        return True

    def _give(self, side: socket.socket, waiting: bytearray) -> None:
        if waiting:
            with contextlib.suppress(BlockingIOError):
                del waiting[: side.send(waiting)]


def _context(endpoint: Endpoint) -> ssl.SSLContext:
    folder = endpoint.tls or Path()
    ca, cert, key = (folder / name for name in ("ca.pem", "cert.pem", "key.pem"))
    if not any(path.exists() for path in (ca, cert)):
        raise EngineError(
            f"the container engine at {endpoint.url} cannot be reached",
            cause=f"TLS is asked for, but {folder} holds neither ca.pem nor cert.pem",
            action="correct DOCKER_CERT_PATH or the context, or unset DOCKER_TLS_VERIFY",
        )
    try:
        context = ssl.create_default_context(cafile=str(ca) if ca.exists() else None)
        if cert.exists():
            context.load_cert_chain(cert, key)
    except OSError as error:
        raise EngineError(
            f"the certificates in {folder} cannot be used",
            cause=str(error),
            action="ca.pem, cert.pem and key.pem must be PEM files, and the key that of cert.pem",
        ) from error
    # Python 3.13 asks more of certificates than engines, and their own manual, do.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if not endpoint.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def refused(endpoint: Endpoint, error: OSError) -> EngineError:
    """The error for an engine with which no TLS connection comes about."""
    if not isinstance(error, ssl.SSLError):
        return not_running(endpoint.url, error)
    folder = endpoint.tls
    if isinstance(error, ssl.SSLCertVerificationError):
        what = f"the container engine at {endpoint.url} cannot be told from an impostor"
        cause = f"its certificate is not valid by {folder}/ca.pem: {error.verify_message}"
        action = f"put the CA of that engine into {folder}/ca.pem, and use the name it was made for"
    elif "ALERT" in (error.reason or ""):
        what = f"the container engine at {endpoint.url} refused this client"
        cause = f"it does not accept {folder}/cert.pem: {error.reason}"
        action = f"put a certificate that the engine's CA issued, and its key, into {folder}"
    else:
        what = f"the container engine at {endpoint.url} does not speak TLS as it should"
        cause = f"{error.reason or error}"
        action = "unset DOCKER_TLS_VERIFY for an engine without TLS, or correct the port"
    return EngineError(what, cause=cause, action=action)
