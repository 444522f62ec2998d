"""Building the site: one pass over the history, then the pages that sum it up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from repro.casefile import LoadedCase
from repro.errors import ReproError
from repro.model.recheck import Issue
from repro.record.history import History, RunLine, catch_up
from repro.record.states import every_catalogue
from repro.redact import Outgoing
from repro.settings import Settings
from repro.site import search
from repro.site.about import About, Products, about_case, about_run, newest_folder
from repro.site.nights import last_night
from repro.site.output import Output, Page, alone, claim, digest, notes_path
from repro.site.pages import Pages, assets, recipe
from repro.site.paths import issue_path, month, report_path, run_path
from repro.site.product import Product
from repro.site.rows import run_row
from repro.site.seen import KnownIssue, helped
from repro.site.shown import Shown
from repro.site.summary import Summary
from repro.site.trends import Trends
from repro.site.views import heat, rates

#: Runs that an issue's page lists, and versions that it shows.
_LISTED, _VERSIONS = 30, 24
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
        output.finish(site.facts)
    return Built(output.written, output.kept, output.removed, outgoing.counts)


class _Site:
    """The pages, in the order in which they lead to one another: the first page comes last."""

    def __init__(
        self, settings: Settings, output: Output, outgoing: Outgoing, reports: int
    ) -> None:
        self._settings, self._output, self._outgoing = settings, output, outgoing
        self._reports = reports
        self._shown = Shown(outgoing)
        self._pages = Pages(self._shown)
        self._states = _by_case(settings)
        self._trends = Trends()
        self._issues: list[KnownIssue] = []
        self._made: dict[str, str] = {}
        self._found: dict[str, list[str]] = {}
        self.facts: dict[str, Any] = {}

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
            made = digest(*runs)
            page(search.runs_path(when), made, partial(search.script, f"runs-{when}", runs))
        summary = Summary(self._pages, self._shown, page, self._issues, self._made)
        summary.products()
        summary.lists()
        summary.first(self._trends, last_night(self._settings))

    def _recorded(self, case: str, runs: Sequence[RunLine]) -> About:
        """What the newest run that is here recorded; read once for each."""
        folder = newest_folder(run.folder for run in runs)
        before = self._output.facts.get(case)
        if folder is not None and (before is None or before[0] != folder):
            before = folder, about_run(folder).model_dump(mode="json")
        if before is None:
            return About()
        self.facts[case] = before
        return About.model_validate(before[1])

    def _issue(self, issue: KnownIssue, runs: Sequence[RunLine]) -> None:
        states = self._states.get(issue.case, ())
        for state in states:
            issue.place(state.os, state.topology).take(state)
        self._issues.append(issue)
        names = [self._shown.run(run.run, run.case) for run in runs]
        for name in names:
            self._found.setdefault(month(name), []).append(name)
        told = [issue.about.model_dump_json()]
        told += [state.model_dump_json(include=_TOLD) for state in states]
        newest = runs[: self._reports]
        reported = [Path(run.folder, "summary.json").is_file() for run in newest]
        made = self._made[issue.case] = digest(issue.title, *told, repr(reported), repr(runs))
        if not self._output.unchanged(issue.case, made):
            page = self._output.group(issue.case, made)
            with_report = {
                run.run for run, there in zip(newest, reported, strict=True)
                if there and self._report(page, run)
            }  # fmt: skip
            for run, name in zip(runs, names, strict=True):
                self._run(page, run, name, issue.about.product, reported=run.run in with_report)
            page(issue_path(self._shown.text(issue.case)), made, partial(self._detail, issue, runs))

    def _run(self, page: Page, run: RunLine, name: str, product: str, *, reported: bool) -> None:
        path = run_path(name)

        def made() -> str:
            values = {"run": run, "product": product, "reported": reported}
            return self._pages.render("run", path, **values)

        page(path, digest(f"{reported} {product} {run!r}"), made)

    def _report(self, page: Page, run: RunLine) -> bool:
        """The full report; False where it cannot be made."""

        def made() -> str:
            from repro.publish import subject_of
            from repro.report.formats import render

            subject = subject_of(self._settings, run.folder, self._outgoing)
            return render(subject, "html", templates=self._settings.templates)

        try:
            page(report_path(self._shown.run(run.run, run.case)), digest(repr(run)), made)
        except ReproError:
            return False
        return True

    def _detail(self, issue: KnownIssue, runs: Sequence[RunLine]) -> str:
        """An issue's page."""
        path = issue_path(self._shown.text(issue.case))
        issue.helped = helped(runs)
        product = Product(issue.about.product)
        found = heat([issue], product.kind, columns=_VERSIONS)
        values: dict[str, Any] = {
            "issue": issue,
            "product": product,
            "heat": found,
            "rates": rates(found),
            "link": lambda run: f"../{run_path(self._shown.run(run, issue.case))}",
            "runs": [
                run_row(run, self._shown.run(run.run, run.case), self._shown)
                for run in runs[:_LISTED]
            ],
        }
        return self._pages.render("issue", path, **values)


def _by_case(settings: Settings) -> dict[str, list[Issue]]:
    """The states of every issue, of all catalogues."""
    found: dict[str, list[Issue]] = {}
    for states in every_catalogue(settings):
        for issue in states.issues.values():
            found.setdefault(issue.case, []).append(issue)
    return found
