"""The pages that sum up: products, lists, what is searched, and the first page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from repro.report.looks import CLASSES
from repro.site import search, words
from repro.site.chart import single, stacked
from repro.site.nights import Night
from repro.site.output import Page, digest
from repro.site.pages import Pages
from repro.site.paths import issue_path, product_path
from repro.site.product import Product
from repro.site.seen import KINDS, KnownIssue
from repro.site.shown import Shown
from repro.site.trends import Trends
from repro.site.views import by_rank, common_oses, heat, in_full

#: Versions, products, rows of heat maps, and sentences of a night on the first page, which is to
#: stay small whatever the history.
_VERSIONS, _PRODUCTS, _ROWS, _TOLD = 10, 200, 120, 100
#: Versions on a product's page; OSes that have a column; issues of a page of the list.
_PRODUCT_VERSIONS, _OSES, _LISTED = 12, 12, 250
_KIND_WORDS = {
    "back": "back", "open": "open", "flaky": "come and go", "cannot-tell": "cannot be told",
    "fixed": "fixed or not seen", "none": "without a verdict",
}  # fmt: skip


class _ListPage(NamedTuple):
    """A part of the list of all issues."""

    path: str
    issues: Sequence[KnownIssue]

    @property
    def first(self) -> str:
        """The name of its first issue."""
        return self.issues[0].case if self.issues else ""


class Summary:
    """``digests`` are those of what each issue's page is made of, by case."""

    def __init__(
        self,
        pages: Pages,
        shown: Shown,
        page: Page,
        issues: Sequence[KnownIssue],
        digests: Mapping[str, str],
    ) -> None:
        self._pages, self._shown, self._page = pages, shown, page
        self._issues = sorted(issues, key=lambda issue: issue.case)
        self._digests = digests
        self._all = self._of(self._issues)
        self._products = _products(self._issues)
        self._common = {"kinds": KINDS, "kind_words": _KIND_WORDS}
        self._oses = common_oses(self._products, _OSES)

    def products(self) -> None:
        """The pages of products, and the list of them."""
        for product in self._products:
            path = product_path(self._shown.text(product.purl))
            made = partial(self._product, path, product)
            self._page(path, self._of(product.issues), made)
        path = "products.html"
        values: dict[str, Any] = {"products": self._products, "oses": self._oses}
        self._page(path, self._all, partial(self._pages.render, path[:-5], path, **values))

    def lists(self) -> None:
        """All issues by name, and what the search box looks in."""
        parts = [
            _ListPage(f"issues{f'-{number}' if number > 1 else ''}.html", issues)
            for number, issues in enumerate(_batches(self._issues, _LISTED), 1)
        ]
        names = [part.first for part in parts]
        for part in parts:
            made = digest(self._of(part.issues), repr((names, len(self._issues))))
            values = {"issues": part.issues, "pages": parts, "total": len(self._issues)}
            page = partial(self._pages.render, "issues", part.path, path=part.path, **values)
            self._page(part.path, made, page)
        self._page(search.ISSUES, self._all, self._searched)

    def first(self, trends: Trends, night: Night) -> None:
        """The first page."""
        made = digest(self._all, night.model_dump_json(), repr(trends.shown()))
        values = self._common | _charts(trends) | self._overview() | {"night": night}
        page = partial(self._pages.render, "index", "index.html", **values)
        self._page("index.html", made, page)

    def _of(self, issues: Sequence[KnownIssue]) -> str:
        return digest(*(self._digests[issue.case] for issue in issues))

    def _product(self, path: str, product: Product) -> str:
        issues = by_rank(product.issues)
        found = heat(issues, product.kind, columns=_PRODUCT_VERSIONS)
        values = {"product": product, "issues": issues, "heat": found}
        return self._pages.render("product", path, **values, **self._common)

    def _searched(self) -> str:
        """Identifier, title, product, state and page of each issue."""
        rows = []
        for issue in self._issues:
            worst, case = issue.worst, self._shown.text(issue.case)
            name = Product(issue.about.product).name
            told = (issue.title, name, words.standing(worst))
            state = words.STATE_CLASS[worst.kind]
            rows.append([case, *map(self._shown.text, told), state, issue_path(case)])
        return search.script("issues", rows)

    def _overview(self) -> dict[str, Any]:
        return {
            "total": len(self._issues),
            "products_total": len(self._products),
            "runs": sum(issue.runs for issue in self._issues),
            "last": max((issue.last for issue in self._issues), default=""),
            "counts": Counter(issue.worst.kind for issue in self._issues),
            "cases": {issue.case for issue in self._issues},
            "products": self._products[:_PRODUCTS],
            "oses": self._oses,
            "in_full": in_full(self._products, columns=_VERSIONS, rows=_ROWS),
            "most_told": _TOLD,
        }


def _products(issues: Sequence[KnownIssue]) -> list[Product]:
    """What hurts most first."""
    found: dict[str, Product] = {}
    for issue in issues:
        purl = issue.about.product
        found.setdefault(purl, Product(purl)).issues.append(issue)
    return sorted(found.values(), key=lambda each: (each.rank, each.purl))


def _charts(trends: Trends) -> dict[str, Any]:
    weeks = trends.shown()
    of_runs = [bar.value or 0 for bar in stacked(weeks)]
    seconds = single(weeks, lambda week: week.median_seconds)
    waits = single(weeks, lambda week: week.median_wait)
    return {
        "weeks": weeks,
        "verdicts": list(CLASSES),
        "runs_bars": stacked(weeks),
        "seconds_bars": seconds,
        "waits_bars": waits,
        "most_runs": max(of_runs, default=0),
        "most_seconds": max((bar.value or 0 for bar in seconds), default=0),
        "most_wait": max((bar.value or 0 for bar in waits), default=0),
    }


def _batches(issues: Sequence[KnownIssue], size: int) -> list[Sequence[KnownIssue]]:
    """At least one, so that there is a list."""
    return [issues[start : start + size] for start in range(0, max(1, len(issues)), size)]
