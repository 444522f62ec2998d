"""Each system against exchanges as its API's documentation has them (tests/exchanges)."""

from __future__ import annotations

import importlib.util
import logging
import traceback
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic_core import to_jsonable_python

from repro import errors
from repro.model.ticket import Comment, Upload
from repro.ports import TicketSystem
from repro.settings import TicketSettings
from repro.ticket.network import Network
from repro.ticket.systems import connector
from repro.ticket.tokens import Token, variable
from tests.exchange_server import holds, playing
from tests.servers import free_port
from tests.support import ROOT
from tests.tls import Certificates

SECRET = "secret-token-1234"
FILES = sorted((ROOT / "tests" / "exchanges").glob("*.yml"))
CONVERSATIONS = [
    pytest.param(path.stem, table, row, id=f"{path.stem}: {row['title']}")
    for path in FILES
    for table in [yaml.safe_load(path.read_text("utf-8"))]
    for row in table["conversations"]
]


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Certificates(tmp_path_factory.mktemp("ca")).issue("server")


def a_system(kind: str, url: str, settings: dict[str, Any], ca: Path) -> TicketSystem:
    connect = connector(kind)
    assert connect is not None
    token = Token("desk", kind, {variable("desk"): SECRET})
    return connect(TicketSettings(url=url, **settings), token, Network(ca))


def called(system: TicketSystem, call: dict[str, Any]) -> Any:
    [(name, given)] = call.items()
    arguments = dict(given)
    if "upload" in arguments:
        upload = arguments["upload"]
        arguments["upload"] = Upload(**{**upload, "data": upload["data"].encode()})
    if "comment" in arguments:
        arguments["comment"] = Comment(**arguments["comment"])
    return getattr(system, name)(**arguments)


@pytest.mark.parametrize(("kind", "table", "row"), CONVERSATIONS)
def test_conversation(
    kind: str,
    table: dict[str, Any],
    row: dict[str, Any],
    certificate: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    settings = row.get("settings", table["settings"])
    with playing(row["exchanges"], certificate) as player:
        system = a_system(kind, player.url, settings, certificate / "ca.pem")
        try:
            if "raises" in row:
                refused(system, row)
            else:
                given = called(system, row["call"])
                same(given, row["gives"], player.url)
        finally:
            system.close()
    if "echoes" not in row:
        assert SECRET not in caplog.text


def refused(system: TicketSystem, row: dict[str, Any]) -> None:
    with pytest.raises(errors.TicketError) as caught:
        called(system, row["call"])
    assert type(caught.value).__name__ == row["raises"], caught.value
    assert row.get("says", "") in str(caught.value)
    assert SECRET not in "".join(traceback.format_exception(caught.value))
    if "after" in row:
        assert isinstance(caught.value, errors.TicketBusyError)
        assert caught.value.after == row["after"]


def same(given: Any, wanted: Any, url: str) -> None:
    wanted = yaml.safe_load(yaml.safe_dump(wanted, width=10_000).replace("{url}", url))
    assert holds(to_jsonable_python(given), wanted), given


@pytest.mark.parametrize("kind", [path.stem for path in FILES])
def test_a_certificate_of_another_authority(kind: str, certificate: Path, tmp_path: Path) -> None:
    Certificates(tmp_path / "other")
    key = {"github": "a/b#1", "gitlab": "a/b#1", "jira": "SUP-1", "zendesk": "1"}[kind]
    with playing([], certificate) as player:
        system = a_system(kind, player.url, {"user": "x"}, tmp_path / "other" / "ca.pem")
        with pytest.raises(errors.TicketBusyError) as caught:
            system.find(key, "x")
        system.close()
    assert "certificate verify failed" in str(caught.value)
    assert "ca_bundle" in str(caught.value)


@pytest.mark.parametrize("kind", [path.stem for path in FILES])
def test_a_server_that_is_not_there(kind: str, certificate: Path) -> None:
    key = {"github": "a/b#1", "gitlab": "a/b#1", "jira": "SUP-1", "zendesk": "1"}[kind]
    url = f"https://127.0.0.1:{free_port()}"
    system = a_system(kind, url, {"user": "x"}, certificate / "ca.pem")
    with pytest.raises(errors.TicketBusyError) as caught:
        system.find(key, "x")
    system.close()
    assert "Connection refused" in str(caught.value)


@pytest.mark.parametrize("kind", ["jira", "zendesk"])
def test_a_system_without_an_address(kind: str, certificate: Path) -> None:
    with pytest.raises(errors.SettingsError, match="needs `url`"):
        a_system(kind, "", {}, certificate)


@pytest.mark.parametrize("kind", [path.stem for path in FILES])
def test_a_client_that_is_not_installed(
    kind: str, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(errors.SettingsError) as caught:
        a_system(kind, "https://desk.example.com", {}, certificate)
    assert "repro-cases[tickets]" in str(caught.value)
