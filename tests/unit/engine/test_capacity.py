from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from repro.engine.capacity import MemoryGate, capacity, free_memory

NEVER = threading.Event()
MIB = 1 << 20


@given(st.integers(1, 256), st.integers(0, 1 << 42))
def test_there_is_always_room_for_one_and_more_of_anything_is_never_less(
    cpus: int, free: int
) -> None:
    cells = capacity(cpus, free)
    assert cells >= 1
    assert capacity(cpus + 1, free) >= cells
    assert capacity(cpus, free + 64 * MIB) >= cells


def test_what_is_scarce_bounds_the_cells() -> None:
    assert capacity(2, 1 << 40) == 4
    assert capacity(64, 0) == 1
    assert capacity(64, 1024 * MIB) < 16


@pytest.mark.parametrize(
    ("text", "free"),
    [
        ("MemTotal: 9 kB\nMemAvailable:    2048 kB\n", 2048 * 1024),
        ("MemAvailable: 999999999999 kB\n", 1 << 32),
        ("MemTotal: 9 kB\n", 1 << 32),
        ("MemAvailable: lots\n", 1 << 32),
        ("MemAvailable:\n", 1 << 32),
        ("", 1 << 32),
    ],
)
def test_free_memory_is_what_the_system_tells(tmp_path: Path, text: str, free: int) -> None:
    (tmp_path / "meminfo").write_text(text)
    assert free_memory(1 << 32, tmp_path / "meminfo") == free
    assert free_memory(7, tmp_path / "none") == 7


@settings(max_examples=30, deadline=None)
@given(
    free=st.integers(0, 1000),
    needs=st.lists(st.integers(0, 1500), min_size=1, max_size=12),
)
def test_the_sum_of_what_is_taken_fits_or_one_is_alone(free: int, needs: list[int]) -> None:
    gate, lock = MemoryGate(free), threading.Lock()
    budget = int(free * 0.8)
    inside: list[int] = []
    seen: list[list[int]] = []

    def enter(needed: int) -> None:
        with gate.taking(needed, NEVER):
            with lock:
                inside.append(needed)
                seen.append(list(inside))
            time.sleep(0.001)
            with lock:
                inside.remove(needed)

    threads = [threading.Thread(target=enter, args=(each,), daemon=True) for each in needs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not any(thread.is_alive() for thread in threads)
    assert len(seen) == len(needs)
    for together in seen:
        some = [each for each in together if each]
        # One that is larger than all memory counts as all of it.
        assert sum(min(each, budget) for each in some) <= budget
        if any(each > budget for each in some) and budget:
            assert len(some) == 1


def test_one_that_waits_is_let_go_when_it_is_cancelled() -> None:
    gate, cancel, through = MemoryGate(100), threading.Event(), threading.Event()

    def wait() -> None:
        with gate.taking(80, cancel):
            through.set()

    with gate.taking(80, NEVER):
        thread = threading.Thread(target=wait, daemon=True)
        thread.start()
        assert not through.wait(0.2)
        cancel.set()
        gate.wake()
        assert through.wait(20)
    thread.join(20)
    with gate.taking(80, NEVER):  # nothing stays taken
        assert True


def test_a_failure_gives_back_what_was_taken() -> None:
    gate = MemoryGate(100)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), gate.taking(80, NEVER):
            raise ZeroDivisionError
