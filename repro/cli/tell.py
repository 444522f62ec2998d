"""What ``--attach`` does after a run: the tickets are told, whatever becomes of that."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from repro.errors import InputError, ReproError

if TYPE_CHECKING:
    from repro.casefile import LoadedCase
    from repro.model.campaign import Audience
    from repro.model.recheck import Change
    from repro.model.ticket import TicketKey
    from repro.settings import Settings
    from repro.ticket.drain import Attempt


@dataclass(frozen=True)
class Tell:
    """Who is told of a result, if anybody is."""

    settings: Settings
    asked: bool
    tickets: tuple[TicketKey, ...] = ()
    public: bool = False

    def __call__(self, name: str) -> None:
        """Tell of a run or campaign.  A verdict stands, whatever a ticket system does: what fails
        is said, and what could not be sent is kept.
        """
        if not self.asked:
            return
        from repro.deliver import results_in

        try:
            names = results_in(self.settings, name)
        except ReproError as error:
            warn(error)
            return
        self._tell([(each, None) for each in names])

    def of_changes(self, changes: Iterable[Change]) -> None:
        """Tell of issues whose state is another one than before, each by the run that showed it."""
        if self.asked:
            self._tell([(each.run, each) for each in changes if each.run])

    def _tell(self, results: Sequence[tuple[str, Change | None]]) -> None:
        if results:
            show(self.settings, self._attempts(results), to_stderr=True)

    def _attempts(self, results: Iterable[tuple[str, Change | None]]) -> Iterator[Attempt]:
        from repro.deliver import Result, Wish, deliver

        for name, change in results:
            try:
                result = Result(self.settings, name, Wish(public=self.public, change=change))
                tickets = self.tickets or result.tickets
                messages = [result.message(each) for each in dict.fromkeys(tickets)]
                yield from deliver(self.settings, messages)
            except ReproError as error:
                warn(error)


def whom(settings: Settings, cases: Iterable[LoadedCase], audience: Audience) -> Tell:
    """Who is to be told.  Raises InputError before anything runs where nobody could be."""
    from repro.ticket.key import case_keys, parse_key
    from repro.ticket.systems import open_system

    named = tuple(parse_key(text) for text in audience.tickets)
    if not audience.attach and not named:
        return Tell(settings, asked=False)
    known = [key for each in cases for key in case_keys(each.case.tickets, each.case.id)]
    if not named and not known:
        raise InputError(
            "--attach has nobody to tell: no case names a ticket",
            action="name one with --ticket SYSTEM:KEY, or write `tickets:` in the case",
        )
    for system in {key.system for key in named or known}:
        open_system(settings, system).close()
    return Tell(settings, asked=True, tickets=named, public=audience.public)


def show(settings: Settings, attempts: Iterable[Attempt], *, to_stderr: bool = False) -> int:
    """Say what became of each message, and how many are still kept; the exit status."""
    from repro.deliver import outbox_of

    status = 0
    for attempt in attempts:
        if attempt.receipt is not None:
            print(attempt.receipt, file=sys.stderr if to_stderr else sys.stdout)
        elif attempt.error is not None:
            status = max(status, attempt.error.exit_status)
            warn(attempt.error)
            print(f"  kept: {attempt.path}", file=sys.stderr)
    outbox = outbox_of(settings)
    if kept := sum(len(outbox.paths(name)) for name in outbox.systems()):
        print(f"{kept} not sent yet: repro attach --queued", file=sys.stderr)
    return status


def warn(error: ReproError) -> None:
    """Say an error, and go on."""
    from repro.cli.failure import told

    print(told(error), file=sys.stderr)
