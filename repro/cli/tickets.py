"""``repro attach``: a result, as a ticket's one comment."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from repro.cli.options import Binary, Language, Public, Tickets

if TYPE_CHECKING:
    from repro.deliver import Result
    from repro.model.ticket import TicketKey
    from repro.settings import Settings


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        epilog="Examples:\n\n  repro attach last --ticket redmine:123 --dry-run\n\n"
        "  repro attach last --ticket redmine:123\n\n"
        "  repro attach 20261122-021234-matrix --ticket github:owner/name#45 --lang ja\n\n"
        "  repro attach --queued"
    )(attach)


def attach(
    subject: Annotated[
        str | None,
        typer.Argument(metavar="RUN|CAMPAIGN", help="As `repro show` finds it."),
    ] = None,
    ticket: Tickets = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be sent; send nothing.")
    ] = False,
    public: Public = False,
    language: Language = None,
    binary: Binary = False,
    queued: Annotated[
        bool, typer.Option("--queued", help="Send what could not be sent earlier.")
    ] = False,
) -> int:
    """Tell tickets a result: one comment for each case, made once and kept up to date.

    Without --ticket, those are told that the case names.  It is internal where the system tells
    internal from public.  What cannot be sent now is kept.
    Exit status: 0 the tickets have it, 8 one of them has not.
    """
    from repro.cli.session import Session
    from repro.cli.tell import show
    from repro.deliver import Result, Wish, deliver, deliver_kept
    from repro.errors import InputError

    settings = Session().settings
    if queued:
        if subject or ticket:
            raise InputError("--queued sends what is kept; it goes without a run and a ticket")
        return show(settings, deliver_kept(settings))
    if subject is None:
        raise InputError("which run or campaign?", action="name one: `repro attach last`")
    result = Result(settings, subject, Wish(public=public, language=language, binary=binary))
    keys = _keys(result, ticket)
    if dry_run:
        return _show(settings, result, keys)
    return show(settings, deliver(settings, [result.message(key) for key in keys]))


def _keys(result: Result, texts: Sequence[str] | None) -> list[TicketKey]:
    """The tickets that are meant, each once.  Raises InputError where there are none."""
    from repro.errors import InputError
    from repro.ticket.key import parse_key

    keys = [parse_key(text) for text in texts] if texts else list(result.tickets)
    if not keys:
        raise InputError(
            f"the case {result.case} names no ticket",
            action="name one with --ticket SYSTEM:KEY, or write `tickets:` in the case",
        )
    return list(dict.fromkeys(keys))


def _show(settings: Settings, result: Result, keys: Iterable[TicketKey]) -> int:
    """Print what would be sent, as it would be sent."""
    from contextlib import closing

    from repro.report.text import printable
    from repro.ticket.send import body_of
    from repro.ticket.systems import open_system

    for key in keys:
        message = result.message(key)
        with closing(open_system(settings, key.system)) as system:
            body, powers = body_of(message, system), system.powers
        seen = "public" if message.public else "internal"
        print(f"to {key}: {seen}, as {powers.markup}, {len(body)} characters\n")
        print(printable(body))
        print()
        for file in message.files:
            print(f"with {file.name} ({file.type}, {len(file.data)} bytes)")
    if counts := result.redacted:
        print("redacted: " + ", ".join(f"{kind}: {count}" for kind, count in counts.items()))
    print("nothing was sent")
    return 0
