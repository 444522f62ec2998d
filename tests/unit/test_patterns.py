from __future__ import annotations

import os
import re
import select
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from repro.patterns import Matcher, PatternTimeout, Span
from tests.engines import until
from tests.support import MATCHER

_SEARCHES = """
from repro.patterns import Matcher

matcher = Matcher(limit=1)
matcher.warm()
print(matcher._worker.pid, flush=True)
matcher.search("(a+)+$", "a" * 40 + "!")
"""


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([r"b+", r"^x$", r"(?i)É", r"\d{2,}", r"a.c", ""]), st.text(max_size=200))
def test_it_finds_what_re_finds(pattern: str, text: str) -> None:
    text = text.encode("utf-8", "replace").decode()
    found = re.search(pattern, text, re.MULTILINE)
    assert MATCHER.search(pattern, text) == (Span(*found.span()) if found else None)


def test_a_search_that_never_ends_is_ended_and_the_next_one_works() -> None:
    matcher = Matcher(limit=2)
    with pytest.raises(PatternTimeout, match="took over 2 s"):
        matcher.search("(a+)+$", "a" * 40 + "!")
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


def test_a_search_that_nobody_waits_for_ends_too() -> None:
    argv = [sys.executable, "-c", _SEARCHES]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        worker = int(process.stdout.readline())
        ended = os.pidfd_open(worker)
        until(lambda: _ticks(worker) > 10)  # it searches
        process.kill()
    assert select.select([ended], [], [], 120)[0]
    os.close(ended)


def _ticks(process: int) -> int:
    """What it took of a processor so far (proc(5))."""
    return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[11])
