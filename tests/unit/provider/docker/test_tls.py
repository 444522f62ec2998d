from __future__ import annotations

import hashlib
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from repro.errors import EngineError
from repro.provider.docker.endpoint import Endpoint
from repro.provider.docker.tls import TlsForward
from tests.tls import Certificates


def answer(connection: ssl.SSLSocket) -> None:
    """To a ping at once; to all else at its end, with its digest and as many bytes again."""
    with connection:
        received = connection.recv(65536)
        if received.startswith(b"GET /_ping"):
            connection.sendall(b"HTTP/1.0 200 OK\r\n\r\nOK")
            return
        while piece := connection.recv(65536):
            received += piece
        connection.sendall(hashlib.sha256(received).digest() + b"x" * len(received))


@pytest.fixture
def certificates(tmp_path: Path) -> Certificates:
    return Certificates(tmp_path / "authority")


@pytest.fixture
def server(certificates: Certificates) -> Iterator[int]:
    folder = certificates.issue("server")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")

    def serve(listening: socket.socket) -> None:
        while True:
            try:
                plain, _ = listening.accept()
            except OSError:
                return
            try:
                answer(context.wrap_socket(plain, server_side=True))
            except OSError:
                plain.close()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, args=(listening,))
        thread.start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)
        thread.join(20)


def everything(connection: socket.socket) -> bytes:
    received = bytearray()
    while piece := connection.recv(65536):
        received += piece
    return bytes(received)


@pytest.mark.parametrize("size", [1, 3_000_000])
def test_one_direction_ends_before_the_other(
    server: int, certificates: Certificates, size: int
) -> None:
    folder = certificates.issue("client")
    forward = TlsForward(Endpoint(f"tcp://127.0.0.1:{server}", folder))
    data = b"d" * size
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(60)
        connection.connect(forward.url.removeprefix("unix://"))
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        found = everything(connection)
    assert found[:32] == hashlib.sha256(data).digest()
    assert len(found) == 32 + size
    assert forward.said() == ""


def test_who_goes_away_takes_the_connection_along(server: int, certificates: Certificates) -> None:
    folder = certificates.issue("client")
    forward = TlsForward(Endpoint(f"tcp://127.0.0.1:{server}", folder))
    before = threading.active_count()
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(forward.url.removeprefix("unix://"))
        connection.sendall(b"d")
    for _ in range(200):
        if threading.active_count() <= before:
            return
        threading.Event().wait(0.05)
    pytest.fail("its thread goes on")


def test_another_authority_is_not_trusted(server: int, tmp_path: Path) -> None:
    folder = Certificates(tmp_path / "other").issue("client")
    endpoint = Endpoint(f"tcp://127.0.0.1:{server}", folder)
    with pytest.raises(EngineError, match="impostor"):
        TlsForward(endpoint)
    TlsForward(Endpoint(endpoint.url, folder, verify=False))


def test_what_speaks_no_tls_is_told_so(certificates: Certificates) -> None:
    folder = certificates.issue("client")
    with socket.create_server(("127.0.0.1", 0)) as plain:

        def serve() -> None:
            connection, _ = plain.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b"HTTP/1.0 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=serve)
        thread.start()
        with pytest.raises(EngineError, match="does not speak TLS") as caught:
            TlsForward(Endpoint(f"tcp://127.0.0.1:{plain.getsockname()[1]}", folder))
        thread.join()
    assert "unset DOCKER_TLS_VERIFY" in caught.value.action


def test_certificates_that_cannot_be_read_are_named(certificates: Certificates) -> None:
    folder = certificates.issue("client")
    (folder / "key.pem").write_text("nonsense")
    with pytest.raises(EngineError, match="cannot be used"):
        TlsForward(Endpoint("tcp://127.0.0.1:1", folder))
