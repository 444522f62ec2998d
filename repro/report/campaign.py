"""Campaigns on a terminal or in a log: the grid, the bisection, the workarounds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from repro.model.bisection import BisectAnswer
from repro.model.campaign import CampaignRecord, CellAnswer, Outcome
from repro.model.plan import Cell
from repro.report.looks import SIGNS, STYLES
from repro.report.text import Line, Part, columns, heading, line, one_line, seconds

_WAITING: Part = ("·", "dim")
_RUNNING: Part = ("…", "cyan")


def show_grid(
    cells: Iterable[Cell], answers: Mapping[Cell, CellAnswer], running: Iterable[Cell] = ()
) -> list[Line]:
    """Versions downwards, OSes (and what else differs) side by side."""
    cells, running = list(cells), set(running)
    rows = list(dict.fromkeys((cell.case, cell.version) for cell in cells))
    across = list(dict.fromkeys(_column(cell) for cell in cells))
    several = len({case for case, _ in rows}) > 1
    by_place = {((cell.case, cell.version), _column(cell)): cell for cell in cells}
    table: list[list[Part]] = [["", *((_named(each, across), "bold") for each in across), ""]]
    for row in rows:
        case, version = row
        name = f"{case} {version or ''}".strip() if several else version or "-"
        found = [by_place.get((row, column)) for column in across]
        table.append([name, *(_sign(cell, answers, running) for cell in found), ""])
    return columns(table)


def show_failures(answers: Iterable[CellAnswer]) -> list[Line]:
    """What did not come to a verdict on the issue, with why; nothing when all did."""
    failed = [each for each in answers if each.verdict not in ("reproduced", "not-reproduced")]
    if not failed:
        return []
    shown = heading("not told")
    for each in failed:
        shown.append(line((f"{SIGNS[each.verdict]} {each.verdict}", STYLES[each.verdict]),
                          f"  {each.cell}"))  # fmt: skip
        shown.append(line(one_line(each.reason, 300), indent=4))
        if each.runs:
            shown.append(line((f"repro show {each.runs[-1]}", "dim"), indent=4))
    return shown


def show_rates(answers: Iterable[CellAnswer]) -> list[Line]:
    """Of cells that were run several times: how often the issue showed, and what that asks for."""
    rows: list[list[Part]] = []
    for each in answers:
        if each.rate is None or (each.rate.runs < 2 and not each.replaced):
            continue
        told = [one_line(each.reason, 160)]
        if each.clean_runs:
            told.append(f"to claim it fixed you need {each.clean_runs} clean runs at the rate seen")
        if each.replaced:
            told.append(f"{each.replaced} replaced, where the environment failed")
        rows.append([str(each.cell), "; ".join(told)])
    return [*heading("how often"), *columns(rows, indent=2)] if rows else []


def show_bisection(answer: BisectAnswer) -> list[Line]:
    """Every step with its reason, then what it comes to."""
    rows: list[list[Part]] = [
        [str(step.number), step.version, (step.verdict, STYLES[step.verdict]), step.why]
        for step in answer.steps
    ]
    shown = columns(rows) if rows else []
    shown += heading(answer.headline)
    shown += [line(sentence, indent=2) for sentence in answer.sentences]
    for name, told in (("cause", answer.cause), ("next", answer.action)):
        if told:
            shown.append(line((f"{name}: ", "bold"), told, indent=2))
    return shown


def show_outcomes(outcomes: Sequence[Outcome]) -> list[Line]:
    """Every run, as they ended."""
    rows: list[list[Part]] = [
        [
            (SIGNS[each.verdict], STYLES[each.verdict]),
            each.cell.os,
            each.cell.version or "-",
            each.cell.workaround or "",
            seconds(each.seconds),
            each.run or each.stage,
            one_line(each.reason, 100) + ("" if each.counted else " (replaced)"),
        ]
        for each in outcomes
    ]
    return columns(rows)


def show_campaigns(records: Sequence[CampaignRecord]) -> list[Line]:
    """One line a campaign, in the order given."""
    if not records:
        return [line("no campaigns")]
    rows: list[list[Part]] = [[(name, "bold") for name in ("campaign", "state", "runs", "answer")]]
    for record in records:
        state, style = _state(record)
        headline = record.summary.headline if record.summary else record.header.title
        rows.append([
            record.header.campaign, (state, style), str(len(record.outcomes)),
            one_line(headline, 120),
        ])  # fmt: skip
    return columns(rows)


def _state(record: CampaignRecord) -> tuple[str, str]:
    if record.summary is not None:
        return "finished", "green"
    return ("goes on", "cyan") if record.goes_on else ("ended early", "bold yellow")


def _column(cell: Cell) -> tuple[str, str, str]:
    return cell.os, cell.topology, cell.workaround or ""


def _named(column: tuple[str, str, str], across: Sequence[tuple[str, str, str]]) -> str:
    """The OS, and whatever else is not the same in all columns."""
    differs = [len({each[place] for each in across}) > 1 for place in range(3)]
    parts = [column[0], *(column[place] for place in (1, 2) if differs[place] and column[place])]
    return " ".join(parts)


def _sign(cell: Cell | None, answers: Mapping[Cell, CellAnswer], running: set[Cell]) -> Part:
    if cell is None:
        return ""
    found = answers.get(cell)
    if found is None or not (found.runs or found.reason):
        return _RUNNING if cell in running else _WAITING
    rate = found.rate
    if not found.finished:
        return f"… {rate.reproduced}/{rate.runs}" if rate else "…", "cyan"
    often = f" {rate.reproduced}/{rate.runs}" if rate and rate.runs > 1 else ""
    return f"{SIGNS[found.verdict]} {found.verdict}{often}", STYLES[found.verdict]
