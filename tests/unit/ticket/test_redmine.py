"""What a real Redmine does only now and then."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from repro.errors import TicketBusyError, TicketError
from repro.settings import TicketSettings
from repro.ticket.drain import patiently
from repro.ticket.network import Network
from repro.ticket.redmine import RedmineSystem, connect
from repro.ticket.send import send
from repro.ticket.tokens import Token, variable
from tests.services import Answer, Asked, Handle, Service
from tests.tickets import a_message

MESSAGE = a_message("**Reproduced**", ticket="redmine:7")


class OneIssue(Service):
    """Its notes, all by the account of the token."""

    def __init__(self) -> None:
        super().__init__()
        self.notes: list[dict[str, Any]] = []

    def routes(self) -> dict[tuple[str, str], Handle]:
        return {
            ("GET", "/users/current.json"): lambda _: Answer(200, {"user": {"id": 1, "admin": 1}}),
            ("GET", "/issues/7.json"): lambda _: Answer(
                200, {"issue": {"id": 7, "journals": [{"id": 1, "notes": ""}, *self.notes]}}
            ),
            ("PUT", "/issues/7.json"): self._add,
        }

    def _add(self, asked: Asked) -> Answer:
        note = {"id": len(self.notes) + 2, "user": {"id": 1}, **asked.given["issue"]}
        self.notes.append(note)
        return Answer(204)


@pytest.fixture
def service() -> Iterator[OneIssue]:
    made = OneIssue()
    with made.serving():
        yield made


@pytest.fixture
def system(service: OneIssue) -> Iterator[RedmineSystem]:
    token = Token("redmine", "redmine", {variable("redmine"): "a-token"})
    made = connect(TicketSettings(url=service.base), token, Network())
    yield made
    made.close()


def test_a_change_at_the_same_moment_is_tried_again(
    service: OneIssue, system: RedmineSystem
) -> None:
    service.before = [Answer(422, {"errors": []})]
    slept: list[float] = []
    assert patiently(system, MESSAGE, slept.append).action == "created"
    assert slept == [1.0]
    assert len(service.notes) == 1


def test_what_redmine_finds_wrong_is_not_tried_again(
    service: OneIssue, system: RedmineSystem
) -> None:
    service.before = [Answer(422, {"errors": ["Notes is too long"]})]
    with pytest.raises(TicketError, match="could be added") as caught:
        send(system, MESSAGE)
    assert not isinstance(caught.value, TicketBusyError)
    assert "too long" in caught.value.cause
