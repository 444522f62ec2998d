"""Cells and rows of which there are very many: made here, since a template takes too long."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import NamedTuple

from markupsafe import Markup

from repro.record.history import RunLine
from repro.report.text import one_line
from repro.site import words
from repro.site.paths import run_path
from repro.site.seen import Tally
from repro.site.shown import Passed, Shown

#: Characters of a reason in a list.
SHORT = 160
_NOTHING = Markup('<td class="none"></td>')


class RunRow(NamedTuple):
    """A run in a list; all of it was looked through."""

    path: Passed
    started: Passed
    verdict: Passed
    state: Passed
    os: Passed
    version: Passed
    took: Passed
    workaround: Passed
    why: Passed


def run_row(run: RunLine, name: str, shown: Shown) -> RunRow:
    """A run, whose identifier may be shown as ``name``."""
    return RunRow(
        Passed(run_path(name)),
        words.minute(run.started) or Passed(name),
        shown.text(run.verdict),
        Passed(words.verdict_class(run.verdict)),
        shown.text(run.os),
        shown.text(run.version or ""),
        words.seconds(run.seconds),
        shown.text(run.workaround or ""),
        Passed(one_line(shown.text(run.reason), SHORT)),
    )


def cells(tallies: Iterable[Tally | None], link: Callable[[str], str] | None = None) -> Markup:
    """The cells of a row: in how many of its runs with a verdict the issue showed.

    ``link`` is told a run, and says where its page is.
    """
    return Markup("").join(_cell(tally, link) for tally in tallies)


def _cell(tally: Tally | None, link: Callable[[str], str] | None) -> Markup:
    if tally is None:
        return _NOTHING
    begin, text, end = _parts(tally.reproduced, tally.clean)
    if link and tally.run:
        # Markup escapes what is added to it.
        text = Markup('<a href="') + link(tally.run) + Markup('">') + text + Markup("</a>")
    return begin + text + end


@lru_cache(4096)
def _parts(reproduced: int, clean: int) -> tuple[Markup, Markup, Markup]:
    """A cell's beginning, what it says, and its end."""
    begin = Markup('<td class="{}">').format(words.cell_class(reproduced, clean))
    text = Markup("{}/{}").format(reproduced, reproduced + clean)
    if not reproduced + clean:
        text = Markup('&ndash;<span class="unseen">no verdict</span>')
    return begin, text, Markup("</td>")
