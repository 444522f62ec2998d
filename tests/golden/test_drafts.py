"""Tickets → draft cases, as data: NAME.ticket.yml and the NAME.draft.yml that is made of it.

REPRO_UPDATE_GOLDEN=1 writes the drafts anew: read the difference.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml

from repro.casefile import Problem, load
from repro.catalog import Catalog, builtin_root
from repro.errors import CaseError
from repro.intake import Draft, Shelf, draft
from repro.model.ticket import Ticket, TicketKey
from repro.settings import Settings

FOLDER = Path(__file__).parent / "drafts"
#: Those that say too little for a case.
INCOMPLETE = {"sparse"}
NAMES = sorted(path.name.removesuffix(".ticket.yml") for path in FOLDER.glob("*.ticket.yml"))


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    nowhere = Path("/nonexistent")
    return Catalog(Settings(home=nowhere, cache=nowhere), builtin_root())


def drafted(name: str, catalog: Catalog) -> Draft:
    given = yaml.safe_load((FOLDER / f"{name}.ticket.yml").read_text("utf-8"))
    system, _, key = given["key"].partition(":")
    ticket = Ticket(
        key=TicketKey(system=system, key=key),
        title=given["title"],
        text=given["text"],
        url=given.get("url", ""),
        fields=given["fields"],
        comments=tuple(given["comments"]),
    )
    shelf = Shelf(
        os=tuple(catalog.os(each) for each in catalog.names("os")),
        products=tuple(catalog.product(each) for each in catalog.names("products")),
        topologies=catalog.names("topologies"),
    )
    return draft(ticket, shelf, tickets=(given["key"],), attached=given.get("attached", ()))


@pytest.mark.parametrize("name", NAMES)
def test_draft(name: str, catalog: Catalog) -> None:
    made, path = drafted(name, catalog), FOLDER / f"{name}.draft.yml"
    if os.environ.get("REPRO_UPDATE_GOLDEN"):
        path.write_text(made.text, "utf-8")
    assert made.text == path.read_text("utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_it_is_a_case_but_for_what_is_marked(name: str, catalog: Catalog) -> None:
    made = drafted(name, catalog)
    marked = {key.split(".")[0].split("[")[0] for key, _ in made.todo}
    wrong = problems(FOLDER / f"{name}.draft.yml", catalog)
    assert wrong <= marked
    assert bool(wrong) == (name in INCOMPLETE)


def problems(path: Path, catalog: Catalog) -> set[str]:
    """The keys of a case file with something wrong in them."""
    try:
        load(path, catalog)
    except CaseError as error:
        return {str(each.path[0]) for each in error.problems if isinstance(each, Problem)}
    return set()
