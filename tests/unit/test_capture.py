from __future__ import annotations

from itertools import groupby, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repro.capture import Capture, Keeper, whole_characters
from repro.model.observation import Captured

PIECES = st.lists(st.one_of(st.binary(max_size=40), st.text(max_size=20).map(str.encode)))


def _kept(pieces: list[bytes], keep: int) -> Keeper:
    keeper = Keeper(keep)
    for piece in pieces:
        keeper.add(piece, 0.0)
    return keeper


@given(PIECES, st.integers(0, 60))
def test_sizes_add_up(pieces: list[bytes], keep: int) -> None:
    data = b"".join(pieces)
    found = _kept(pieces, keep).captured()
    assert found.size == len(data)
    if len(data) <= keep:
        assert (found.cut, found.cut_at) == (0, None)
        assert found.text == data.decode("utf-8", "backslashreplace")
    else:
        assert found.cut_at is not None
        assert found.cut >= len(data) - keep
        assert found.cut <= len(data)


@given(PIECES, st.integers(0, 60))
def test_pieces_do_not_matter(pieces: list[bytes], keep: int) -> None:
    assert _kept(pieces, keep).captured() == _kept([b"".join(pieces)], keep).captured()


@given(st.text(min_size=30), st.integers(8, 60))
def test_no_character_is_torn_at_the_cut(text: str, keep: int) -> None:
    data = text.encode()
    found = _kept([data], keep).captured()
    if found.cut_at is None:
        return
    assert text.startswith(found.text[: found.cut_at])
    assert text.endswith(found.text[found.cut_at :])
    assert len(found.text.encode()) == found.size - found.cut


def test_a_long_stream_keeps_little() -> None:
    keeper = Keeper(1000)
    for number in range(10_000):
        keeper.add(b"%06d\n" % number, number / 10)
    found = keeper.captured()
    assert found.text.startswith("000000\n000001\n")
    assert found.text.endswith("009998\n009999\n")
    assert len(keeper._head) + len(keeper._tail) <= 4000


@given(st.binary(max_size=12))
def test_at_most_three_bytes_are_dropped(data: bytes) -> None:
    kept = whole_characters(data)
    assert data.startswith(kept)
    assert len(data) - len(kept) <= 3


# -- when it came --------------------------------------------------------------------------


def _timed(keep: int, *pieces: tuple[float, bytes]) -> Captured:
    keeper = Keeper(keep)
    for at, piece in pieces:
        keeper.add(piece, at)
    return keeper.captured()


@given(st.lists(st.tuples(st.floats(0, 9), st.binary(max_size=40))), st.integers(0, 60))
def test_times_grow_up_to_the_last_line(pieces: list[tuple[float, bytes]], keep: int) -> None:
    found = _timed(keep, *sorted(pieces))
    lines = [count for count, _ in found.times]
    seconds = [at for _, at in found.times]
    assert lines == sorted(set(lines))
    assert seconds == sorted(seconds)
    assert bool(lines) == bool(found.text)
    if found.text:
        assert lines[-1] == found.text.count("\n") + (not found.text.endswith("\n"))
        assert seconds[-1] <= round(max(at for at, _ in pieces), 6)


def test_a_line_is_there_when_its_line_feed_is() -> None:
    pieces = (0.1, b"one\ntw"), (1.0, b"o"), (2.0, b"\nthr"), (3.0, b"ee"), (4.0, b" more")
    assert _timed(100, *pieces).times == ((1, 0.1), (2, 2.0), (3, 4.0))
    assert _timed(100, (0.5, b"no line feed")).times == ((1, 0.5),)
    assert _timed(100, (0.5, b"")).times == ()


def test_what_comes_at_once_is_one_piece() -> None:
    assert _timed(100, (1.001, b"a\n"), (1.011, b"b\n"), (1.031, b"c\n")).times == (
        (2, 1.011), (3, 1.031)
    )  # fmt: skip


def test_lines_are_those_of_what_is_kept() -> None:
    found = _timed(8, *((float(number), b"%d\n" % number) for number in range(10)))
    assert found.text == "0\n1\n8\n9\n"
    assert found.times == ((1, 0.0), (2, 1.0), (3, 8.0), (4, 9.0))
    torn = _timed(8, (1.0, b"abcd"), (2.0, b"efgh\n"), (3.0, b"ijklm"))
    assert torn.text == "abcdjklm"
    assert torn.times == ((1, 3.0),)


@pytest.mark.parametrize("apart", [False, True])
def test_times_stay_few_however_long_it_takes(apart: bool) -> None:
    keeper = Keeper(1 << 20)
    for number in range(20_000):
        keeper.add(b"x\n", number / 10, apart=apart)
    times = keeper.captured().times
    assert 200 < len(times) <= 512
    assert times[-1] == (20_000, 1999.9)
    assert max(later - sooner for (_, sooner), (_, later) in pairwise(times)) < 30
    assert all(at == pytest.approx((count - 1) / 10) for count, at in times)


def test_streams_are_told_apart_however_close_they_come() -> None:
    capture = Capture(1000)
    for number in range(6):
        capture.add("stderr" if number % 3 == 2 else "stdout", b"%d\n" % number)
    came = sorted(
        (at, stream, count)
        for stream, found in (("stdout", capture.stdout), ("stderr", capture.stderr))
        for count, at in found.times
    )
    turns = [list(turn)[-1] for _, turn in groupby(came, key=lambda each: each[1])]
    assert [(stream, count) for _, stream, count in turns] == [
        ("stdout", 2), ("stderr", 1), ("stdout", 4), ("stderr", 2)
    ]  # fmt: skip
