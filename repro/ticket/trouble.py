"""What a ticket system's refusal means: to correct something, or to try again later."""

from __future__ import annotations

import email.utils
import time

from repro.errors import TicketAuthError, TicketBusyError, TicketError, TicketGoneError

#: Seconds to connect, and seconds between two pieces of an answer.
TIMEOUT = (10.0, 60.0)
_DETAIL = 300
_FORBIDDEN = (
    "see whether the token and its account have the right (docs/tickets.md), and whether the "
    "ticket is locked or its project archived"
)


def refused(
    status: int | None,
    what: str,
    *,
    detail: str = "",
    after: float | None = None,
) -> TicketError:
    """The error for an HTTP status (RFC 9110); None: there was no answer.

    ``detail`` is what the system said, without the token; ``after`` how long it asks to wait, in
    seconds.
    """
    said = " ".join(detail.split())[:_DETAIL]
    if status is None:
        return TicketBusyError(what, after=after, cause=said or "there was no answer")
    cause = f"HTTP status {status}" + (f": {said}" if said else "")
    if status == 401:
        return TicketAuthError(what, cause=cause)
    if status == 403:
        return TicketAuthError(what, cause=cause, action=_FORBIDDEN)
    if status in (404, 410):
        return TicketGoneError(
            what, cause=f"{cause}; it was deleted, never was, or this account may not see it"
        )
    if status in (408, 409, 425, 429) or status >= 500:
        return TicketBusyError(what, after=after, cause=cause)
    return TicketError(what, cause=cause)


def retry_after(value: str | None) -> float | None:
    """The header ``Retry-After`` (RFC 9110, 10.2.3), in seconds; None where it says nothing."""
    if not value:
        return None
    if value.strip().isascii() and value.strip().isdigit():
        return float(value)
    try:
        moment = email.utils.parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, moment.timestamp() - time.time())
