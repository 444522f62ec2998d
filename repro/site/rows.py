"""Cells and rows of which there are very many: made here, since a template takes too long."""

from __future__ import annotations

from collections.abc import Mapping
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
_NOTHING = '<td class="none"></td>'


def run_row(shown: Shown, run: RunLine, name: str, link: str) -> Markup:
    """A run in a list; it may be shown as ``name``, and its page is at ``link``."""
    html = shown.html
    why: str = escape(shown.line(run.reason, SHORT))
    if run.workaround:
        why = f"<em>with {html(run.workaround)}:</em> {why}"
    began = words.minute(run.started) or html(name)
    return _escaped(
        f'<tr><td class="number"><a href="{link}">{began}</a></td>'
        f'<td><span class="chip {words.verdict_class(run.verdict)}">{html(run.verdict)}</span></td>'
        f"<td>{html(run.os)}</td><td>{html(run.version or '')}</td>"
        f'<td class="number">{words.seconds(run.seconds)}</td><td class="why">{why}</td></tr>'
    )


def rate_row(shown: Shown, place: str, version: str, tally: Tally) -> Markup:
    """How often an issue showed in one cell."""
    return _escaped(
        f"<tr><td>{shown.html(place)}</td><td>{shown.html(version or 'no version')}</td>"
        f'{_rate(tally.reproduced, tally.valid)}<td class="number">{tally.other}</td></tr>'
    )


def heat_row(shown: Shown, row: Row, links: Mapping[str, str] | None = None) -> Markup:
    """An issue in one place, and in how many of its runs with a verdict it showed there.

    ``links`` say where the pages of runs are.
    """
    state = row.standing
    chip = f'<span class="chip {words.STATE_CLASS[state.kind]}">{shown.html(words.standing(state))}'
    return _escaped(
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
