"""Ticket systems for tests: one in memory that fails as it is told, and messages to send."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from repro.errors import ReproError, TicketBusyError, TicketGoneError
from repro.model.ticket import Comment, Ticket, TicketKey, TicketPowers, Upload
from repro.ticket.message import Message, ends_with


def a_message(
    text: str = "**Reproduced** on debian-12.",
    *,
    ticket: str = "memory:1",
    case: str = "a-case",
    public: bool = False,
    end: str = "",
    files: tuple[Upload, ...] = (),
) -> Message:
    """A message with only what a test is about."""
    system, _, key = ticket.partition(":")
    return Message(
        ticket=TicketKey(system=system, key=key),
        case=case,
        about="20261122-045412-a-case-39c7",
        text=text,
        end=end,
        cut_note="The rest did not fit.",
        attached_note="Attached:",
        refused_note="Not taken:",
        public=public,
        files=files,
    )


@dataclass
class Fault:
    """What goes wrong at one call.  ``after``: only once the system has done it."""

    error: ReproError
    after: bool = False


@dataclass
class MemorySystem:
    """A ticket system in memory.  ``faults`` happen one after the other, one a call; None: none."""

    powers: TicketPowers = field(
        default_factory=lambda: TicketPowers(markup="markdown", internal=True)
    )
    tickets: dict[str, list[Comment]] = field(default_factory=lambda: {"1": []})
    attached: dict[str, list[Upload]] = field(default_factory=dict)
    faults: list[Fault | None] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    ids: Iterator[int] = field(default_factory=itertools.count)

    def read(self, key: str) -> Ticket:
        with self._call("read", key):
            texts = tuple(each.body for each in self.tickets[key])
            return Ticket(
                key=TicketKey(system="memory", key=key), title="It fails", text="", comments=texts
            )

    def find(self, key: str, marker: str) -> tuple[Comment, ...]:
        with self._call("find", key):
            return tuple(each for each in self.tickets[key] if ends_with(each.body, marker))

    def create(self, key: str, body: str, *, public: bool) -> Comment:
        with self._call("create", key):
            made = Comment(id=str(next(self.ids)), body=body, public=public)
            self.tickets[key].append(made)
            return made

    def update(self, key: str, comment: Comment, body: str) -> Comment:
        with self._call("update", key):
            made = comment.model_copy(update={"body": body})
            self.tickets[key] = [
                made if each.id == comment.id else each for each in self.tickets[key]
            ]
            return made

    def withdraw(self, key: str, comment: Comment) -> None:
        with self._call("withdraw", key):
            self.tickets[key] = [each for each in self.tickets[key] if each.id != comment.id]

    def files(self, key: str) -> dict[str, str]:
        with self._call("files", key):
            return {each.name: "" for each in self.attached.get(key, ())}

    def attach(self, key: str, upload: Upload, *, public: bool) -> str:
        with self._call("attach", key):
            self.attached.setdefault(key, []).append(upload)
            return ""

    def close(self) -> None:
        """Nothing is held."""

    @contextmanager
    def _call(self, name: str, key: str) -> Iterator[None]:
        self.calls.append(name)
        fault = self.faults.pop(0) if self.faults else None
        if fault and not fault.after:
            raise fault.error
        if key not in self.tickets:
            raise TicketGoneError(f"memory:{key} is not there")
        yield
        if fault:
            raise fault.error


def busy(after: float | None = None) -> TicketBusyError:
    """The system asks to come again."""
    return TicketBusyError("the system is busy", after=after)
