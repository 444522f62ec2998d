from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repro.ports import GuestFile
from repro.provider.docker.archive import first_file, numbers_of, pack
from repro.provider.docker.images import split_reference

PASSWD = "root:x:0:0:root:/root:/bin/sh\napp:x:1000:1001::/home/app:/bin/sh\nbroken\n"


def _in_pieces(data: bytes, size: int) -> Iterator[bytes]:
    return (data[at : at + size] for at in range(0, len(data), size))


@given(st.binary(max_size=3000), st.integers(1, 4000), st.integers(0, 4000))
def test_what_is_packed_is_found(data: bytes, size: int, limit: int) -> None:
    packed = pack([GuestFile("/a/b", data, 0o640, "x")], lambda _owner: (5, 6))
    assert first_file(_in_pieces(packed, size), limit) == data[:limit]
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        member = archive.getmembers()[0]
        found = (member.name, member.mode, member.uid, member.gid)
    assert found == ("a/b", 0o640, 5, 6)


@given(st.binary(max_size=2000), st.integers(1, 700))
def test_any_bytes_are_no_file_or_one_within_bounds(data: bytes, size: int) -> None:
    found = first_file(_in_pieces(data, size), 100)
    assert found is None or len(found) <= 100


def test_no_more_is_read_than_asked_for() -> None:
    packed = pack([GuestFile("/big", bytes(10_000_000))], lambda _owner: (0, 0))
    pieces = _in_pieces(packed, 10_000)
    assert first_file(pieces, 100) == bytes(100)
    assert len(list(pieces)) > 900


@pytest.mark.parametrize(
    ("owner", "numbers"),
    [
        ("root", (0, 0)),
        ("app", (1000, 1001)),
        ("1000", (1000, 1001)),
        ("app:5", (1000, 5)),
        ("77", (77, 77)),
        ("77:78", (77, 78)),
        ("nobody", None),
    ],
)
def test_owners(owner: str, numbers: tuple[int, int] | None) -> None:
    assert numbers_of(owner, PASSWD) == numbers


@pytest.mark.parametrize(
    ("reference", "parts"),
    [
        ("debian:12", ("debian", "12")),
        ("debian", ("debian", "latest")),
        ("mirror.example:5000/debian", ("mirror.example:5000/debian", "latest")),
        ("mirror.example:5000/redhat/ubi9:9.4", ("mirror.example:5000/redhat/ubi9", "9.4")),
    ],
)
def test_references(reference: str, parts: tuple[str, str]) -> None:
    assert split_reference(reference) == parts
