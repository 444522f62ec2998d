from __future__ import annotations

from collections.abc import Iterator

import pytest

from repro.errors import SettingsError, TicketError
from repro.settings import TicketSettings
from repro.ticket.jira import connect
from repro.ticket.network import Network
from repro.ticket.tokens import Token, variable
from tests.ticket_services import JiraService, Said

TOKEN = Token("jira", "jira", {variable("jira"): "a-token"})


@pytest.fixture
def jira() -> Iterator[JiraService]:
    service = JiraService()
    with service.serving():
        yield service


@pytest.mark.parametrize("cloud", [True, False])
@pytest.mark.parametrize("before", [0, 98, 250])
@pytest.mark.parametrize("after", [0, 99, 150])
def test_ours_are_found_on_any_page(
    jira: JiraService, cloud: bool, before: int, after: int
) -> None:
    jira.cloud = cloud
    for number in range(before):
        jira.add(f"comment {number}", public=True)
    jira.add("old\n\nrepro: a-case · 00000000", public=False)
    jira.add("> new\n> repro: a-case · 11111111", public=False)
    jira.add("new\n\nrepro: a-case · 11111111", public=False)
    for number in range(after):
        jira.add(f"later {number}", public=True)
    system = connect(TicketSettings(url=jira.base, user="bot"), TOKEN, Network())
    found = system.find(jira.key, "repro: a-case · ")
    system.close()
    assert [each.body.split("\n")[0] for each in found] == ["old", "new"]


@pytest.mark.parametrize("pages", [1, 19])
def test_a_long_ticket_is_not_read_without_end(jira: JiraService, pages: int) -> None:
    for number in range(100 * pages):
        jira.add(f"comment {number}", public=True)
    system = connect(TicketSettings(url=jira.base, user="bot"), TOKEN, Network())
    assert system.find(jira.key, "repro: ") == ()
    system.close()
    assert len([line for line in jira.asked if line.endswith("/comment")]) == pages + 1


def test_a_ticket_without_end_is_not_read_to_its_end(jira: JiraService) -> None:
    jira.comments = [Said(number, "me too", public=True) for number in range(5_050)]
    system = connect(TicketSettings(url=jira.base, user="bot"), TOKEN, Network())
    with pytest.raises(TicketError, match="more than 5000 comments"):
        system.find(jira.key, "repro: ")
    system.close()
    assert len([line for line in jira.asked if line.endswith("/comment")]) <= 51


@pytest.mark.parametrize("visibility", ["Developers", "role:", "user:ann"])
def test_a_visibility_that_is_none(visibility: str) -> None:
    settings = TicketSettings(url="https://jira.example.com", options={"visibility": visibility})
    with pytest.raises(SettingsError, match="role:NAME or group:NAME"):
        connect(settings, TOKEN, Network())


def test_files_of_an_internal_result_are_asked_for_by_word() -> None:
    url = "https://jira.example.com"
    assert not connect(TicketSettings(url=url), TOKEN, Network()).powers.internal_files
    settings = TicketSettings(url=url, options={"files": "visible"})
    assert connect(settings, TOKEN, Network()).powers.internal_files
