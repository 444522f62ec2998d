from __future__ import annotations

import time

import pytest

from repro.casefile.endless import attacks, never_ends


@pytest.mark.parametrize(
    "pattern",
    [
        r"^(a+)+$",
        r"(a|a)*$",
        r"(a|aa)+$",
        r"(.*)*x",
        r"^(([a-z])+.)+[A-Z]([a-z])+$",
        r"prefix: ([^,]+,?)+;",
        r"(\d+|\w+)*!!",
        r"(?:\s*\S*)*end",
        r"(x+x+)+y",
        r"(.*?,){14}P",
        r".*.*.*.*.*.*=",
    ],
)
def test_refused(pattern: str) -> None:
    assert never_ends(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        r"^cancelled\nuser:2 is alice\nuser:1 is bob",
        r"ProtocolError|got b'.*' for",
        r"day=datetime\.date\(9999, 12, 31\)",
        r"(\w+\s)*end",
        r"^(\d{1,3}\.){3}\d{1,3}$",
        r"(ab|cd)+",
        r"(?:error|warning): .*",
        r"(a+)b\1",
        r"^\s*\n\s*at .*:\d+",
        r"(?>a+)+$",
        r".*foo.*bar.*baz",
        r"",
    ],
)
def test_let_through(pattern: str) -> None:
    assert not never_ends(pattern)


def test_ordinary_patterns_start_nothing() -> None:
    """No text to try, so no process either."""
    assert not list(attacks(r"^ERROR: .* at line \d+$"))


def test_the_texts_stay_short() -> None:
    texts = list(attacks("((((a{99}){99}){99}){99}b?)+c"))
    assert texts
    assert max(map(len, texts)) < 10_000


def test_it_takes_seconds_at_most() -> None:
    started = time.monotonic()
    never_ends(r"(z|z)*(y|y)*(x|x)*$")
    assert time.monotonic() - started < 20
