"""What the outbox holds for a system is sent, in order."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from repro.errors import ReproError, TicketBusyError, TicketError
from repro.model.ticket import TicketKey
from repro.ports import TicketSystem
from repro.ticket.message import Message
from repro.ticket.outbox import Item, Outbox
from repro.ticket.send import Receipt, send

#: Seconds that a system may ask to wait for, in all, before a message stays in the outbox.
PATIENCE = 30.0
#: Tickets of a system that are found busy before no other one is tried.
_ENOUGH = 2


class Attempt(NamedTuple):
    """What became of one message: a receipt, or the error for which ``path`` still keeps it."""

    path: Path
    message: Message | None = None
    receipt: Receipt | None = None
    error: ReproError | None = None


def drain(
    outbox: Outbox,
    name: str,
    system: TicketSystem,
    *,
    refused: bool,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Attempt]:
    """Send what is kept for a system, the oldest first.

    What it refused earlier is tried again only with ``refused``; it never holds up the others.
    One ticket that is busy holds up what is for itself; two of them, and the system is.
    """
    busy: set[TicketKey] = set()
    for path in outbox.paths(name):
        try:
            item = outbox.read(path)
            if item.message.ticket in busy or (item.kept.error and not refused):
                continue
            with outbox.sending(item.message.ticket):
                item = outbox.read(path)  # once more: now nobody else sends it
                attempt = _sent(outbox, item, system, sleep)
        except FileNotFoundError:
            continue  # another process sent it
        except TicketError as error:
            attempt = Attempt(path, error=error)
        yield attempt
        if attempt.message and isinstance(attempt.error, TicketBusyError):
            busy.add(attempt.message.ticket)
            if len(busy) == _ENOUGH:
                return


def _sent(
    outbox: Outbox, item: Item, system: TicketSystem, sleep: Callable[[float], None]
) -> Attempt:
    try:
        receipt = patiently(system, item.message, sleep)
    except TicketBusyError as error:
        return Attempt(item.path, item.message, error=error)
    except TicketError as error:
        outbox.refuse(item, error.what)
        return Attempt(item.path, item.message, error=error)
    outbox.done(item)
    return Attempt(item.path, item.message, receipt)


def patiently(
    system: TicketSystem, message: Message, sleep: Callable[[float], None] = time.sleep
) -> Receipt:
    """Send, waiting where the system says for how long, within ``PATIENCE``."""
    waited = 0.0
    while True:
        try:
            return send(system, message)
        except TicketBusyError as error:
            pause = max(error.after or 0.0, 1.0)  # a clock that is ahead says: now
            if error.after is None or waited + pause > PATIENCE:
                raise
            waited += pause
            sleep(pause)
