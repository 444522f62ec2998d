from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repro.errors import InputError
from repro.model.ticket import TicketKey
from repro.ticket.key import case_keys, parse_key


@pytest.mark.parametrize(
    ("text", "system", "key"),
    [
        ("redmine:123", "redmine", "123"),
        ("github:redis/redis-py#2624", "github", "redis/redis-py#2624"),
        ("file:/srv/tickets/17", "file", "/srv/tickets/17"),
        ("file:two words", "file", "two words"),
        ("our.jira-2:OPS-7", "our.jira-2", "OPS-7"),
        (" rt:5 ", "rt", "5"),
    ],
)
def test_a_key_names_a_system_and_a_ticket(text: str, system: str, key: str) -> None:
    assert parse_key(text) == TicketKey(system=system, key=key)


@pytest.mark.parametrize("text", ["", "redmine", "redmine:", ":5", "5:redmine", "rt: ", "r t:5"])
def test_what_names_no_ticket_is_told_where_it_stands(text: str) -> None:
    with pytest.raises(InputError, match="the case x") as caught:
        parse_key(text, where="the case x")
    assert "SYSTEM:KEY" in caught.value.action


def test_an_address_is_no_key() -> None:
    with pytest.raises(InputError, match="is an address"):
        parse_key("https://tracker.example.com/issues/5")


@pytest.mark.parametrize("text", ["rt:a\x1b[31mb", "rt:a\nb", "rt:a\u202eb"])
def test_characters_that_cannot_be_seen_are_refused(text: str) -> None:
    with pytest.raises(InputError):
        parse_key(text)


@given(st.text())
def test_any_text_is_a_key_or_told_not_to_be(text: str) -> None:
    try:
        key = parse_key(text)
    except InputError:
        return
    assert str(key) == text.strip()


@pytest.mark.parametrize("text", ["file:/etc", "file:../x", "file:.ssh", "file:a/b"])
def test_a_case_names_no_folder_of_this_machine(text: str) -> None:
    with pytest.raises(InputError, match="names the folder"):
        case_keys((text,), "a-case")


def test_a_case_names_tickets_of_trackers() -> None:
    keys = case_keys(("redmine:1", "github:a/b#2", "file:ours"), "a-case")
    assert [str(key) for key in keys] == ["redmine:1", "github:a/b#2", "file:ours"]
