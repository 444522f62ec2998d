from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repro.site.about import About
from repro.site.product import Product, Share, newest_first
from repro.site.seen import KnownIssue
from repro.site.views import by_rank, heat, in_full, level, rates
from tests.unit.site.samples import run


def issue(case: str, *verdicts: str, os: tuple[str, ...] = ("debian-12",)) -> KnownIssue:
    made = KnownIssue(case, case, About())
    made.add(
        run(number, verdict=verdict, os=each, version=f"1.{number}")
        for each in os
        for number, verdict in reversed(list(enumerate(verdicts)))
    )
    return made


@pytest.mark.parametrize(
    ("kind", "versions"),
    [
        ("pypi", ["1.10", "1.9.post1", "1.9", "1.9rc1"]),
        ("deb", ["1:0.5-1", "2.0-1", "2.0~rc1-1"]),
        ("npm", ["10.0.0", "2.0.0", "2.0.0-beta.1"]),
        ("unheard-of", ["10.2.3.4", "10.2.3"]),
    ],
)
def test_versions_order_by_the_rules_of_their_kind(kind: str, versions: list[str]) -> None:
    assert newest_first(sorted(versions), kind) == versions


@given(st.lists(st.text(max_size=12)))
def test_what_is_no_version_comes_last_and_none_is_lost(odd: list[str]) -> None:
    found = newest_first([*odd, "1.0"], "pypi")
    assert set(found) == {*odd, "1.0"}
    assert len(found) == len(set(found))


@given(st.permutations(["1.0", "1.0.0", "1.0.0.0", "0.9", "none", "other", ""]))
def test_the_order_is_the_same_whatever_was_met_first(met: list[str]) -> None:
    kind = f"kind of {met}"
    for version in met:
        newest_first([version], kind)
    assert newest_first(met, kind) == [
        "1.0.0.0", "1.0.0", "1.0", "0.9", "other", "none", ""
    ]  # fmt: skip


def test_a_heat_map_is_bounded_and_says_what_is_left_out() -> None:
    issues = [issue("a", *["reproduced"] * 5, os=("x", "y")), issue("b", "reproduced")]
    found = heat(issues, "pypi", columns=3, rows=2)
    assert found.versions == ["1.4", "1.3", "1.2"]
    assert [each.case for each, _ in found.groups] == ["a"]
    assert (found.older, found.more) == (2, 1)
    assert [row.place for row in found.groups[0][1]] == ["x", "y"]
    assert heat(issues, "pypi", columns=3, rows=1).more == 1  # one issue at least


def test_rates_are_of_what_was_run_more_than_once() -> None:
    made = issue("a", "reproduced", "not-reproduced")
    made.add([run(5, version="1.0", verdict="not-reproduced"), run(6, version="1.1", verdict="x")])
    ((place, version, tally),) = rates(heat([made], "pypi", columns=9))
    assert (place, version) == ("debian-12", "1.0")
    assert (tally.reproduced, tally.valid) == (1, 2)


def test_a_topology_is_named_where_there_are_several() -> None:
    made = issue("a", "reproduced")
    made.add([run(9, topology="cluster")])
    ((_, rows),) = heat([made], "pypi", columns=9).groups
    assert [row.place for row in rows] == ["debian-12, cluster", "debian-12, single"]


def test_what_hurts_most_comes_first() -> None:
    fixed, known, newer = issue("f", "not-reproduced"), issue("a", "reproduced"), issue("b")
    newer.add([run(99)])
    assert [each.case for each in by_rank([fixed, known, newer])] == ["b", "a", "f"]


def test_a_product_sums_up_its_issues() -> None:
    product = Product("pkg:npm/%40scope/name", [
        issue("a", "reproduced", os=("x", "y")), issue("b", "not-reproduced"),
        issue("c", "unfinished", os=("x",)),
    ])  # fmt: skip
    assert (product.kind, product.name) == ("npm", "@scope/name")
    assert product.counts == {"open": 1, "fixed": 1, "none": 1}
    assert product.by_os == {"debian-12": Share(0, 1), "x": Share(1, 2), "y": Share(1, 1)}
    assert product.rate is not None
    assert (product.rate.reproduced, product.rate.runs) == (1, 2)
    assert Product("").name == "no product"


def test_the_first_page_shows_as_many_rows_as_go_on_it() -> None:
    products = [Product(f"pkg:pypi/p{number}", [issue("a", "reproduced")]) for number in range(9)]
    assert len(in_full(products, columns=4, rows=5)) == 5
    never = Product("pkg:pypi/never", [KnownIssue("a", "A", About())])
    assert in_full([never, products[0]], columns=4, rows=5)[0][0] == products[0]


@given(st.integers(0, 50), st.integers(1, 50))
def test_a_darker_cell_is_a_larger_share(affected: int, known: int) -> None:
    shades = ["clean", "level-1", "level-2", "level-3", "level-4"]
    found = level(Share(min(affected, known), known))
    assert (found == "clean") == (affected == 0)
    more = level(Share(min(affected + 1, known), known))
    assert shades.index(more) >= shades.index(found)
