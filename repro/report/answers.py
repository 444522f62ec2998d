"""A campaign's answer by its kind, and a grid of verdicts as rows and columns.  Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from repro.model.bisection import BisectAnswer
from repro.model.campaign import (
    CampaignRecord,
    CellAnswer,
    CellsAnswer,
    Outcome,
    VerifyAnswer,
)
from repro.model.plan import Cell
from repro.model.recheck import RecheckAnswer

Answer = BisectAnswer | VerifyAnswer | RecheckAnswer | CellsAnswer
_ANSWERS: dict[str, type[Answer]] = {
    "bisect": BisectAnswer, "verify": VerifyAnswer, "recheck": RecheckAnswer
}  # fmt: skip


class Row(NamedTuple):
    """A case at one version, and its answer in each column; None: there is no such cell."""

    case: str
    version: str
    answers: tuple[CellAnswer | None, ...]


class Grid(NamedTuple):
    """Versions downwards, OSes (and topologies, where they differ) side by side."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    several: bool


def answer_of(campaign: CampaignRecord) -> Answer | None:
    """The answer as the model of its kind; None while there is none."""
    summary = campaign.summary
    if summary is None:
        return None
    return _ANSWERS.get(summary.kind, CellsAnswer).model_validate(summary.answer)


def grid_of(cells: Sequence[CellAnswer]) -> Grid:
    """The cells of a matrix, in the order that they were asked for.

    ``several``: they are of more than one case.
    """
    places = list(dict.fromkeys((each.cell.os, each.cell.topology) for each in cells))
    named = [(each.cell.case, each.cell.version or "") for each in cells]
    found = {(each.cell.case, each.cell.version or "", each.cell.os, each.cell.topology): each
             for each in cells}  # fmt: skip
    several = len({topology for _, topology in places}) > 1
    return Grid(
        columns=tuple(f"{os} {topology}" if several else os for os, topology in places),
        rows=tuple(
            Row(case, version, tuple(found.get((case, version, *place)) for place in places))
            for case, version in dict.fromkeys(named)
        ),
        several=len({case for case, _ in named}) > 1,
    )


def cells_of(outcomes: Sequence[Outcome]) -> tuple[CellAnswer, ...]:
    """What each cell showed, where the answer is not by cells: in any run that counts, else last.

    One that the issue showed in is affected, whatever its other runs were.
    """
    by_cell: dict[Cell, list[Outcome]] = {}
    for each in outcomes:
        by_cell.setdefault(each.cell, []).append(each)
    return tuple(_together(cell, found) for cell, found in by_cell.items())


def _together(cell: Cell, outcomes: Sequence[Outcome]) -> CellAnswer:
    counted = [each for each in outcomes if each.counted] or outcomes
    shown = [each for each in counted if each.verdict == "reproduced"]
    telling = (shown or counted)[-1]
    return CellAnswer.made(
        cell=cell,
        verdict=telling.verdict,
        reason=telling.said("reason"),
        runs=tuple(each.run for each in outcomes if each.run),
        seconds=sum(each.seconds for each in outcomes),
    )
