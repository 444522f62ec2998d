"""The answer of a finished campaign, by its kind."""

from __future__ import annotations

from repro.model.bisection import BisectAnswer
from repro.model.campaign import (
    CampaignRecord,
    CampaignSummary,
    CellAnswer,
    CellsAnswer,
    VerifyAnswer,
)
from repro.model.recheck import RecheckAnswer
from repro.report.campaign import (
    show_bisection,
    show_failures,
    show_grid,
    show_outcomes,
    show_rates,
)
from repro.report.digest import show_digest
from repro.report.text import Line, columns, heading, line, seconds


def show_answer(summary: CampaignSummary) -> list[Line]:
    """What it came to; what could not be told stands last."""
    if summary.kind == "bisect":
        return show_bisection(BisectAnswer.model_validate(summary.answer))
    if summary.kind == "verify":
        return _show_verified(VerifyAnswer.model_validate(summary.answer))
    if summary.kind == "recheck":
        return show_digest(RecheckAnswer.model_validate(summary.answer))
    return _show_cells(CellsAnswer.model_validate(summary.answer).cells)


def show_campaign(record: CampaignRecord) -> list[Line]:
    """A campaign from its folder, finished or not."""
    header = record.header
    shown = [line((header.campaign, "bold"), f"  {header.kind}, begun {header.started}")]
    if record.summary is None:
        state = "goes on" if record.goes_on else "ended before it was answered"
        shown += [line(state), line(f"go on with: repro resume {header.campaign}", indent=2)]
    else:
        shown += [line(f"{record.summary.headline}  ({seconds(record.summary.seconds)})")]
        shown += [Line(), *show_answer(record.summary)]
    if record.outcomes:
        shown += [*heading("runs"), *show_outcomes(record.outcomes)]
    return shown + [line(note) for note in record.notes]


def _show_cells(answers: tuple[CellAnswer, ...]) -> list[Line]:
    grid = show_grid([each.cell for each in answers], {each.cell: each for each in answers})
    return [*grid, *show_rates(answers), *show_failures(answers)]


def _show_verified(answer: VerifyAnswer) -> list[Line]:
    marks = {True: ("✓ helps", "bold green"), False: ("✗ does not help", "bold red"),
             None: ("? cannot be told", "bold yellow")}  # fmt: skip
    shown = columns([[marks[each.helps], each.workaround, each.why] for each in answer.workarounds])
    for each in answer.workarounds:
        if each.changed:
            shown += heading(f"what {each.workaround!r} changed")
            shown += [line(change, indent=2) for change in each.changed]
    return shown
