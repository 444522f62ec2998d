from __future__ import annotations

from pathlib import Path

import pytest

from repro.settings import Proxy, Settings
from repro.ticket.network import Network

PROXY = Proxy(
    http="http://plain.example.com:3128",
    https="tls.example.com:3128",
    no_proxy="localhost,127.0.0.1,.intra.example.com,desk.example.com:8443",
)


@pytest.mark.parametrize(
    ("url", "proxy"),
    [
        ("http://a.example.com", "http://plain.example.com:3128"),
        ("https://a.example.com/path", "http://tls.example.com:3128"),
        ("https://localhost:8080", None),
        ("http://127.0.0.1/redmine", None),
        ("https://deep.intra.example.com", None),
        ("https://desk.example.com:8443", None),
        ("https://desk.example.com", "http://tls.example.com:3128"),
    ],
)
def test_which_proxy_an_address_is_asked_by(url: str, proxy: str | None) -> None:
    assert Network(proxy=PROXY).proxy_for(url) == proxy


def test_it_is_what_the_settings_say(tmp_path: Path) -> None:
    bundle = tmp_path / "ca.pem"
    settings = Settings(home=tmp_path, cache=tmp_path, ca_bundle=bundle, proxy=PROXY)
    assert Network.of(settings) == Network(bundle, PROXY)
    assert Network.of(settings).verify == str(bundle)
    assert Network().verify is True
