"""Every ticket system by the proxy of the settings, and past it where ``no_proxy`` says so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from repro.errors import TicketError
from repro.ports import TicketSystem
from repro.settings import Proxy, Settings, TicketSettings
from repro.ticket.systems import open_system
from repro.ticket.tokens import variable
from tests.exchange_server import playing
from tests.forward_proxy import HOST, ForwardProxy
from tests.redmine_server import RedmineServer
from tests.rt_server import RtServer
from tests.ticket_services import GitlabService, JiraService, TicketService, ZendeskService
from tests.tls import Certificates

SERVICES: dict[str, type[TicketService]] = {
    "gitlab": GitlabService,
    "jira": JiraService,
    "zendesk": ZendeskService,
}
KINDS = [
    *SERVICES,
    "github",
    pytest.param("redmine", marks=pytest.mark.xdist_group("redmine")),
    pytest.param("rt", marks=pytest.mark.xdist_group("rt")),
]
NO_COMMENTS: list[dict[str, Any]] = [
    {
        "ask": {"method": "GET", "path": "/api/v3/repos/a/b/issues/1/comments"},
        "answer": {"json": []},
    }
]


@dataclass
class Desk:
    """A ticket system that runs here, on ``url``; asked for a ticket's comments."""

    kind: str
    url: str
    key: str
    token: str
    ca: Path
    folder: Path

    def named(self) -> str:
        """Its address by a name that only the proxy knows."""
        return self.url.replace("127.0.0.1", HOST)

    def find(self, url: str, proxy: Proxy) -> int:
        """How many comments of ours there are."""
        own = TicketSettings(kind=self.kind, url=url, user="agent")
        settings = Settings(
            home=self.folder,
            cache=self.folder,
            tickets={"desk": own},
            ca_bundle=self.ca,
            proxy=proxy,
        )
        with closing(self._open(settings)) as system:
            return len(system.find(self.key, "repro note: a-case · "))

    def _open(self, settings: Settings) -> TicketSystem:
        return open_system(settings, "desk", {variable("desk"): self.token})


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Certificates(tmp_path_factory.mktemp("ca")).issue("server")


@pytest.fixture(params=KINDS)
def desk(request: pytest.FixtureRequest, certificate: Path, tmp_path: Path) -> Iterator[Desk]:
    kind, ca = request.param, certificate / "ca.pem"
    make: Callable[[str, str, str], Desk] = lambda url, key, token: Desk(  # noqa: E731
        kind, url, key, token, ca, tmp_path
    )
    if kind in SERVICES:
        service = SERVICES[kind]()
        with service.serving(certificate) as url:
            yield make(url, service.key, "a-token")
    elif kind == "github":
        with playing(NO_COMMENTS, certificate) as player:
            yield make(player.url, "a/b#1", "a-token")
    elif kind == "redmine":
        redmine: RedmineServer = request.getfixturevalue("redmine_server")
        yield make(redmine.url, redmine.issue(), redmine.tokens["agent"])
    else:
        rt: RtServer = request.getfixturevalue("rt_server")
        yield make(rt.url, rt.ticket(), rt.tokens["agent"])


@pytest.fixture(autouse=True)
def _dead_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the environment says has been looked at by the settings: nobody looks there again."""
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
        monkeypatch.setenv(name.upper(), "http://127.0.0.1:9")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/dev/null")
    monkeypatch.setenv("no_proxy", HOST)


@pytest.mark.parametrize("written", ["http://{}", "{}"])
def test_a_system_is_asked_by_the_proxy(desk: Desk, written: str) -> None:
    with ForwardProxy().serving() as proxy:
        named = written.format(proxy.address)
        assert desk.find(desk.named(), Proxy(http=named, https=named)) == 0
    assert proxy.asked
    assert all(HOST in line for line in proxy.asked)


def test_loopback_is_no_exception_of_its_own(desk: Desk) -> None:
    with ForwardProxy().serving() as proxy:
        named = Proxy(http=proxy.url, https=proxy.url, no_proxy="")
        assert desk.find(desk.url, named) == 0
    assert proxy.asked


@pytest.mark.parametrize("no_proxy", ["localhost,127.0.0.1", "*", "example.com, 127.0.0.1"])
def test_what_is_excepted_is_asked_directly(desk: Desk, no_proxy: str) -> None:
    with ForwardProxy().serving() as proxy:
        named = Proxy(http=proxy.url, https=proxy.url, no_proxy=no_proxy)
        assert desk.find(desk.url, named) == 0
    assert proxy.asked == []


def test_a_proxy_that_asks_who_it_is(desk: Desk) -> None:
    with ForwardProxy("pass-1234").serving() as proxy:
        named = f"http://agent:pass-1234@{proxy.address}"
        assert desk.find(desk.named(), Proxy(http=named, https=named)) == 0
    assert proxy.asked


@pytest.mark.parametrize("there", [True, False])
def test_what_a_proxy_refuses_is_told_without_its_password(
    certificate: Path, tmp_path: Path, there: bool
) -> None:
    with ForwardProxy("pass-1234").serving() as proxy:
        address = proxy.address if there else "127.0.0.1:9"
        wrong = f"http://agent:wrong-5678@{address}"
        for kind in ("redmine", "rt", "gitlab", "github", "jira", "zendesk"):
            key = {"gitlab": "a/b#1", "github": "a/b#1", "jira": "A-1"}.get(kind, "1")
            ca = certificate / "ca.pem"
            for scheme in ("https", "http") if kind != "zendesk" else ("https",):
                desk = Desk(kind, "", key, "a-token", ca, tmp_path)
                with pytest.raises(TicketError) as caught:
                    desk.find(f"{scheme}://{HOST}", Proxy(http=wrong, https=wrong))
                assert "wrong-5678" not in str(caught.value)
                assert caught.value.cause
