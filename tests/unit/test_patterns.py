from __future__ import annotations

import re
import threading
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from repro.patterns import Matcher, PatternTimeout, Span
from tests.support import MATCHER


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([r"b+", r"^x$", r"(?i)É", r"\d{2,}", r"a.c", ""]), st.text(max_size=200))
def test_it_finds_what_re_finds(pattern: str, text: str) -> None:
    text = text.encode("utf-8", "replace").decode()
    found = re.search(pattern, text, re.MULTILINE)
    assert MATCHER.search(pattern, text) == (Span(*found.span()) if found else None)


def test_a_search_that_never_ends_is_ended_and_the_next_one_works() -> None:
    matcher = Matcher(limit=2)
    begin = time.monotonic()
    with pytest.raises(PatternTimeout, match="took over 2 s"):
        matcher.search("(a+)+$", "a" * 40 + "!")
    assert time.monotonic() - begin < 40
    assert matcher.search("b", "abc") == Span(1, 2)
    matcher.close()


def test_threads_share_it() -> None:
    found: list[Span | None] = []
    threads = [
        threading.Thread(target=lambda n=n: found.append(MATCHER.search(f"<{n}>", f"a<{n}>")))
        for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [Span(1, 4)] * 8
