"""What a client may be led to: nowhere but to the server that the settings name."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from repro.errors import SettingsError, TicketBusyError, TicketError
from repro.ports import TicketSystem
from repro.settings import TicketSettings
from repro.ticket import rt, web
from repro.ticket.network import Network
from repro.ticket.systems import connector
from repro.ticket.tokens import Token, variable
from repro.ticket.web import address
from tests.services import Answer, Service
from tests.ticket_services import GitlabService

SECRET = "secret-token-1234"
#: Every kind that is asked by HTTP without TLS here, and a key of its tickets.
KEYS = {"github": "a/b#1", "gitlab": "a/b#1", "jira": "A-1", "redmine": "1", "rt": "1"}


class Redirecting(Service):
    """Sends everybody elsewhere."""

    def __init__(self, status: int, there: str) -> None:
        super().__init__()
        self.status, self.there = status, there

    def answer(self, method: str, path: str, query: dict[str, str], body: bytes) -> Answer:
        self.asked.append(f"{method} {path}")
        return Answer(self.status, headers={"Location": f"{self.there}{path}"})


@pytest.fixture
def thief() -> Iterator[GitlabService]:
    service = GitlabService()
    with service.serving():
        yield service


def a_system(kind: str, url: str) -> TicketSystem:
    connect = connector(kind)
    assert connect is not None
    token = Token("desk", kind, {variable("desk"): SECRET})
    return connect(TicketSettings(url=url, user="bot"), token, Network())


@pytest.mark.parametrize("status", [301, 302, 307, 308])
@pytest.mark.parametrize(("kind", "key"), KEYS.items())
def test_no_redirect_takes_the_token_to_another_server(
    thief: GitlabService, kind: str, key: str, status: int
) -> None:
    service = Redirecting(status, thief.base)
    with service.serving() as url:
        system = a_system(kind, url)
        with pytest.raises(TicketError) as reading:
            system.find(key, "repro: x · ")
        with pytest.raises(TicketError) as writing:
            system.create(key, "seen\n\nrepro: x · 01234567", public=True)
        system.close()
    assert service.asked
    assert thief.asked == []
    for caught in (reading, writing):
        assert type(caught.value) is TicketError, "trying again would not help"
        assert "url" in caught.value.action
        assert SECRET not in str(caught.value)


@pytest.mark.parametrize(("kind", "key"), KEYS.items())
def test_a_server_that_never_answers(kind: str, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (web, rt):
        monkeypatch.setattr(module, "TIMEOUT", (0.3, 0.3))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        system = a_system(kind, f"http://127.0.0.1:{silent.getsockname()[1]}")
        with pytest.raises(TicketBusyError) as caught:
            system.find(key, "repro: x · ")
        system.close()
    assert caught.value.cause


def test_a_page_that_is_said_to_be_elsewhere_is_not_asked_for(thief: GitlabService) -> None:
    class Straying(GitlabService):
        def answer(self, method: str, path: str, query: dict[str, str], body: bytes) -> Answer:
            made = super().answer(method, path, query, body)
            return Answer(made.status, made.content, {"Link": f'<{thief.base}/x>; rel="next"'})

    service = Straying()
    with service.serving() as url:
        system = a_system("gitlab", url)
        with pytest.raises(TicketError):
            system.find(service.key, "repro: x · ")
        system.close()
    assert thief.asked == []


def test_a_project_that_was_renamed_is_followed_on_its_server() -> None:
    class Renamed(GitlabService):
        def answer(self, method: str, path: str, query: dict[str, str], body: bytes) -> Answer:
            if "acme%2Fstore" in path:
                there = path.replace("store", "shop")
                return Answer(301, headers={"Location": f"{self.base}{there}"})
            return super().answer(method, path, query, body)

    service = Renamed()
    service.add("seen\n\nrepro: x · 01234567", public=True)
    with service.serving() as url:
        system = a_system("gitlab", url)
        assert len(system.find("acme/store#7", "repro: x · ")) == 1
        with pytest.raises(TicketError, match="could be added"):
            system.create("acme/store#7", "seen", public=True)
        system.close()
    assert len(service.comments) == 1


@pytest.mark.parametrize(
    "url",
    ["https://desk.example.com", "https://desk.example.com/", " https://desk.example.com// "],
)
def test_an_address_is_written_with_or_without_a_slash(url: str) -> None:
    assert address(TicketSettings(url=url), "Redmine") == "https://desk.example.com"


@pytest.mark.parametrize(
    "url",
    [
        "https://me:secret-1234@desk.example.com",
        "https://a.example.com/?key=secret-1234",
        "ftp://a",
    ],
)
def test_an_address_that_holds_more_than_an_address(url: str) -> None:
    with pytest.raises(SettingsError) as caught:
        address(TicketSettings(url=url), "Redmine")
    assert "secret-1234" not in str(caught.value)


class Below(GitlabService):
    """Not at the root of its server."""

    def answer(self, method: str, path: str, query: dict[str, str], body: bytes) -> Answer:
        if not path.startswith("/tools/git/"):
            return self.missing()
        return super().answer(method, path.removeprefix("/tools/git"), query, body)


@pytest.mark.parametrize("end", ["", "/"])
def test_a_system_below_a_path(end: str) -> None:
    service = Below()
    with service.serving() as url:
        system = a_system("gitlab", f"{url}/tools/git{end}")
        made = system.create(service.key, "seen\n\nrepro: x · 01234567", public=True)
        assert [each.id for each in system.find(service.key, "repro: x · ")] == [made.id]
        system.close()
