"""What is to be sent: kept before the first attempt, removed once the ticket has it.

::

    outbox/SYSTEM/STAMP.json     a message and what became of the last attempt
    outbox/locks/DIGEST.lock     held while something is sent to one ticket
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from filelock import FileLock, Timeout
from pydantic import ValidationError

from repro.errors import TicketBusyError, TicketError
from repro.files import write_atomic
from repro.model.base import Frozen
from repro.model.ticket import TicketKey
from repro.ticket.message import Message

#: Seconds to wait for another process that sends to the same ticket.
_PATIENCE = 180.0


class Kept(Frozen):
    """A message in the outbox.  ``error``: why it cannot be sent until somebody does something."""

    message: Message
    error: str = ""


class Item(NamedTuple):
    """A message in the outbox, and the file that it is in."""

    path: Path
    kept: Kept

    @property
    def message(self) -> Message:
        """What is to be sent."""
        return self.kept.message


class Outbox:
    """A folder of messages, the oldest first; for its owner alone."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, message: Message) -> Path:
        """Keep a message; an earlier one for the same place is replaced."""
        folder = self._folder / message.ticket.system
        place = _digest(message.place)
        earlier = list(folder.glob(f"*-{place}.json"))
        path = folder / f"{time.time_ns():020}-{place}.json"
        _write(path, Kept(message=message))
        for old in earlier:
            if old != path:  # a clock may stand still
                old.unlink(missing_ok=True)
        return path

    def systems(self) -> list[str]:
        """The systems that something is kept for."""
        if not self._folder.is_dir():
            return []
        return sorted({path.parent.name for path in self._folder.glob("*/*.json")})

    def paths(self, system: str) -> list[Path]:
        """The files of what is kept for a system, the oldest first."""
        return sorted((self._folder / system).glob("*.json"))

    def read(self, path: Path) -> Item:
        """What a file keeps.  Raises TicketError, and FileNotFoundError once it was sent."""
        try:
            return Item(path, Kept.model_validate_json(path.read_bytes()))
        except ValidationError:
            raise TicketError(
                f"{path} cannot be read",
                cause="it was written by another version of repro, or changed",
                action="remove it, and attach the result again",
            ) from None

    def refuse(self, item: Item, error: str) -> None:
        """Keep why it cannot be sent, unless a later message has replaced it."""
        if item.path.exists():
            _write(item.path, item.kept.model_copy(update={"error": error}))

    def done(self, item: Item) -> None:
        """The ticket has it."""
        item.path.unlink(missing_ok=True)

    @contextmanager
    def sending(self, ticket: TicketKey) -> Iterator[None]:
        """Held while something is sent to the ticket.  Raises TicketBusyError."""
        folder = self._folder / "locks"
        _make(folder)
        lock = FileLock(folder / f"{_digest(str(ticket))}.lock", timeout=_PATIENCE, mode=0o600)
        try:
            lock.acquire()
        except Timeout:
            raise TicketBusyError(
                f"{ticket} is written to by another process",
                cause=f"it has held the ticket for more than {_PATIENCE:.0f} s",
            ) from None
        try:
            yield
        finally:
            lock.release()


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def _make(folder: Path) -> None:
    for each in (folder.parent, folder):
        each.mkdir(0o700, parents=True, exist_ok=True)


def _write(path: Path, kept: Kept) -> None:
    _make(path.parent)
    write_atomic(path, kept.model_dump_json().encode())
