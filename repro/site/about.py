"""What a case says of itself, from the catalogue, else as the newest run recorded it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol

from repro.casefile import LoadedCase, load
from repro.errors import CaseError, ReproError
from repro.model.base import Frozen
from repro.model.case import Case
from repro.model.plan import Plan
from repro.model.profile import ProductProfile
from repro.record.read import json_file

#: Runs of a case whose folders are looked for.
_TRIED = 5


class About(Frozen):
    """``product``: its Package URL without a version; empty: the case names none."""

    product: str = ""
    severity: str = ""
    tickets: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    introduced: str | None = None
    fixed: str | None = None


class Products(Protocol):
    """Where the profiles of products are."""

    def product(self, name: str) -> ProductProfile:
        """Raises ProfileError."""


def about_case(loaded: LoadedCase, products: Products) -> About:
    """Of a case of a catalogue."""
    spec = loaded.case.environment.product
    purl = spec.purl if spec else None
    if spec and spec.name and not purl:
        try:
            purl = products.product(spec.name).purl
        except ReproError:
            purl = f"pkg:generic/{spec.name}"
    return _about(loaded.case, purl or "")


def newest_folder(folders: Iterable[str]) -> str | None:
    """The first of the newest run folders that is there."""
    newest = [folder for folder, _ in zip(folders, range(_TRIED), strict=False)]
    return next((each for each in newest if Path(each, "plan.json").is_file()), None)


def about_run(folder: str) -> About:
    """Of a recorded run.  What cannot be read is left out."""
    try:
        plan = json_file(Plan, Path(folder), "plan.json")
    except ReproError:
        plan = None
    nodes = plan.nodes if plan else ()
    purl = next((n.preparation.product.purl for n in nodes if n.preparation.product), "")
    try:
        return _about(load(Path(folder, "case.yml")).case, purl)
    except CaseError:
        return About(product=_unversioned(purl))


def _about(case: Case, purl: str) -> About:
    known: dict[str, Any] = case.known.model_dump() if case.known else {}
    return About(
        product=_unversioned(purl),
        severity=case.severity,
        tickets=case.tickets,
        references=case.references,
        **known,
    )


def _unversioned(purl: str) -> str:
    """Type, namespace and name (the Package URL specification)."""
    bare = purl.partition("?")[0].partition("#")[0]
    head, slash, name = bare.rpartition("/")
    return head + slash + name.partition("@")[0]
