"""One message to one ticket: created once, changed afterwards, never there twice.

Every attempt begins with looking for what an earlier one left, so an attempt may end anywhere and
be made again.  Another machine may look at the same moment, see nothing either, and make a second
comment: so whoever has made one looks again.  The oldest is the ticket's; it has the lowest id, and
whoever made a later one sees it.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Literal

from repro.errors import TicketAuthError, TicketBusyError, TicketError, TicketGoneError
from repro.model.base import Frozen
from repro.model.ticket import Comment, TicketKey, Upload
from repro.ports import TicketSystem, Withdrawing
from repro.ticket.markup import convert
from repro.ticket.message import Message, octets, units

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
    size = octets if powers.in_bytes else units
    return message.body(lambda text: convert(text, powers.markup), powers.comment, size)


def send(system: TicketSystem, message: Message) -> Receipt:
    """Bring the ticket to what the message says.

    Raises TicketAuthError, TicketGoneError, TicketBusyError, TicketError; then the message can be
    sent again.
    """
    files, refused = _attach(system, message)
    message = message.model_copy(update={"refused": refused})
    action, comment = _tell(system, message, carries=bool(files) and system.powers.carried)
    return Receipt(
        ticket=message.ticket,
        action=action,
        public=comment.public,
        url=comment.url,
        files=files,
        refused=refused,
    )


def _tell(system: TicketSystem, message: Message, *, carries: bool) -> tuple[Action, Comment]:
    """Bring the comment to what the message says; ``carries``: files wait for a comment."""
    ours = _find(system, message)
    if not ours:
        return _create(system, message)
    edits = _edits(system, message)
    current = ours[0] if edits else ours[-1]
    if message.marker in current.body and not carries:
        return "unchanged", current
    if not edits:
        return "created", _make(system, message)
    return "updated", system.update(message.ticket.key, current, body_of(message, system))


def _edits(system: TicketSystem, message: Message) -> bool:
    return system.powers.edits and (system.powers.edits_public or not message.public)


def _find(system: TicketSystem, message: Message) -> tuple[Comment, ...]:
    """Our comments at the message's place, the oldest first.

    One that was made public by somebody is left alone: nothing internal is written into it.
    """
    found = system.find(message.ticket.key, message.beginning)
    hidden = system.powers.internal and not message.public
    return tuple(each for each in found if not (hidden and each.public))


def _create(system: TicketSystem, message: Message) -> tuple[Action, Comment]:
    """Add the first comment.  What others made at the same moment gives way to the oldest."""
    made = _make(system, message)
    if not _edits(system, message):
        return "created", made
    oldest, *later = _find(system, message) or (made,)
    _withdraw(system, message, later)
    if message.marker in oldest.body:
        return "created", oldest
    return "updated", system.update(message.ticket.key, oldest, body_of(message, system))


def _withdraw(system: TicketSystem, message: Message, later: Sequence[Comment]) -> None:
    """Take back what says the same as the message, if that may be done.  What says something else
    is another's, who sees the oldest, too.
    """
    if not isinstance(system, Withdrawing):
        return
    for each in later:
        if message.marker in each.body:
            with suppress(TicketError):
                system.withdraw(message.ticket.key, each)


def _make(system: TicketSystem, message: Message) -> Comment:
    """Add a comment.  Without an answer it may be there all the same: then that is it."""
    body = body_of(message, system)
    try:
        return system.create(message.ticket.key, body, public=message.public)
    except TicketBusyError:
        for found in reversed(_find(system, message)):
            if message.marker in found.body:
                return found
        raise


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
