"""``repro new``: a draft case from a ticket."""

from __future__ import annotations

import re
import shlex
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from repro.cli.options import output_option
from repro.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from repro.catalog import Catalog
    from repro.intake import Draft, Shelf
    from repro.model.ticket import Ticket, TicketKey
    from repro.report.text import Line
    from repro.settings import Settings


#: Files that a result brought to the ticket.
_EVIDENCE = re.compile(r"repro-[0-9]{8}-[0-9]{6}-")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        epilog="Examples:\n\n  repro new --ticket github:redis/redis-py#2624\n\n"
        "  repro new --ticket redmine:4711 -o cases/replies-mixed-up.yml\n\n"
        '  repro new --title "The answers of two callers are mixed up"'
    )(new)


def new(
    ticket: Annotated[
        str | None, typer.Option("--ticket", metavar="SYSTEM:KEY", help="The ticket to read.")
    ] = None,
    title: Annotated[
        str | None, typer.Option("--title", help="What is wrong: an empty draft, or its title.")
    ] = None,
    output: Annotated[Path | None, output_option("The file; left out: ID.yml, here.")] = None,
) -> None:
    """Write a draft case: from a ticket's text and fields, what is not known marked to fill in.

    The ticket's words are never carried out, and secrets among them are not written down.
    """
    from repro.cli.output import show
    from repro.cli.session import Session

    if not ticket and not title:
        raise InputError("nothing to draft a case of", action="give --ticket or --title")
    session = Session()
    made, replaced = _drafted(session.settings, session.catalog, ticket, title)
    path = output or Path(f"{made.id}.yml")
    _write(path, made.text)
    show(_told(made, path, replaced))


def _drafted(
    settings: Settings, catalog: Catalog, text: str | None, title: str | None
) -> tuple[Draft, dict[str, int]]:
    """The draft, and how much of the ticket's words was replaced, by kind."""
    from repro.intake import draft
    from repro.model.ticket import Ticket, TicketKey
    from repro.redact import Outgoing
    from repro.ticket.key import parse_key
    from repro.ticket.systems import open_system

    if text is None:
        nowhere = TicketKey(system="", key="")
        return draft(Ticket(key=nowhere, title=title or "", text=""), _shelf(catalog)), {}
    key = parse_key(text)
    with closing(open_system(settings, key.system)) as system:
        read = system.read(key.key)
        attached = tuple(system.files(key.key))
    given = read.model_copy(update={"title": title or read.title, "comments": _theirs(read)})
    outgoing = Outgoing.of(settings)
    made = draft(
        outgoing.model(given),
        _shelf(catalog),
        tickets=_kept(key),
        attached=tuple(outgoing.text(name) for name in attached if not _EVIDENCE.match(name)),
    )
    return made, outgoing.counts


def _theirs(ticket: Ticket) -> tuple[str, ...]:
    """The comments that are no results of ours."""
    from repro.ticket.message import ends_with

    return tuple(comment for comment in ticket.comments if not ends_with(comment, "repro"))


def _kept(key: TicketKey) -> tuple[str, ...]:
    """The ticket as the case names it; a folder of this machine is named by no case."""
    from repro.ticket.key import case_keys

    try:
        return tuple(map(str, case_keys((str(key),), "draft")))
    except InputError:
        return ()


def _shelf(catalog: Catalog) -> Shelf:
    from repro.intake import Shelf

    return Shelf(
        os=tuple(catalog.os(name) for name in catalog.names("os")),
        products=tuple(catalog.product(name) for name in catalog.names("products")),
        topologies=catalog.names("topologies"),
    )


def _write(path: Path, text: str) -> None:
    from repro.cli.output import unwritable

    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise InputError(
            f"{path} is there already", action="give another file with -o, or remove that one"
        ) from None
    except OSError as error:
        raise unwritable(path, error) from None


def _told(made: Draft, path: Path, replaced: dict[str, int]) -> Iterable[Line]:
    from repro.report.text import columns, heading, line

    yield line((str(path), "bold"), " is a draft")
    if made.found:
        yield from heading("Found in the ticket")
        yield from columns(made.found, indent=2)
    if made.todo:
        yield from heading("To fill in, marked TODO")
        yield from columns(made.todo, indent=2)
    if replaced:
        yield from heading("Replaced before anything was written")
        yield from columns([(kind, str(count)) for kind, count in replaced.items()], indent=2)
    yield line()
    yield line(f"next: {shlex.join(['repro', 'validate', str(path)])}")
