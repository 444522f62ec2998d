"""One message to one ticket: created once, changed afterwards, never there twice.

Every attempt begins with looking for what an earlier one left, so an attempt may end anywhere and
be made again.
"""

from __future__ import annotations

from typing import Literal

from repro.errors import TicketAuthError, TicketBusyError, TicketError, TicketGoneError
from repro.model.base import Frozen
from repro.model.ticket import Comment, TicketKey, Upload
from repro.ports import TicketSystem
from repro.ticket.markup import convert
from repro.ticket.message import Message

Action = Literal["created", "updated", "unchanged"]


class Receipt(Frozen):
    """What was done.  ``files`` are the names of those that were attached now, ``refused`` of those
    that the system did not take: too large for it, or of a type that it does not allow.
    """

    ticket: TicketKey
    action: Action
    public: bool
    url: str = ""
    files: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()

    def __str__(self) -> str:
        seen = "public" if self.public else "internal"
        words = [f"{self.ticket}: comment {self.action} ({seen})"]
        if self.files:
            words.append(f"attached {', '.join(self.files)}")
        if self.refused:
            words.append(f"not taken: {', '.join(self.refused)}")
        return "; ".join([*words, *filter(None, [self.url])])


def body_of(message: Message, system: TicketSystem) -> str:
    """The comment as the system takes it."""
    powers = system.powers
    return message.body(lambda text: convert(text, powers.markup), powers.comment)


def send(system: TicketSystem, message: Message) -> Receipt:
    """Bring the ticket to what the message says.

    Raises TicketAuthError, TicketGoneError, TicketBusyError, TicketError; then the message can be
    sent again.
    """
    files, refused = _attach(system, message)
    found = _find(system, message)
    action: Action
    if found is None:
        action, comment = "created", _create(system, message)
    elif message.marker in found.body and not (files and system.powers.carried):
        action, comment = "unchanged", found
    elif system.powers.edits:
        action = "updated"
        comment = system.update(message.ticket.key, found, body_of(message, system))
    else:
        action, comment = "created", _create(system, message)
    return Receipt(
        ticket=message.ticket,
        action=action,
        public=comment.public,
        url=comment.url,
        files=files,
        refused=refused,
    )


def _find(system: TicketSystem, message: Message) -> Comment | None:
    """Our comment at the message's place.

    One that was made public by somebody is left alone: nothing internal is written into it.
    """
    found = system.find(message.ticket.key, message.beginning)
    if found is None or (found.public and system.powers.internal and not message.public):
        return None
    return found


def _create(system: TicketSystem, message: Message) -> Comment:
    """Add the comment.  Without an answer it may be there all the same: then that is it."""
    body = body_of(message, system)
    try:
        return system.create(message.ticket.key, body, public=message.public)
    except TicketBusyError:
        found = _find(system, message)
        if found is None or message.marker not in found.body:
            raise
        return found


def _attach(system: TicketSystem, message: Message) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Attach the files that are not there yet: the names of those, and of what was refused."""
    if not message.files:
        return (), ()
    there = system.files(message.ticket.key)
    attached, refused = list[str](), list[str]()
    for file in message.files:
        if file.name in there:
            continue
        try:
            _attach_once(system, message, file)
        except (TicketAuthError, TicketGoneError, TicketBusyError):
            raise
        except TicketError:
            refused.append(file.name)
        else:
            attached.append(file.name)
    return tuple(attached), tuple(refused)


def _attach_once(system: TicketSystem, message: Message, file: Upload) -> None:
    """Attach it.  Without an answer it may be there all the same."""
    try:
        system.attach(message.ticket.key, file, public=message.public)
    except TicketBusyError:
        if file.name not in system.files(message.ticket.key):
            raise
