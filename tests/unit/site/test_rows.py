from __future__ import annotations

import pytest
from markupsafe import Markup

from repro.redact import Outgoing
from repro.settings import Settings
from repro.site.rows import heat_rows, rate_rows, run_rows, version_heads
from repro.site.seen import Standing, Tally
from repro.site.shown import Shown
from repro.site.views import Row
from tests.unit.site.samples import run


@pytest.fixture
def shown(settings: Settings) -> Shown:
    return Shown(Outgoing.of(settings, environ={}))


def test_an_issue_has_its_head_once(shown: Shown) -> None:
    rows = [Row(os, Standing("open"), [Tally(2, 1), None]) for os in ("debian-12", "debian-13")]
    made = heat_rows(shown, rows, None, Markup("<th>an issue</th>")).split("\n")
    assert [row.count("an issue") for row in made] == [1, 0]
    assert all(row.startswith("<tr>") and row.endswith("</tr>") for row in made)
    assert ["debian-12" in row for row in made] == [True, False]
    assert made[0].count("2/3") == 1


def test_a_cell_leads_to_its_newest_run(shown: Shown) -> None:
    row = Row("debian-12", Standing("open"), [Tally(1, 0, run="one"), Tally(1, 0)])
    made = heat_rows(shown, [row], {"one": "../one.html"}, Markup())
    assert made.count("<a ") == made.count('<a href="../one.html">1/1</a>') == 1


def test_what_has_no_version_says_so(shown: Shown) -> None:
    assert version_heads(shown, ["1.0", ""]).count("no version") == 1
    assert rate_rows(shown, [("debian-12", "", Tally(1, 1))]).count("no version") == 1


def test_a_row_of_a_list_ends_where_the_next_one_begins(shown: Shown) -> None:
    made = run_rows(shown, [(run(number), f"run {number}", f"{number}.html") for number in (0, 1)])
    assert ['href="0.html"' in row for row in made.split("\n")] == [True, False]
    assert run_rows(shown, []) == ""


def test_text_from_outside_stays_text(shown: Shown) -> None:
    text, link = "<b>&", "a.html"
    told = run(0, os=text, version=text, verdict=text, reason=text, workaround=text, started=text)
    rows = [Row(text, Standing("open", text), [Tally(1, 0)])]
    for made in (
        run_rows(shown, [(told, text, link)]),
        rate_rows(shown, [(text, text, Tally(1, 0))]),
        version_heads(shown, [text]),
        heat_rows(shown, rows, None, Markup()),
    ):
        assert "<b>" not in made
        assert "&lt;b&gt;&amp;" in made
