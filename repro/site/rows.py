"""Cells and rows of which there are very many: made here, since a template takes too long."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

from markupsafe import Markup, escape

from repro.record.history import RunLine
from repro.site import words
from repro.site.seen import Tally
from repro.site.shown import Shown
from repro.site.views import Row
from repro.stats import rate_of

#: Characters of a reason in a list.
SHORT = 160
#: What stands where a version would.
_NO_VERSION = "no version"
_NOTHING = '<td class="none"></td>'


def run_rows(shown: Shown, runs: Iterable[tuple[RunLine, str, str]]) -> Markup:
    """Runs in a list: each with what it may be shown as, and where its page is."""
    made = [_run_row(shown, run, name, link) for run, name, link in runs]
    return _escaped("\n".join(made))


def _run_row(shown: Shown, run: RunLine, name: str, link: str) -> str:
    html = shown.html
    why: str = escape(shown.line(run.reason, SHORT))
    if run.workaround:
        why = f"<em>with {html(run.workaround)}:</em> {why}"
    began = words.minute(run.started) or html(name)
    return (
        f'<tr><td class="number"><a href="{link}">{began}</a></td>'
        f'<td><span class="chip {words.verdict_class(run.verdict)}">{html(run.verdict)}</span></td>'
        f"<td>{html(run.os)}</td><td>{html(run.version or '')}</td>"
        f'<td class="number">{words.seconds(run.seconds)}</td><td class="why">{why}</td></tr>'
    )


def rate_rows(shown: Shown, rates: Iterable[tuple[str, str, Tally]]) -> Markup:
    """How often an issue showed, by place and version."""
    html = shown.html
    made = [
        f"<tr><td>{html(place)}</td><td>{html(version or _NO_VERSION)}</td>"
        f'{_rate(tally.reproduced, tally.valid)}<td class="number">{tally.other}</td></tr>'
        for place, version, tally in rates
    ]
    return _escaped("\n".join(made))


def version_heads(shown: Shown, versions: Iterable[str]) -> Markup:
    """The heads of the columns of a heat map."""
    heads = [shown.html(version or _NO_VERSION) for version in versions]
    return _escaped("".join([f'<th scope="col" class="version">{head}</th>' for head in heads]))


def heat_rows(
    shown: Shown, rows: Iterable[Row], links: Mapping[str, str] | None, head: Markup
) -> Markup:
    """An issue by place, and in how many of its runs with a verdict it showed there.

    ``links`` say where the pages of runs are; the first row begins with ``head``.
    """
    made = "</tr>\n<tr>".join([_heat_row(shown, row, links) for row in rows])
    return _escaped(f"<tr>{head}{made}</tr>")


def _heat_row(shown: Shown, row: Row, links: Mapping[str, str] | None) -> str:
    state = row.standing
    chip = f'<span class="chip {words.STATE_CLASS[state.kind]}">{shown.html(words.standing(state))}'
    return (
        f'<th scope="row">{shown.html(row.place)}</th><td class="plain">{chip}</span></td>'
        f'<td class="plain number">{words.day(state.since)}</td>'
        + "".join([_cell(tally, links) for tally in row.cells])
    )


def _cell(tally: Tally | None, links: Mapping[str, str] | None) -> str:
    if tally is None:
        return _NOTHING
    begin, text = _parts(tally.reproduced, tally.clean)
    if links and tally.run:
        text = f'<a href="{links[tally.run]}">{text}</a>'
    return f"{begin}{text}</td>"


@lru_cache(4096)
def _parts(reproduced: int, clean: int) -> tuple[str, str]:
    """A cell's beginning, and what it says."""
    begin = f'<td class="{words.cell_class(reproduced, clean)}">'
    if not reproduced + clean:
        return begin, '&ndash;<span class="unseen">no verdict</span>'
    return begin, f"{reproduced}/{reproduced + clean}"


@lru_cache(4096)
def _rate(reproduced: int, valid: int) -> str:
    """Two cells: runs in which the issue showed, and their rate."""
    rate = words.rate(rate_of(reproduced, valid))
    return f'<td class="number">{reproduced} of {valid}</td><td class="number">{rate}</td>'


def _escaped(made: str) -> Markup:
    """Made of our own words, paths, and of what was escaped before."""
    return Markup(made)  # noqa: S704 - Markup.format takes ten times as long
