from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from repro.errors import ServiceError, SettingsError
from repro.notify import notify
from tests.servers import free_port

# What apprise itself imports.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
SECRET = "s3cr3t-w0rd"


class Service(HTTPServer):
    """Takes what it is sent, or does not."""

    status = 200

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.got: list[dict[str, str]] = []

    @property
    def address(self) -> str:
        return f"json://user:{SECRET}@127.0.0.1:{self.server_port}/path"


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, Service)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append(json.loads(body))
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_words: object) -> None: ...


@pytest.fixture
def service() -> Iterator[Service]:
    with Service() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_everybody_is_told_the_text_as_it_is(service: Service) -> None:
    body = "changed\n  black  debian-12  open  →  fixed in 24.8.1  <b>&\n"
    notify([service.address, service.address + "2"], "repro recheck: 1 changed", body)
    assert len(service.got) == 2
    assert service.got[0]["title"] == "repro recheck: 1 changed"
    assert service.got[0]["message"].rstrip() == body.rstrip()


@pytest.mark.parametrize("status", [401, 500])
def test_a_service_that_does_not_take_it_is_told_without_its_secret(
    service: Service, status: int, capfd: pytest.CaptureFixture[str]
) -> None:
    service.status = status
    with pytest.raises(ServiceError) as told:
        notify([service.address], "title", "body")
    assert SECRET not in str(told.value)
    assert SECRET not in "".join(capfd.readouterr())


def test_a_service_that_is_not_there(service: Service, capfd: pytest.CaptureFixture[str]) -> None:
    nowhere = f"json://user:{SECRET}@127.0.0.1:{free_port()}/"
    with pytest.raises(ServiceError, match="not everybody could be told") as told:
        notify([nowhere, service.address], "title", "body")
    assert len(service.got) == 1  # the others are told all the same
    assert SECRET not in str(told.value) + "".join(capfd.readouterr())


@pytest.mark.parametrize("address", [f"nonsense://{SECRET}", SECRET, "", "json://"])
def test_an_address_that_is_none_is_told_by_its_number(
    service: Service, address: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SettingsError, match="address 2") as told:
        notify([service.address, address], "title", "body")
    assert service.got == []
    assert SECRET not in str(told.value) + "".join(capfd.readouterr())


def test_apprise_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    with pytest.raises(SettingsError, match="not installed") as told:
        notify(["json://127.0.0.1"], "title", "body")
    assert "repro-cases[notify]" in told.value.action
