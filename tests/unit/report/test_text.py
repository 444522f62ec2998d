from __future__ import annotations

import io
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repro.report.text import (
    Line,
    block,
    columns,
    line,
    one_line,
    plain,
    printable,
    renderable,
    seconds,
    size,
)

HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def hidden(text: str) -> list[str]:
    return [c for c in text if unicodedata.category(c) in HIDDEN and c not in "\n\t"]


def test_every_character_that_cannot_be_seen_is_written_out() -> None:
    """All of Unicode, as this Python knows it."""
    everything = "".join(chr(code) for code in range(0x110000))
    assert hidden(printable(everything)) == []


def test_what_can_be_seen_stays() -> None:
    seen = "".join(
        chr(code)
        for code in range(0x110000)
        if (unicodedata.category(chr(code))[0] in "LMNPS" or chr(code) in " \n\t\u00a0")
        # Supplementary variation selectors are marks that nobody sees.
        and code not in range(0xE0100, 0xE01F0)
    )
    assert printable(seen) == seen


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2J", "\\x1b[2J"),
        ("\x9b31m", "\\x9b31m"),
        ("\u202etxt.exe", "\\u202etxt.exe"),
        ("a\u200bb", "a\\u200bb"),
        ("\U000e0041", "\\U000e0041"),
        ("\ud800", "\\ud800"),
        ("a\r\nb\tc", "a\\x0d\nb\tc"),
    ],
)
def test_how_it_is_written(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(st.text(st.characters(codec=None)))
def test_no_control_character_reaches_a_terminal(text: str) -> None:
    from rich.console import Console

    lines = [line("x ", (text, "bold"), indent=2), *columns([[text, text]]), *block(text, 2)]
    assert hidden(plain(lines)) == []
    assert plain(lines).count("\n") == 3 + text.count("\n")
    out = io.StringIO()
    Console(file=out, force_terminal=True, color_system=None, width=200).print(renderable(lines))
    assert hidden(out.getvalue()) == []


@given(st.text(st.characters(codec=None), max_size=30), st.integers(1, 20))
def test_one_line_is_one_line_and_bounded(text: str, limit: int) -> None:
    shown = one_line(text, limit)
    assert hidden(shown) == []
    assert "\n" not in shown
    assert len(shown) <= limit


def test_brackets_are_no_markup() -> None:
    from rich.console import Console

    out = io.StringIO()
    Console(file=out, width=80).print(renderable([line("[bold]x[/bold] [link=x]")]))
    assert out.getvalue() == "[bold]x[/bold] [link=x]\n"


def test_columns_stand_below_each_other_also_with_wide_characters() -> None:
    rows = columns([["a", "b", "c"], ["日本", "bb", "c"]], indent=1)
    assert [row.text for row in rows] == [" a     b   c", " 日本  bb  c"]


def test_a_line_ends_without_blanks() -> None:
    assert columns([["a", ""], ["bbb", "c"]])[0].text == "a"
    assert Line().text == ""


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "-"),
        (0.123, "0.12 s"),
        (3.14, "3.1 s"),
        (125, "2 min 5 s"),
        (300, "5 min"),
        (7260, "2 h 1 min"),
    ],
)
def test_seconds(value: float | None, shown: str) -> None:
    assert seconds(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"), [(0, "0 B"), (1536, "1.5 KiB"), (2**29, "512 MiB"), (2**50, "1024 TiB")]
)
def test_size(value: int, shown: str) -> None:
    assert size(value) == shown
