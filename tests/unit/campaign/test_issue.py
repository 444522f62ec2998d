from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repro.campaign.issue import contradictions, state_of, state_without_versions, to_look_at
from repro.errors import VersionError
from repro.model.case import Known
from repro.model.recheck import State, VersionVerdict
from repro.versions import Releases, order
from repro.versions.release import Release

KEY = order("pypi")
VERDICTS = {
    "r": "reproduced", "c": "not-reproduced", "e": "environment-failed", "i": "inconclusive",
    "d": "different-failure", "f": "inconclusive",
}  # fmt: skip


def seen(shown: str, first: int = 1) -> dict[str, VersionVerdict]:
    """``rrc``: 1.0 and 2.0 reproduced, 3.0 is clean; ``L``: lasting failure."""
    return {
        f"{number}.0": VersionVerdict.model_validate(
            {
                "verdict": VERDICTS.get(letter, "environment-failed"), "reason": "so", "run": "r",
                "at": "", "flaky": letter == "f", "lasting": letter == "L",
            }
        )
        for number, letter in enumerate(shown, first)
        if letter != "-"
    }  # fmt: skip


def releases(*versions: str, odd: Sequence[str] = ()) -> Releases:
    return Releases(
        purl="pkg:pypi/thing",
        releases=tuple(Release(version=v, prerelease=v in odd) for v in versions),
    )


@pytest.mark.parametrize(
    ("shown", "state"),
    [
        ("", "cannot tell"),
        ("e", "cannot tell"),
        ("idL", "cannot tell"),
        ("c", "cannot tell"),
        ("cc", "cannot tell"),
        ("r", "open"),
        ("cr", "open"),
        ("crr", "open"),
        ("rre", "open"),
        ("rrid", "open"),
        ("rc", "fixed in 2.0"),
        ("rcc", "fixed in 2.0"),
        ("rcec", "fixed in 2.0"),
        ("rcrc", "fixed in 4.0"),
        ("rce", "fixed in 2.0"),
        ("rcr", "back in 3.0"),
        ("rcrr", "back in 3.0"),
        ("crcr", "back in 4.0"),
        ("rf", "flaky"),
        ("rcf", "flaky"),
        ("fr", "open"),
        ("fc", "cannot tell"),
        ("rfc", "fixed in 3.0"),
        ("rcfe", "flaky"),
    ],
)
def test_what_verdicts_make_of_an_issue(shown: str, state: str) -> None:
    assert str(state_of(seen(shown), KEY)) == state


@given(st.text("rcfeidL", max_size=8), st.randoms())
def test_the_state_does_not_hang_on_the_order_of_looking(shown: str, chance: Any) -> None:
    found = list(seen(shown).items())
    expected = state_of(dict(found), KEY)
    chance.shuffle(found)
    assert state_of(dict(found), KEY) == expected


@given(st.text("rcfid", max_size=6), st.text("eLid", max_size=4))
def test_failures_of_the_environment_never_change_a_state(shown: str, failed: str) -> None:
    before = seen(shown)
    after = before | seen(failed, first=len(shown) + 1)
    assert state_of(after, KEY).is_like(state_of(before, KEY))


@given(st.text("rc", min_size=1, max_size=8))
def test_the_newest_release_decides(shown: str) -> None:
    state = state_of(seen(shown), KEY)
    if shown.endswith("r"):
        assert state.name in ("open", "back")
        assert (state.name == "back") == ("rc" in shown)
    else:
        assert state.name == ("fixed" if "r" in shown else "cannot-tell")
    if state.version:
        since = int(state.version.split(".", maxsplit=1)[0]) - 1
        assert set(shown[since:]) == {shown[-1]}
        assert shown[since - 1] != shown[-1]


def test_versions_order_as_versions_do() -> None:
    found = seen("r")
    found["10.0"] = found["1.0"].model_copy(update={"verdict": "not-reproduced"})
    found["9.0"] = found["1.0"]
    assert str(state_of(found, KEY)) == "fixed in 10.0"


def test_two_states_are_alike_whatever_their_reasons() -> None:
    one = State(name="flaky", why="1.0 did")
    assert one.is_like(State(name="flaky", why="2.0 did"))
    assert not one.is_like(State(name="open"))
    assert not State(name="fixed", version="1").is_like(State(name="fixed", version="2"))


@pytest.mark.parametrize(
    ("nights", "states"),
    [
        ("r", ["open"]),
        ("c", ["cannot tell"]),
        ("i", ["cannot tell"]),
        ("cr", ["cannot tell", "open"]),
        ("rr", ["open", "open"]),
        ("rccr", ["open", "fixed", "fixed", "back"]),
        ("rcrr", ["open", "fixed", "back", "back"]),
        ("rcrc", ["open", "fixed", "back", "fixed"]),
        ("rieLdc", ["open", "open", "open", "open", "open", "fixed"]),
        ("rfrc", ["open", "flaky", "flaky", "flaky"]),
    ],
)
def test_the_nights_of_an_issue_without_versions(nights: str, states: list[str]) -> None:
    found: list[State] = []
    for night in nights:
        (verdict,) = seen(night).values()
        found.append(state_without_versions(verdict, found[-1] if found else None))
    assert [str(state) for state in found] == states
    assert {state.version for state in found} == {None}
    assert {state.word for state in found} <= {"open", "gone", "again", "flaky", "cannot-tell"}


def test_that_one_without_versions_never_showed_is_why_nobody_can_tell() -> None:
    (clean,), (ill,) = seen("c").values(), seen("i").values()
    assert state_without_versions(clean, None).why.startswith("it does not show here, and never")
    assert state_without_versions(ill, None).why == ill.reason


@pytest.mark.parametrize(
    ("known", "shown", "told"),
    [
        (None, "rc", []),
        ({"introduced": "2.0"}, "rr", ["known.introduced is 2.0, but 1.0 shows it"]),
        ({"introduced": "1.0"}, "rr", []),
        ({"fixed": "2.0"}, "rr", ["known.fixed is 2.0, but 2.0 shows it"]),
        ({"fixed": "2.0"}, "rcr", ["known.fixed is 2.0, but 3.0 shows it"]),
        ({"fixed": "2.0"}, "rc", []),
        ({"introduced": "1.0"}, "rc", ["known has no `fixed`, but 2.0 does not show it"]),
        ({"introduced": "1.0"}, "c", []),
        (
            {"introduced": "1.0", "fixed": "3.0"},
            "rcc",
            ["2.0 should be affected by what is known, but does not show it"],
        ),
        ({"introduced": "2.0", "fixed": "3.0"}, "crc", []),
        ({"introduced": "1.0", "fixed": "3.0"}, "ccc", []),
        ({"fixed": "2.0"}, "reif", []),
    ],
)
def test_what_speaks_against_the_known(known: Any, shown: str, told: list[str]) -> None:
    believed = Known.model_validate(known) if known is not None else None
    assert list(map(str, contradictions(believed, seen(shown), KEY))) == told


@pytest.mark.parametrize(
    ("text", "shown", "newest", "wanted"),
    [
        ("newer", "", None, ["1.0", "2.0", "5.0"]),
        ("newer", "r---c", "5.0", []),
        ("newer", "r-c", "3.0", ["4.0", "5.0"]),
        ("newer", "r-e", "3.0", ["3.0", "4.0", "5.0"]),
        ("newer", "r-L", "3.0", ["4.0", "5.0"]),
        ("newer", "e", "1.0", ["1.0", "2.0", "3.0", "4.0", "5.0"]),
        ("latest", "", None, ["5.0"]),
        ("latest", "----c", "5.0", []),
        ("latest", "----e", "5.0", ["5.0"]),
        ("latest:2", "----c", "5.0", ["4.0"]),
        ("all", "rrr", "3.0", ["4.0", "5.0"]),
        ("vers:pypi/>=2|<4", "-r", "2.0", ["3.0"]),
    ],
)
def test_what_a_look_runs(text: str, shown: str, newest: str | None, wanted: list[str]) -> None:
    known = releases("1.0", "2.0", "3.0", "4.0", "5.0", "6.0rc1", odd=["6.0rc1"])
    assert list(to_look_at(text, known, seen(shown), newest, ("1.0", "2.0", None))) == wanted


def test_a_first_look_leaves_out_what_was_never_released() -> None:
    assert to_look_at("newer", releases("1.0"), {}, None, ("latest", "7.0")) == ("1.0",)


@pytest.mark.parametrize("text", ["nonsense", "vers:pypi/>=9", "latest:0", "7.0"])
def test_a_text_that_means_nothing_is_refused(text: str) -> None:
    with pytest.raises(VersionError):
        to_look_at(text, releases("1.0"), {}, None, ())


VERSIONS = [f"{number}.0" for number in range(1, 9)]


@given(
    st.sampled_from(["newer", "latest", "all", "latest:3"]),
    st.text("rcfeidL-", max_size=8),
    st.integers(1, 8),
    st.booleans(),
)
def test_what_is_done_is_never_run_again_and_what_passes_is(
    text: str, shown: str, released: int, first: bool
) -> None:
    known, found = releases(*VERSIONS[:released]), seen(shown)
    newest = None if first else max(found, key=KEY, default=None)
    wanted = to_look_at(text, known, found, newest, ("1.0",))
    assert list(wanted) == sorted(wanted, key=KEY)
    assert set(wanted) <= set(known.versions)
    assert not [version for version in wanted if version in found and found[version].is_done]
    if text in ("newer", "all") and newest is not None:
        passing: Mapping[str, Any] = {v: s for v, s in found.items() if not s.is_done}
        assert passing.keys() & set(known.versions) <= set(wanted)


def test_the_newest_of_what_has_only_pre_releases_is_looked_at() -> None:
    found = tuple(Release(version=f"1.0.0-beta.{n}", prerelease=True) for n in (1, 2, 3))
    releases = Releases(purl="pkg:npm/x", releases=found)
    assert to_look_at("newer", releases, {}, None, ["1.0.0-beta.1"]) == (
        "1.0.0-beta.1", "1.0.0-beta.3",
    )  # fmt: skip
