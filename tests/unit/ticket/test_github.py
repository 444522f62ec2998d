from __future__ import annotations

import pytest

from repro.errors import SettingsError
from repro.settings import TicketSettings
from repro.ticket.github import api_address, connect
from repro.ticket.network import Network
from repro.ticket.tokens import Token


@pytest.mark.parametrize(
    ("url", "api"),
    [
        (None, "https://api.github.com"),
        ("https://api.github.com/", "https://api.github.com"),
        ("https://api.acme.ghe.com", "https://api.acme.ghe.com"),
        ("https://acme.ghe.com", "https://api.acme.ghe.com"),
        ("https://github.com/", "https://api.github.com"),
        ("https://notgithub.com", "https://notgithub.com/api/v3"),
        ("https://github.example.com", "https://github.example.com/api/v3"),
        ("https://github.example.com/api/v3/", "https://github.example.com/api/v3"),
    ],
)
def test_where_its_api_is(url: str | None, api: str) -> None:
    assert api_address(TicketSettings(url=url)) == api


def test_an_address_that_is_none() -> None:
    with pytest.raises(SettingsError, match="https://"):
        connect(TicketSettings(url="github.example.com"), Token("github", "github", {}), Network())


def test_nothing_is_asked_before_there_is_something_to_ask() -> None:
    system = connect(TicketSettings(), Token("github", "github", {}), Network())
    assert system.files("a/b#1") == {}
    system.close()
