"""Rendered by markdown-it-py, which follows CommonMark and GFM's tables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from repro.model.phrase import Part
from repro.report.escape import code, escape, fence, sentence
from repro.report.text import one_line, printable

#: What is written by somebody who wants to be more than text.
PIECES = [
    "@admin", "#123", "org/repo#4", "!7", "GH-12", "PROJ-9", "https://example.com/x",
    "www.example.com", "a@example.com", "mailto:a@b.example", "![x](y)", "[x](javascript:y)",
    "[x]: y", "<b>", "<script>", "<!-- x", "&lt;", "&#64;", "`x`", "``", "`", "*x*", "**x**",
    "_x_", "__x__", "~~x~~", "| a |", "\\", "\\@x", "# x", "- x", "+ x", "1. x", "2) x", "===",
    "---", "> x", "    x", "$x$", ":bug:", "{{toc}}", "[[Page]]", "deadbeef01", "r12",
    "commit:abc", "user:root", "\x1b[31m", "\u202e", "\u200b", "\n", "\t", "  ", "x", "日本",
]  # fmt: skip
TEXTS = st.one_of(st.text(max_size=40), st.lists(st.sampled_from(PIECES), max_size=6).map("".join))
#: What ticket systems read into words, and what may not be left in plain text.
LIVE = re.compile(
    r"@|#[0-9]|://|www\.|![0-9]|\b[A-Z]{2,}-[0-9]|\[\[|\{\{|:[a-z]+:"
    r"|\b(?=[0-9]*[a-f])(?=[a-f]*[0-9])[0-9a-f]{7,}\b"
)
PLAIN = {"text", "code_inline", "text_special"}


def parsed(markdown: str) -> list[Token]:
    return MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(markdown)


def inline(markdown: str) -> Iterator[Token]:
    for token in parsed(markdown):
        yield from token.children or ()


def shown(markdown: str) -> str:
    tokens = list(inline(markdown))
    assert {token.type for token in tokens} <= PLAIN, [token.type for token in tokens]
    return "".join(token.content for token in tokens)


@given(TEXTS)
@example("24. is a number")
@example("`")
@example("`@x`")
@example("@` `@")
def test_text_stays_text(text: str) -> None:
    tokens = parsed(escape(text))
    assert {token.type for token in tokens} <= {"paragraph_open", "inline", "paragraph_close"}
    assert shown(escape(text)) == one_line(text, 2000).strip()


@given(TEXTS)
def test_nothing_in_plain_text_means_anything_to_a_ticket_system(text: str) -> None:
    plain = [token.content for token in inline(escape(text)) if token.type != "code_inline"]
    assert not LIVE.search(" ".join(plain))


@pytest.mark.parametrize("text", ["/close", "/assign x", "  /confidential", "/"])
def test_a_line_is_no_command_to_gitlab(text: str) -> None:
    assert not escape(text).startswith("/")
    assert not sentence([Part(text)]).startswith("/")
    assert shown(escape(text)) == text.strip()


@given(TEXTS)
def test_text_stays_text_within_a_sentence(text: str) -> None:
    assert shown(f"word {escape(text)} word") == f"word {one_line(text, 2000).strip()} word"


@given(TEXTS, TEXTS)
def test_a_cell_of_a_table_stays_one_cell(left: str, right: str) -> None:
    rows = f"| a | b |\n|---|---|\n| {escape(left, cell=True)} | {escape(right, cell=True)} |\n"
    tokens = parsed(rows)
    cells = [after for at, after in pairwise(tokens) if at.type == "td_open"]
    contents = ["".join(child.content for child in cell.children or ()) for cell in cells]
    assert contents == [one_line(each, 2000).strip() for each in (left, right)]


@given(TEXTS)
def test_code_stays_as_it_is(text: str) -> None:
    tokens = list(inline(f"x {code(text)}"))[1:]
    wanted = one_line(text, 2000).strip()
    assert [token.content for token in tokens] == ([wanted] if wanted else [])
    assert {token.type for token in tokens} <= {"code_inline"}


@given(st.lists(st.sampled_from([*PIECES, "```", "~~~", "````\n"]), max_size=8).map("\n".join))
def test_a_block_of_code_holds_whatever_is_in_it(text: str) -> None:
    (token,) = parsed(fence(text))
    assert (token.type, token.content) == ("fence", printable(text) + "\n")


@pytest.mark.parametrize("text", ["debian-12", "24.4.2", "node-1 is up", "100 %", "1.0~rc1-2"])
def test_ordinary_words_are_left_alone(text: str) -> None:
    assert escape(text).replace("\\", "") == text


def test_a_sentence_shows_its_code_as_code() -> None:
    parts = (Part("Run "), Part("repro run x.yml", code=True), Part(" for <b>@you</b>."))
    made = sentence(parts)
    assert made == "Run `repro run x.yml` for `<b>@you</b>.`"
    assert shown(made) == "Run repro run x.yml for <b>@you</b>."


def test_what_is_markdown_already_is_not_escaped_again() -> None:
    assert escape(code("a_b")) == "`a_b`"


def test_a_text_without_an_end_is_bounded() -> None:
    assert len(escape("x" * 50_000_000)) <= 2000
