from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from repro.intake.steps import find_steps
from repro.intake.symptoms import Symptom, find_symptom, pattern_of
from tests.unit.intake.shelf import passages


def found(text: str, title: str = "It is wrong") -> Symptom | None:
    given = passages(text, title)
    return find_symptom(given, find_steps(given))


def test_what_is_raised_in_the_end() -> None:
    text = (
        '```\n$ python app.py\nTraceback (most recent call last):\n  File "x", line 1\n'
        "KeyError: 'a key'\n\nDuring handling of the above exception, another one:\n\n"
        "shop.StockError: nothing left of 4711\n$ make\nok\n```"
    )  # fmt: skip
    shown = found(text)
    assert shown is not None
    assert (shown.pattern, shown.step) == (r"shop\.StockError: nothing left of 4711", 0)


@pytest.mark.parametrize(
    ("line", "pattern"),
    [
        ("ValueError: no (1)", r"ValueError: no \(1\)"),
        ("2026-11-20 03:12:44,123 ERROR: no room", "ERROR: no room"),
        ("Nov 20 03:12:44 host app[7]: fatal: no room left", "fatal: no room left"),
        ("panic: runtime error at 0xc0000b4010", "panic: runtime error at 0x[0-9a-f]+"),
        ("npm ERR! cannot find /tmp/x/y", r"npm ERR! cannot find \S+"),
        ("error: id 123456 is gone", "error: id [0-9]+ is gone"),
        ("Error: [redacted] was refused", "Error: .* was refused"),
    ],
)
def test_a_pattern_for_what_stays_the_same(line: str, pattern: str) -> None:
    shown = found(f"```text\n{line}\n```")
    assert shown is not None
    assert shown.pattern == pattern
    assert re.search(shown.pattern, line)


@settings(deadline=None)
@given(st.text(max_size=200))
def test_a_pattern_finds_the_line_that_it_was_made_of(line: str) -> None:
    assert re.search(pattern_of(line), line, re.DOTALL)


def test_an_exit_status_in_words() -> None:
    shown = found("```text\nerror: no such file\n```\nIt ends with exit code 123.")
    assert shown is not None
    assert shown.exit == 123


def test_an_error_quoted_in_a_sentence() -> None:
    shown = found("We get `error: cannot format mail.py` since Monday.")
    assert shown is not None
    assert shown.pattern == r"error: cannot format mail\.py"


def test_a_line_of_a_log_in_the_text() -> None:
    shown = found("We see\n\nERROR:  null value in column\n\nin the log.")
    assert shown is not None
    assert shown.pattern == "ERROR:  null value in column"


def test_something_that_hangs() -> None:
    shown = found("", title="The import hangs")
    assert shown is not None
    assert shown.hangs


@pytest.mark.parametrize("text", ["", "It is slow.", "```text\nok\n```", "the error is back"])
def test_nothing_is_made_up(text: str) -> None:
    assert found(text) is None
