from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from repro.provider.capture import Keeper, whole_characters

PIECES = st.lists(st.one_of(st.binary(max_size=40), st.text(max_size=20).map(str.encode)))


def _kept(pieces: list[bytes], keep: int) -> Keeper:
    keeper = Keeper(keep)
    for piece in pieces:
        keeper.add(piece)
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
        keeper.add(b"%06d\n" % number)
    found = keeper.captured()
    assert found.text.startswith("000000\n000001\n")
    assert found.text.endswith("009998\n009999\n")
    assert len(keeper._head) + len(keeper._tail) <= 4000


@given(st.binary(max_size=12))
def test_at_most_three_bytes_are_dropped(data: bytes) -> None:
    kept = whole_characters(data)
    assert data.startswith(kept)
    assert len(data) - len(kept) <= 3
