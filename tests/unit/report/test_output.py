from __future__ import annotations

import re
import time
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repro.model.observation import Captured
from repro.report.output import Outputs, Part
from repro.report.terminal import Reader
from tests.unit.report.test_terminal import HOSTILE

TAG = re.compile(r'</?mark>|</?span(?: class="[a-z0-9 ]+")?>')


class English:
    def characters_left_out(self, count: int) -> str:
        return f"…{count}…"

    def bytes_not_kept(self, count: int) -> str:
        return f"…{count} bytes…"


def parts(text: str, *evidence: str, **captured: int) -> list[Part]:
    kept = Captured(text=text, size=len(text), **captured)
    return Outputs(evidence, English()).parts(kept)


def markup(text: str, *evidence: str, **captured: int) -> str:
    return "\n".join(str(part.markup) for part in parts(text, *evidence, **captured))


def test_nothing_printed_is_nothing_shown() -> None:
    assert parts("") == parts("\n") == []


def test_the_match_is_marked_and_markup_is_text() -> None:
    assert markup("a <b>bad</b> c", "bad") == "a &lt;b&gt;<mark>bad</mark>&lt;/b&gt; c"


def test_a_match_over_lines_is_marked_in_each() -> None:
    assert markup("one two\nthree four", "two\nthree") == (
        "one <mark>two</mark>\n<mark>three</mark> four"
    )


def test_colours_become_classes() -> None:
    assert markup("\x1b[1;31mred\x1b[0m \x1b[93mnote") == (
        '<span class="bold c1">red</span> <span class="c3">note</span>'
    )


def test_long_output_is_folded_around_what_matters() -> None:
    rows = [f"row {n}" for n in range(1000)]
    rows[500] = "the needle"
    made = parts("\n".join(rows), "needle")
    assert [part.folded for part in made] == [False, True, False, True, False]
    assert "<mark>needle</mark>" in made[2].markup
    assert made[-1].markup.endswith("row 999")
    assert sum(part.lines + part.beyond for part in made) == 1000


def test_of_a_long_line_its_match_is_seen() -> None:
    text = "x" * 1_000_000 + "needle" + "y" * 1_000_000
    shown = markup(text, "needle")
    assert re.fullmatch(
        r'<span class="aside">…999500…</span>x{500}<mark>needle</mark>y{1494}'
        r'<span class="aside">…998506…</span>',
        shown,
    )


def test_it_is_said_where_the_middle_was_not_kept() -> None:
    aside = '<span class="aside">…7000 bytes…</span>'
    assert markup("abcdef", cut=7000, cut_at=3) == f"abc{aside}def"
    assert markup("abcdef", cut=7000, cut_at=6) == f"abcdef{aside}"
    assert markup("", cut=7000, cut_at=0) == aside


@given(HOSTILE, st.sampled_from(["a", "31m", "<b>", "\n"]))
def test_the_text_is_all_there_and_nothing_else_is_markup(text: str, evidence: str) -> None:
    shown = markup(text, evidence)
    plain = unescape(TAG.sub("", shown))
    assert not set("<>") & set(TAG.sub("", shown))
    wanted = "\n".join(line.removesuffix("\r") for line in text.rstrip("\n").split("\n"))
    if evidence not in text:
        reader = Reader()
        rows = ["".join(p for p, _ in reader.pieces(row)) for row in wanted.split("\n")]
        assert plain == "\n".join(rows)


@pytest.mark.parametrize(
    "text",
    ["x" * 50_000_000, "a\n" * 20_000_000, "\x1b[31m\x1b]0;" * 4_000_000, "<\u202e" * 10_000_000,
     "needle" * 8_000_000, "\r" * 50_000_000],
    ids=["one line", "lines", "escapes", "bidi", "matches", "returns"],
)  # fmt: skip
def test_megabytes_stay_small_and_take_no_time(text: str) -> None:
    started = time.monotonic()
    made = parts(text, "needle")
    assert sum(len(part.markup) for part in made) < 200_000
    assert time.monotonic() - started < 30


def test_all_outputs_of_a_page_share_its_room() -> None:
    outputs = Outputs(["needle"], English())
    text = "\n".join(f"\x1b[3{n % 8}m<{n}>" * 100 for n in range(500))
    made = [outputs.parts(Captured(text=text, size=len(text))) for _ in range(100)]
    assert sum(len(part.markup) for each in made for part in each) < 1_000_000
    assert all(sum(part.lines + part.beyond for part in each) == 500 for each in made)
