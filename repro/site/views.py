"""What the templates lay out: heat maps and lists of bounded size.  Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from repro.site.product import Product, Share, newest_first
from repro.site.seen import KINDS, KnownIssue, Place, Standing, Tally


class Row(NamedTuple):
    """An issue in one place."""

    place: str
    standing: Standing
    cells: list[Tally | None]


class Heat(NamedTuple):
    """Issues by place and version; ``older`` versions and ``more`` issues are left out."""

    versions: list[str]
    groups: list[tuple[KnownIssue, list[Row]]]
    older: int
    more: int = 0


def heat(issues: Sequence[KnownIssue], kind: str, *, columns: int, rows: int = 10**9) -> Heat:
    """The newest ``columns`` versions, and so many issues, one at least, as fit in the rows.

    Issues that never ran are not in it.
    """
    ran = [issue for issue in issues if issue.here]
    kept: list[KnownIssue] = []
    for issue in ran:
        rows -= len(issue.places)
        if rows < 0 and kept:
            break
        kept.append(issue)
    found = {version for issue in kept for p in issue.places.values() for version in p.cells}
    versions = newest_first(found, kind)
    groups = [(issue, _rows(issue, versions[:columns])) for issue in kept]
    older = max(0, len(versions) - columns)
    return Heat(versions[:columns], groups, older, len(ran) - len(kept))


def _rows(issue: KnownIssue, versions: Sequence[str]) -> list[Row]:
    alone = len({place.topology for place in issue.places.values()}) == 1
    return [
        Row(
            place_name(place, alone=alone),
            place.standing,
            [place.cells.get(version) for version in versions],
        )
        for place in issue.here
    ]


def rates(found: Heat) -> list[tuple[str, str, Tally]]:
    """What came to a verdict more than once: place, version and its runs."""
    return [
        (row.place, version, tally)
        for _, rows in found.groups
        for row in rows
        for version, tally in zip(found.versions, row.cells, strict=True)
        if tally is not None and tally.valid > 1
    ]


def place_name(place: Place, *, alone: bool) -> str:
    """The OS; with the topology where the issue is known on several."""
    return place.os if alone else f"{place.os}, {place.topology}"


def by_rank(issues: Iterable[KnownIssue]) -> list[KnownIssue]:
    """What hurts most first; of the same state, what changed last."""
    latest = sorted(issues, key=lambda issue: (issue.worst.since, issue.case), reverse=True)
    return sorted(latest, key=lambda issue: KINDS.index(issue.worst.kind))


def in_full(products: Iterable[Product], *, columns: int, rows: int) -> list[tuple[Product, Heat]]:
    """The heat maps of the first products that have runs, as far as so many rows go."""
    found = []
    for product in products:
        if rows <= 0:
            break
        made = heat(by_rank(product.issues), product.kind, columns=columns, rows=rows)
        rows -= sum(len(each) for _, each in made.groups)
        if made.groups:
            found.append((product, made))
    return found


def common_oses(products: Iterable[Product], most: int) -> list[str]:
    """The OSes on which most issues are known, by name."""
    counts: Counter[str] = Counter()
    for product in products:
        counts.update({os: share.known for os, share in product.by_os.items()})
    return sorted(os for os, _ in counts.most_common(most))


def level(share: Share) -> str:
    """How dark a cell is: a class of site.css, by the share of the issues that are there."""
    if not share.affected:
        return "clean"
    return f"level-{min(4, 1 + 4 * share.affected // (share.known + 1))}"
