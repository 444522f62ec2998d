"""The pages of an issue: its own, those of its runs, and their full reports."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from repro.errors import ReproError
from repro.record.history import RunLine
from repro.redact import Outgoing
from repro.settings import Settings
from repro.site.output import Page, digest
from repro.site.pages import Pages
from repro.site.paths import issue_path, report_path, run_path
from repro.site.product import Product
from repro.site.rows import run_rows
from repro.site.seen import KnownIssue, helped
from repro.site.shown import Shown
from repro.site.views import heat, rates

#: Runs that an issue's page lists, and versions that it shows.
_LISTED, _VERSIONS = 30, 24


class Run(NamedTuple):
    """A run, what it may be called, and the digest of what its page is made of."""

    line: RunLine
    name: str
    made: str


class IssuePages:
    """Makes them.  Of the newest ``reports`` runs of an issue there are full reports."""

    def __init__(
        self, settings: Settings, outgoing: Outgoing, shown: Shown, pages: Pages, reports: int
    ) -> None:
        self._settings, self._outgoing = settings, outgoing
        self._shown, self._pages, self._reports = shown, pages, reports

    def runs(self, lines: Sequence[RunLine], product: str) -> list[Run]:
        """The runs of an issue of this product."""
        named = self._shown.run
        # A plain tuple's text is made in half the time.
        return [
            Run(line, named(line.run, line.case), digest(f"{product} {line[:]}")) for line in lines
        ]

    def recorded(self, runs: Sequence[Run]) -> list[bool]:
        """Of the newest runs: whether a report can be made."""
        newest = runs[: self._reports]
        return [Path(run.line.folder, "summary.json").is_file() for run in newest]

    def write(self, page: Page, made: str, issue: KnownIssue, runs: Sequence[Run]) -> None:
        """All of them, the issue's own last: it leads to the others.

        ``made`` is the digest of what that one is made of.
        """
        paths = {run.line.run: run_path(run.name) for run in runs}
        recorded = zip(runs, self.recorded(runs), strict=False)
        product = issue.about.product
        reported = {run.line.run for run, there in recorded if there and self._report(page, run)}
        for run in runs:
            path, there = paths[run.line.run], run.line.run in reported
            of = digest(run.made, "reported") if there else run.made
            page(path, of, partial(self._run, path, run.line, product, there))
        page(issue_path(self._shown.text(issue.case)), made, lambda: self._page(issue, runs, paths))

    def _run(self, path: str, run: RunLine, product: str, reported: bool) -> str:
        values = {"run": run, "product": product, "reported": reported}
        return self._pages.render("run", path, **values)

    def _report(self, page: Page, run: Run) -> bool:
        """The full report; False where it cannot be made."""

        def made() -> str:
            from repro.publish import subject_of
            from repro.report.formats import render

            subject = subject_of(self._settings, run.line.folder, self._outgoing)
            return render(subject, "html", templates=self._settings.templates)

        try:
            page(report_path(run.name), run.made, made)
        except ReproError:
            return False
        return True

    def _page(self, issue: KnownIssue, runs: Sequence[Run], paths: dict[str, str]) -> str:
        issue.helped = helped(run.line for run in runs)
        product = Product(issue.about.product)
        found = heat([issue], product.kind, columns=_VERSIONS)
        links = {run: f"../{path}" for run, path in paths.items()}
        listed = [(run.line, run.name, links[run.line.run]) for run in runs[:_LISTED]]
        values: dict[str, Any] = {
            "issue": issue, "product": product, "heat": found, "rates": rates(found),
            "links": links, "listed": len(listed), "runs": run_rows(self._shown, listed),
        }  # fmt: skip
        return self._pages.render("issue", issue_path(self._shown.text(issue.case)), **values)
