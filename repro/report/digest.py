"""The digest of a recheck: what changed, what speaks against the case, what was not checked."""

from __future__ import annotations

from collections.abc import Iterable

from repro.model.recheck import Issue, RecheckAnswer, State, Told
from repro.report.text import Line, Part, columns, heading, line, one_line

_STYLE = {
    "open": "bold red", "back": "bold red", "fixed": "bold green", "flaky": "bold yellow",
    "cannot-tell": "yellow",
}  # fmt: skip


def show_digest(answer: RecheckAnswer) -> list[Line]:
    """As text; a quiet night is one line."""
    if answer.is_quiet:
        return [line(f"{answer.issues} issues, {answer.cells} runs: nothing changed")]
    shown: list[Line] = []
    if answer.changed:
        rows: list[list[Part]] = [
            [
                each.case,
                each.os,
                str(each.before) if each.before else "first look",
                "→",
                _state(each.after),
                one_line(each.after.why or each.title, 100),
            ]
            for each in answer.changed
        ]
        shown += [*heading("changed"), *columns(rows, indent=2)]
    shown += _told("against what the case says is known", answer.contradictions)
    shown += _told("could not be checked", answer.unchecked)
    if answer.left:
        shown += [Line(), line(f"time was up: {answer.left} issues are left for the next look")]
    return shown[1:] if shown and not shown[0].text else shown


def show_states(issues: Iterable[Issue]) -> list[Line]:
    """Every issue with its state and since when."""
    rows: list[list[Part]] = [
        [each.case, each.os, _state(each.state), f"since {each.since[:10]}",
         f"newest looked at: {each.newest or '-'}", one_line(each.state.why, 100)]
        for each in sorted(issues, key=lambda each: each.key)
    ]  # fmt: skip
    return columns(rows) if rows else [line("nothing was looked at yet")]


def _state(state: State) -> Part:
    return str(state), _STYLE[state.name]


def _told(title: str, told: Iterable[Told]) -> list[Line]:
    rows: list[list[Part]] = [[each.case, each.os, one_line(each.text, 300)] for each in told]
    return [*heading(title), *columns(rows, indent=2)] if rows else []
