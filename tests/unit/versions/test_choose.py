from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repro.errors import VersionError
from repro.versions import Release, Releases, choose, newer_than
from repro.versions.release import ordered


def of(*versions: str, yanked: tuple[str, ...] = (), kind: str = "pypi") -> Releases:
    found = [Release(version=one, yanked=one in yanked) for one in versions]
    return Releases(purl=f"pkg:{kind}/demo", releases=ordered(kind, found))


DEMO = of("1.0", "1.9", "1.10", "2.0rc1", "2.0", "2.1", "3.0a1", yanked=("2.1",))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1.9", ["1.9"]),
        ("2.0, 1.0,1.0", ["1.0", "2.0"]),
        ("1.9.0", ["1.9"]),
        ("v1.9", ["1.9"]),
        ("2.1,3.0a1", ["2.1", "3.0a1"]),
        ("latest", ["2.0"]),
        ("latest:2", ["1.10", "2.0"]),
        ("latest:99", ["1.0", "1.9", "1.10", "2.0"]),
        ("all", ["1.0", "1.9", "1.10", "2.0"]),
        (" all ", ["1.0", "1.9", "1.10", "2.0"]),
        ("vers:pypi/>=1.9|<2", ["1.9", "1.10"]),
        ("vers:pypi/>=1.9|<2,latest,1.0", ["1.0", "1.9", "1.10", "2.0"]),
        ("vers:pypi/*", ["1.0", "1.9", "1.10", "2.0"]),
        ("vers:pypi/1.0|2.1|2.0", ["1.0", "2.0"]),
    ],
)
def test_what_is_meant(text: str, expected: list[str]) -> None:
    assert list(choose(text, DEMO)) == expected


def test_what_is_left_out_unless_asked_for() -> None:
    assert choose("all", DEMO, prereleases=True, yanked=True) == DEMO.versions
    assert choose("latest", DEMO, prereleases=True) == ("3.0a1",)
    assert choose("latest", DEMO, yanked=True) == ("2.1",)
    assert choose("vers:pypi/>=2.0rc1|<3", DEMO, prereleases=True) == ("2.0rc1", "2.0", "3.0a1")


@pytest.mark.parametrize(
    ("text", "what", "rest"),
    [
        ("", "'' names no version", "latest:5"),
        (" ", "' ' names no version", "latest:5"),
        ("1.0,,2.0", "between two commas", "latest:5"),
        ("1.8", "1.8 of pkg:pypi/demo was never released", "1.0, 1.9"),
        ("1.0,9", "9 of pkg:pypi/demo was never released", "2.1, 3.0a1"),
        ("newest", "'newest' is no version of the pypi kind", "vers:pypi/>=1.2|<2"),
        ("Latest", "is no version", "`latest`"),
        (">=1.0", "'>=1.0' is no version", "vers:pypi/>=1.2|<2"),
        ("latest:0", "does not say how many", "'0' is no whole number above 0"),
        ("latest:x", "does not say how many", "latest:5"),
        ("latest:", "does not say how many", "latest:5"),
        ("latest:-1", "does not say how many", "latest:5"),
        ("latest:²", "does not say how many", "latest:5"),
        ("vers:npm/>=1.0", "a range of other versions", "vers:pypi/>=1.0"),
        ("vers:pypi/", "is no range of versions", "vers:pypi/>=4.5|<6"),
        ("vers:pypi/>=1.0|<x", "is no range of versions", "'x' is not a version of the Pypi kind"),
        ("vers:pypi/>2.1|<3.0a1", "no release of pkg:pypi/demo is in", "outside it are 2.1, 3.0a1"),
        ("vers:pypi/>9", "no release of pkg:pypi/demo is in", "outside it are 3.0a1"),
        ("vers:pypi/<0.5", "no release of pkg:pypi/demo is in", "outside it are 1.0"),
        ("vers:pypi/>2.0", "means no release", "1 pre-release and 1 withdrawn release: 2.1, 3.0a1"),
    ],
)
def test_what_means_nothing(text: str, what: str, rest: str) -> None:
    with pytest.raises(VersionError) as caught:
        choose(text, DEMO)
    assert what in caught.value.what
    assert rest in f"{caught.value.cause} {caught.value.action}"
    assert caught.value.action


@pytest.mark.parametrize("text", ["latest", "latest:3", "all", "vers:pypi/*"])
def test_what_was_all_withdrawn_is_named(text: str) -> None:
    versions = tuple(f"1.{number}" for number in range(9))
    only = of(*versions, yanked=versions)
    with pytest.raises(VersionError) as caught:
        choose(text, only)
    assert caught.value.cause.startswith("there are only 9 ")
    assert caught.value.cause.endswith("1.4, 1.5, 1.6, 1.7, 1.8")
    assert choose(text, only, yanked=True)[-1] == "1.8"


@pytest.mark.parametrize("text", ["latest", "latest:3", "all", "vers:pypi/*"])
def test_pre_releases_are_the_releases_of_what_has_no_others(text: str) -> None:
    only = of(*(f"1.0a{number}" for number in range(9)))
    assert choose(text, only)[-1] == "1.0a8"
    assert choose(text, of(*only.versions, "0.9")) == ("0.9",)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("latest", "pkg:pypi/demo has no releases"),
        ("all", "pkg:pypi/demo has no releases"),
        ("vers:pypi/>1", "nothing of it was ever released"),
        ("1.0", "nothing of it was ever released"),
    ],
)
def test_nothing_was_ever_released(text: str, told: str) -> None:
    with pytest.raises(VersionError, match=told):
        choose(text, of())


def test_products_without_rules_of_their_own() -> None:
    tags = of("10.2.3.4", "10.2.3.10", "10.2.3.9", kind="docker")
    assert choose("vers:generic/>10.2.3.4", tags) == ("10.2.3.9", "10.2.3.10")
    with pytest.raises(VersionError, match="is no range of versions"):
        choose("vers:docker/>10", tags)


def test_a_spelling_that_two_releases_share() -> None:
    both = of("1.0", "1.0.0")
    assert choose("1.0.0", both) == ("1.0.0",)
    assert choose("1.0", both) == ("1.0",)


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("1.9", ("1.10", "2.0")),
        ("1.9.5", ("1.10", "2.0")),
        ("2.0rc1", ("2.0",)),
        ("2.0", ()),
        ("0", ("1.0", "1.9", "1.10", "2.0")),
    ],
)
def test_newer(version: str, expected: tuple[str, ...]) -> None:
    assert newer_than(version, DEMO) == expected


def test_newer_with_all_there_is() -> None:
    assert newer_than("2.0", DEMO, yanked=True, prereleases=True) == ("2.1", "3.0a1")
    with pytest.raises(VersionError, match="is no version"):
        newer_than("newest", DEMO)


@pytest.mark.parametrize(
    ("kind", "form"), [("pypi", "{}.{}.{}"), ("npm", "{}.{}.{}"), ("deb", "1:{}.{}.{}-1+deb12u1")]
)
def test_many_releases_are_no_trouble(kind: str, form: str) -> None:
    """A range was once read anew for each release, which took half a minute here."""
    many = [form.format(a, b, c) for a in range(20) for b in range(20) for c in range(10)]
    releases = of(*many, kind=kind)
    began = time.process_time()
    chosen = choose(f"vers:{kind}/>={many[100]}|<{many[-100]}|!={many[200]}", releases)
    assert time.process_time() - began < 5
    assert len(chosen) == len(many) - 201


VERSIONS = st.lists(
    st.builds(
        lambda numbers, rest: ".".join(map(str, numbers)) + rest,
        st.lists(st.integers(0, 12), min_size=1, max_size=4),
        st.sampled_from(["", "", "a1", "rc2", ".dev3", ".post1"]),
    ),
    unique=True,
    max_size=25,
)
TEXTS = st.one_of(
    st.sampled_from(["latest", "latest:3", "all", "vers:pypi/*", "vers:pypi/>=1|<5|!=2"]),
    st.builds(
        lambda low, high: f"vers:pypi/>{low}|<={high}", st.integers(0, 5), st.integers(6, 12)
    ),
    st.lists(st.integers(0, 12).map(str), min_size=1, max_size=4).map(",".join),
)


@given(VERSIONS, TEXTS, st.booleans(), st.booleans(), st.data())
def test_in_order_of_what_there_is_and_chosen_again_the_same(
    versions: list[str], text: str, prereleases: bool, yanked: bool, data: st.DataObject
) -> None:
    withdrawn = tuple(data.draw(st.sets(st.sampled_from(versions)))) if versions else ()
    releases = of(*versions, yanked=withdrawn)
    try:
        chosen = choose(text, releases, prereleases=prereleases, yanked=yanked)
    except VersionError:
        return
    assert chosen
    assert [one for one in releases.versions if one in chosen] == list(chosen)
    assert choose(",".join(chosen), releases) == chosen
    by_name = {one.version: one for one in releases.releases}
    if not text[0].isdigit():
        assert all(yanked or not by_name[one].yanked for one in chosen)
        offered = [one for one in releases.releases if yanked or not one.yanked]
        nothing_else = all(one.prerelease for one in offered)
        taken = prereleases or nothing_else
        assert all(taken or not by_name[one].prerelease for one in chosen)


@given(VERSIONS, st.integers(0, 12).map(str))
def test_newer_ones_are_those_of_the_range(versions: list[str], version: str) -> None:
    releases = of(*versions)
    newer = newer_than(version, releases, prereleases=True)
    try:
        expected = choose(f"vers:pypi/>{version}", releases, prereleases=True)
    except VersionError:
        expected = ()
    assert newer == expected


@given(st.text(max_size=30))
def test_any_text_means_something_or_is_told_not_to(text: str) -> None:
    try:
        chosen = choose(text, DEMO)
    except VersionError:
        return
    assert set(chosen) <= set(DEMO.versions)
