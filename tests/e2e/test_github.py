"""GitHub's calls, each request and response held against its published OpenAPI description."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from repro.errors import TicketAuthError, TicketBusyError, TicketGoneError
from repro.model.ticket import Comment
from repro.ports import TicketSystem
from repro.settings import TicketSettings
from repro.ticket.github import connect
from repro.ticket.message import Message
from repro.ticket.network import Network
from repro.ticket.send import send
from repro.ticket.tokens import Token, variable
from tests.github_server import Github, validated_github
from tests.services import Answer
from tests.tickets import a_message as any_message

pytestmark = pytest.mark.xdist_group("prism")
KEY = "acme/shop#7"
SECRET = "ghp_" + "0" * 36


@pytest.fixture(scope="module", params=["api.github.com", "ghes-3.19"])
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Github]:
    with validated_github(request.param, tmp_path_factory.mktemp("prism")) as started:
        yield started


@pytest.fixture
def github(server: Github) -> Github:
    server.clear()
    return server


@pytest.fixture
def system(github: Github) -> Iterator[TicketSystem]:
    token = Token("github", "github", {variable("github"): SECRET})
    made = connect(TicketSettings(url=github.proxy), token, Network())
    yield made
    made.close()


def a_message(text: str) -> Message:
    return any_message(text, ticket=f"github:{KEY}", public=True)


def bodies(github: Github) -> list[str]:
    return [each["body"] for each in github.comments[7]]


def test_one_comment_is_made_then_changed_then_left_alone(
    github: Github, system: TicketSystem
) -> None:
    github.add(7, "a customer's words", "customer")
    assert send(system, a_message("reproduced")).action == "created"
    assert send(system, a_message("reproduced on 2.1 too")).action == "updated"
    assert send(system, a_message("reproduced on 2.1 too")).action == "unchanged"
    assert len(bodies(github)) == 2
    assert bodies(github)[1].startswith("reproduced on 2.1 too")


def test_a_comment_that_quotes_ours_is_not_ours(github: Github, system: TicketSystem) -> None:
    quoted = a_message("reproduced")
    github.add(7, f"> {quoted.marker}", "customer")
    assert send(system, quoted).action == "created"


def test_ours_are_found_among_many(github: Github, system: TicketSystem) -> None:
    for number in range(250):
        github.add(7, f"comment {number}", "customer")
    github.add(7, "old\n\nrepro: a-case · 00000000", github.login)
    github.add(7, "> new\n>\n> repro: a-case · 11111111", github.login)
    github.add(7, "new\n\nrepro: a-case · 11111111", github.login)
    for number in range(120):
        github.add(7, f"later {number}", "customer")
    found = system.find(KEY, "repro: a-case · ")
    assert [each.body.split("\n")[0] for each in found] == ["old", "new"]
    assert len([line for line in github.asked if line.endswith("/comments")]) == 4


@pytest.mark.parametrize("texts", [("one", "one"), ("one", "two")], ids=["same", "different"])
def test_two_machines_at_once_end_with_one_comment(
    github: Github, system: TicketSystem, monkeypatch: pytest.MonkeyPatch, texts: tuple[str, str]
) -> None:
    """The other one's comment comes between our look and our comment."""
    create = system.create

    def late(key: str, body: str, *, public: bool) -> Comment:
        github.add(7, a_message(texts[0]).body(str, 1000), github.login)
        return create(key, body, public=public)

    monkeypatch.setattr(system, "create", late)
    send(system, a_message(texts[1]))
    assert [body.split("\n")[0] for body in bodies(github)] == [texts[1]]
    assert send(system, a_message("later")).action == "updated"
    assert len(bodies(github)) == 1


def test_what_a_draft_is_made_from(github: Github, system: TicketSystem) -> None:
    github.add(7, "me too", "customer")
    ticket = system.read(KEY)
    assert ticket.title
    assert ticket.fields["state"] == "open"
    assert ticket.fields["repository"] == "acme/shop"
    assert ticket.comments == ("me too",)
    assert str(ticket.key) == f"github:{KEY}"


def test_a_deleted_issue(github: Github, system: TicketSystem) -> None:
    github.deleted.add(7)
    with pytest.raises(TicketGoneError, match="could not be read"):
        system.find(KEY, "x")
    with pytest.raises(TicketGoneError):
        system.create(KEY, "seen", public=True)


def test_a_locked_conversation(github: Github, system: TicketSystem) -> None:
    github.locked.add(7)
    with pytest.raises(TicketAuthError) as caught:
        system.create(KEY, "seen", public=True)
    assert "locked" in str(caught.value)


def test_a_500_that_came_after_the_comment_makes_no_second_one(
    github: Github, system: TicketSystem
) -> None:
    github.after = [Answer(500, {"message": "Server Error"})]
    assert send(system, a_message("reproduced")).action == "created"
    assert send(system, a_message("reproduced")).action == "unchanged"
    assert len(bodies(github)) == 1


def test_a_500_that_came_before_the_comment_is_told(github: Github, system: TicketSystem) -> None:
    github.before = [Answer(500, {"message": "Server Error"})]
    with pytest.raises(TicketBusyError):
        send(system, a_message("reproduced"))
    assert bodies(github) == []
    assert send(system, a_message("reproduced")).action == "created"
    assert len(bodies(github)) == 1
    assert len([line for line in github.asked if line.startswith("POST")]) == 2


def test_the_proxy_refuses_what_the_description_does_not_know(
    github: Github, tmp_path: Path
) -> None:
    """Else this suite would prove nothing."""
    import requests

    address = f"{github.proxy}/api/v3/repos/acme/shop/issues/7/comments"
    assert requests.post(address, json={"text": "no body"}, timeout=30).status_code == 422
    github.after = [Answer(201, {"id": "no number"})]
    assert requests.post(address, json={"body": "seen"}, timeout=30).status_code == 500
