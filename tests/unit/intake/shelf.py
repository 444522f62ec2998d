"""The built-in profiles, and tickets with only what a test is about."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

from repro.catalog import Catalog, builtin_root
from repro.intake import Draft, Shelf, draft
from repro.intake.reading import Passage, read
from repro.model.ticket import Ticket, TicketKey
from repro.settings import Settings


@functools.cache
def catalog() -> Catalog:
    nowhere = Path("/nonexistent")
    return Catalog(Settings(home=nowhere, cache=nowhere), builtin_root())


@functools.cache
def shelf() -> Shelf:
    known = catalog()
    return Shelf(
        os=tuple(known.os(each) for each in known.names("os")),
        products=tuple(known.product(each) for each in known.names("products")),
        topologies=known.names("topologies"),
    )


def a_ticket(text: str = "", title: str = "It fails", **rest: Any) -> Ticket:
    return Ticket(key=TicketKey(system="desk", key="1"), title=title, text=text, **rest)


def passages(text: str = "", title: str = "It fails", **rest: Any) -> tuple[Passage, ...]:
    return read(a_ticket(text, title, **rest))


def drafted(text: str = "", title: str = "It fails", **rest: Any) -> Draft:
    return draft(a_ticket(text, title, **rest), shelf(), tickets=("desk:1",))
