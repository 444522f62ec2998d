from __future__ import annotations

import email.utils
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repro.errors import TicketAuthError, TicketBusyError, TicketError, TicketGoneError
from repro.ticket.trouble import refused, retry_after


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, TicketError),
        (401, TicketAuthError),
        (403, TicketAuthError),
        (404, TicketGoneError),
        (410, TicketGoneError),
        (409, TicketBusyError),
        (413, TicketError),
        (422, TicketError),
        (429, TicketBusyError),
        (500, TicketBusyError),
        (503, TicketBusyError),
        (None, TicketBusyError),
    ],
)
def test_a_status_says_whether_trying_again_helps(
    status: int | None, kind: type[TicketError]
) -> None:
    error = refused(status, "it failed", detail="why\n not ", after=None)
    assert type(error) is kind
    assert error.what == "it failed"
    assert "why not" in error.cause


def test_what_is_forbidden_may_be_more_than_a_token() -> None:
    assert "archived" in refused(403, "it failed").action
    assert "archived" not in refused(401, "it failed").action


def test_how_long_to_wait_is_kept() -> None:
    error = refused(429, "it failed", after=7.0)
    assert isinstance(error, TicketBusyError)
    assert error.after == 7.0


@pytest.mark.parametrize(("value", "seconds"), [("7", 7.0), ("0", 0.0), (None, None), ("", None)])
def test_a_number_of_seconds(value: str | None, seconds: float | None) -> None:
    assert retry_after(value) == seconds


def test_a_date() -> None:
    ahead = retry_after(email.utils.formatdate(time.time() + 600, usegmt=True))
    assert ahead is not None
    assert 500 < ahead <= 600
    assert retry_after("Wed, 21 Oct 2015 07:28:00 GMT") == 0.0


@given(st.text())
def test_any_header_is_a_time_or_says_nothing(value: str) -> None:
    seconds = retry_after(value)
    assert seconds is None or seconds >= 0
