"""What a case says of itself, from the catalogue, else as the newest run recorded it."""

from __future__ import annotations

from collections.abc import Iterable
from os.path import isfile
from pathlib import Path
from typing import Any, Protocol

from pydantic import ConfigDict

from repro.casefile import LoadedCase, load
from repro.errors import CaseError, ReproError
from repro.model.base import Frozen
from repro.model.case import Case
from repro.model.profile import ProductProfile
from repro.record.read import json_file

#: Runs of a case whose folders are looked for.
_TRIED = 5


class About(Frozen):
    """``product``: its Package URL without a version; empty: the case names none.
    ``workarounds``: how many it names.
    """

    product: str = ""
    severity: str = ""
    tickets: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    introduced: str | None = None
    fixed: str | None = None
    workarounds: int = 0


class _Part(Frozen):
    """What is read of a plan, and no more: there are many."""

    model_config = ConfigDict(extra="ignore")


class _Product(_Part):
    purl: str


class _Preparation(_Part):
    product: _Product | None = None


class _Node(_Part):
    preparation: _Preparation


class _Plan(_Part):
    case_digest: str = ""
    nodes: tuple[_Node, ...] = ()

    @property
    def product(self) -> str:
        """Its Package URL without a version; empty: there is none."""
        found = (node.preparation.product for node in self.nodes)
        return _unversioned(next((product.purl for product in found if product), ""))


class Recorded(Frozen):
    """What the newest run folder tells; ``case`` is the digest of the case as it was then."""

    folder: str
    case: str
    about: About


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


def about_runs(folders: Iterable[str], before: Recorded | None) -> Recorded | None:
    """By the newest run folder that is there; else what was known before.

    Cases take long to read, and seldom change from one run to the next.
    """
    newest = [folder for folder, _ in zip(folders, range(_TRIED), strict=False)]
    folder = next((each for each in newest if isfile(f"{each}/plan.json")), None)  # noqa: PTH113
    if folder is None or (before and before.folder == folder):
        return before
    try:
        plan = json_file(_Plan, Path(folder), "plan.json") or _Plan()
    except ReproError:
        plan = _Plan()
    case, product = plan.case_digest, plan.product
    if before and case and (before.case, before.about.product) == (case, product):
        return before.model_copy(update={"folder": folder})
    return Recorded(folder=folder, case=case, about=_about_run(Path(folder), product))


def _about_run(folder: Path, product: str) -> About:
    """What cannot be read is left out."""
    try:
        return _about(load(folder / "case.yml").case, product)
    except CaseError:
        return About(product=product)


def _about(case: Case, purl: str) -> About:
    known: dict[str, Any] = case.known.model_dump() if case.known else {}
    return About(
        product=_unversioned(purl),
        severity=case.severity,
        tickets=case.tickets,
        references=case.references,
        workarounds=len(case.workarounds),
        **known,
    )


def _unversioned(purl: str) -> str:
    """Type, namespace and name (the Package URL specification)."""
    bare = purl.partition("?")[0].partition("#")[0]
    head, slash, name = bare.rpartition("/")
    return head + slash + name.partition("@")[0]
