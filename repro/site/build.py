"""Building the site: one pass over the history, then the pages that sum it up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from repro.casefile import LoadedCase
from repro.model.recheck import Issue
from repro.record.history import History, RunLine, catch_up
from repro.record.states import every_catalogue
from repro.redact import Outgoing
from repro.settings import Settings
from repro.site import search
from repro.site.about import About, Products, Recorded, about_case, about_runs
from repro.site.issue import IssuePages
from repro.site.nights import last_night
from repro.site.output import Output, alone, claim, digest, notes_path
from repro.site.pages import Pages, assets, recipe
from repro.site.paths import month
from repro.site.seen import KnownIssue
from repro.site.shown import Shown
from repro.site.summary import Summary
from repro.site.trends import Trends

#: What is shown of a state.
_TOLD = {"os", "topology", "state", "since", "seen"}


class Built(NamedTuple):
    """How many pages were written, kept and removed; and how much was replaced in them, by kind."""

    written: int
    kept: int
    removed: int
    replaced: dict[str, int]


def build(
    settings: Settings,
    folder: Path,
    products: Products,
    *,
    catalogue: Sequence[LoadedCase] = (),
    reports: int = 0,
) -> Built:
    """Bring the site in a folder up to date.

    ``catalogue`` are cases as they are now, also those without runs; of the newest ``reports``
    runs of each issue the full report is added, where their folders are here.  Raises InputError
    for a folder that holds something else; HistoryError, RecordError.
    """
    outgoing = Outgoing.of(settings)
    notes = notes_path(settings.home, folder)
    made_by = digest(recipe(), settings.redact.model_dump_json(), outgoing.fingerprint)
    with alone(notes, folder), History(settings.history_url) as history:
        catch_up(settings, history)
        claim(folder)
        output = Output(folder, notes, made_by)
        site = _Site(settings, output, outgoing, reports)
        cases = {each.case.id: each for each in catalogue}
        abouts = {name: about_case(each, products) for name, each in cases.items()}
        site.issues_of(history.by_case(), abouts)
        site.without_runs({name: each.case.title for name, each in cases.items()}, abouts)
        site.sums(made_by)
        output.finish({"abouts": site.abouts, "clean": site.clean})
    return Built(output.written, output.kept, output.removed, outgoing.counts)


class _Site:
    """The pages, in the order in which they lead to one another: the first page comes last."""

    def __init__(
        self, settings: Settings, output: Output, outgoing: Outgoing, reports: int
    ) -> None:
        self._settings, self._output = settings, output
        # The reports make more secrets known on the way: what was clean before may not be so.
        self._remembers = not reports
        self._shown = Shown(outgoing, output.facts.get("clean", ()) if self._remembers else ())
        self._pages = Pages(self._shown)
        self._of_issue = IssuePages(settings, outgoing, self._shown, self._pages, reports)
        self._states = _by_case(settings)
        self._trends = Trends()
        self._issues: list[KnownIssue] = []
        self._made: dict[str, str] = {}
        self._found: dict[str, list[str]] = {}
        self.abouts: dict[str, Any] = {}

    @property
    def clean(self) -> list[str]:
        """What the next build need not look through again."""
        return self._shown.clean if self._remembers else []

    def issues_of(self, cases: Iterable[Sequence[RunLine]], abouts: Mapping[str, About]) -> None:
        """The pages of every issue that has runs, and of these."""
        for runs in cases:
            case = runs[0].case
            about = abouts.get(case) or self._recorded(case, runs)
            issue = KnownIssue(case, runs[0].title, about)
            issue.add(runs)
            self._trends.add(runs)
            self._issue(issue, runs)

    def without_runs(self, titles: Mapping[str, str], abouts: Mapping[str, About]) -> None:
        """The pages of issues that are known, but not from the history."""
        seen = {issue.case for issue in self._issues}
        for case in sorted((titles.keys() | self._states.keys()) - seen):
            about = abouts.get(case, About())
            self._issue(KnownIssue(case, titles.get(case, case), about), ())

    def sums(self, made_by: str) -> None:
        """Products, lists, the search, and the first page."""
        page = self._output.group("", "")
        for path, text in assets().items():
            page(path, made_by, partial(str, text))
        for when, runs in self._found.items():
            made = search.script(f"runs-{when}", runs)
            page(search.runs_path(when), digest(made), partial(str, made))
        summary = Summary(self._pages, self._shown, page, self._issues, self._made)
        summary.products()
        summary.lists()
        summary.first(self._trends, last_night(self._settings))

    def _recorded(self, case: str, runs: Sequence[RunLine]) -> About:
        """As the newest run that is here recorded it."""
        before = self._output.facts.get("abouts", {}).get(case)
        known = Recorded.model_validate(before) if before else None
        found = about_runs((run.folder for run in runs), known)
        if found is None:
            return About()
        self.abouts[case] = found.model_dump(mode="json")
        return found.about

    def _issue(self, issue: KnownIssue, lines: Sequence[RunLine]) -> None:
        states = self._states.get(issue.case, ())
        for state in states:
            issue.place(state.os, state.topology).take(state)
        self._issues.append(issue)
        runs = self._of_issue.runs(lines, issue.about.product)
        for run in runs:
            self._found.setdefault(month(run.name), []).append(run.name)
        told = [issue.title, issue.about.model_dump_json(), repr(self._of_issue.recorded(runs))]
        told += [state.model_dump_json(include=_TOLD) for state in states]
        made = self._made[issue.case] = digest(*told, *(run.made for run in runs))
        if not self._output.unchanged(issue.case, made):
            self._of_issue.write(self._output.group(issue.case, made), made, issue, runs)


def _by_case(settings: Settings) -> dict[str, list[Issue]]:
    """The states of every issue, of all catalogues."""
    found: dict[str, list[Issue]] = {}
    for states in every_catalogue(settings):
        for issue in states.issues.values():
            found.setdefault(issue.case, []).append(issue)
    return found
