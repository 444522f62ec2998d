from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repro.errors import VersionError
from repro.versions import in_range, is_prerelease, order


@pytest.mark.parametrize(
    ("kind", "ascending"),
    [
        ("pypi", ["1.0.dev1", "1.0a1", "1.0rc1", "1.0", "1.0.post1", "1.9", "1.10", "1!0.1"]),
        ("npm", ["1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0"]),
        ("deb", ["1.0~rc1-1", "1.0-1", "1.0-1+deb12u1", "1.0-2", "1.10-1", "1:0.5-1"]),
        ("generic", ["1.9.0", "1.10.0"]),
        ("no-such-type", ["1.9.0", "1.10.0"]),
        (
            "oci",
            ["v1.2-alpha.9", "1.2-alpha.10", "1.2-rc1", "1.2-rc10", "1.2", "1.2.0.1"],
        ),
        ("generic", ["9", "9+b1", "10.2.3.4-rc1", "10.2.3.4", "10.2.3.5", "10.2.3.10", "10.2.4"]),
    ],
)
def test_order(kind: str, ascending: list[str]) -> None:
    key = order(kind)
    for older, newer in pairwise(ascending):
        assert key(older) < key(newer)
    assert sorted(set(ascending), key=key) == ascending


@pytest.mark.parametrize(("kind", "text"), [("pypi", "latest"), ("npm", "x.y"), ("deb", "!!")])
def test_what_is_no_version(kind: str, text: str) -> None:
    with pytest.raises(VersionError, match="is no version"):
        order(kind)(text)


@pytest.mark.parametrize(
    ("kind", "version", "expected"),
    [
        ("pypi", "5.0.0b1", True),
        ("pypi", "5.0.0.post1", False),
        ("pypi", "5.0.dev1", True),
        ("npm", "17.5.0-beta.15", True),
        ("npm", "1.0.0+build-5", False),
        ("deb", "1.0~rc1-1", True),
        ("deb", "1.3.4.20200120-3.1", False),
        ("deb", "115.6.0-1~deb12u1", False),
        ("deb", "2.0~beta2-1~bpo12+1", True),
        ("docker", "3.13.0rc1", True),
        ("docker", "1.25.3-alpine", True),
        ("generic", "10.2.3.4", False),
    ],
)
def test_prereleases(kind: str, version: str, expected: bool) -> None:
    assert is_prerelease(kind, version) is expected


@pytest.mark.parametrize(
    ("text", "version", "expected"),
    [
        ("vers:pypi/>=4.5|<6", "4.5.1", True),
        ("vers:pypi/>=4.5|<6", "6.0", False),
        ("vers:npm/8.17.0|8.17.1", "8.17.1", True),
        ("vers:generic/>10.2.3.4|<10.2.3.10", "10.2.3.9", True),
        ("vers:generic/>10.2.3.4|<10.2.3.10", "10.2.3.10", False),
        ("VERS:PyPI/ >=1.0 | <2 | !=1.5", "1.5", False),
        ("vers:pypi/!=1|!=2", "3", True),
        ("vers:pypi/!=1|!=2", "2", False),
        ("vers:deb/*", "1:1.0-1", True),
        ("vers:apk/>=1.2.3-r0|<2", "1.2.3-r1", True),
    ],
)
def test_ranges(text: str, version: str, expected: bool) -> None:
    assert in_range(text, version) is expected


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("newer", "1"),
        ("vers:pypi", "1"),
        ("vers:none-such/>1", "1"),
        ("vers:pypi/>=4.5", "latest"),
        ("vers:pypi/>=4.5,<6", "5"),
        ("vers:pypi/<1|<2", "5"),
        ("vers:pypi/>=1|1", "5"),
        ("vers:pypi/*|1", "5"),
        ("vers:pypi/>=1|", "5"),
    ],
)
def test_no_range(text: str, version: str) -> None:
    with pytest.raises(VersionError, match="is no range"):
        in_range(text, version)


@given(st.text(max_size=12), st.sampled_from(["pypi", "npm", "deb", "generic", "golang", "apk"]))
def test_any_text_is_a_version_or_told_not_to_be(text: str, kind: str) -> None:
    try:
        key = order(kind)(text)
    except VersionError:
        return
    assert key == order(kind)(text)
    assert isinstance(is_prerelease(kind, text), bool)


@given(st.text(max_size=20), st.text(max_size=8))
def test_any_text_is_a_range_or_told_not_to_be(text: str, version: str) -> None:
    try:
        in_range(f"vers:{text}", version)
    except VersionError:
        return
