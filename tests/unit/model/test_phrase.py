from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repro.model.observation import Verdict
from repro.model.phrase import (
    Part,
    Phrase,
    Said,
    agreeing,
    each_of,
    english,
    places,
    plain,
    say,
    verdict,
)
from repro.model.wording import Wording
from tests.phrases import phrases


def failed(why: Said) -> Phrase:
    return say(Wording.STEP_FAILED, step="client", node="app", why=why)


def test_a_phrase_is_told_in_english() -> None:
    seen = say(Wording.EXIT, exit=1)
    assert str(failed(seen)) == "step client on app: exit 1"
    assert str(each_of([seen, "", say(Wording.TIMED_OUT)])) == "exit 1; ; timed out"
    assert str(verdict("not-reproduced")) == "not-reproduced"


@pytest.mark.parametrize("values", [{}, {"exit": 1, "node": "app"}, {"node": "app"}])
def test_a_phrase_has_the_values_that_it_asks_for(values: dict[str, str | int]) -> None:
    with pytest.raises(ValueError, match=r"EXIT asks for \['exit'\]"):
        say(Wording.EXIT, **values)


def test_a_value_is_never_read_as_a_sentence() -> None:
    odd = "{step} `x` {"
    assert str(failed(odd)) == f"step client on app: {odd}"
    parts = list(say(Wording.FIXED_UNSAID, version=odd).parts(english(), "; "))
    assert Part("fixed", code=True) in parts
    assert Part(odd) in parts


@given(phrases())
def test_a_phrase_comes_back_from_a_record(phrase: Phrase) -> None:
    assert Phrase.model_validate_json(phrase.model_dump_json()) == phrase


@given(phrases())
def test_text_and_phrase_say_the_same(phrase: Phrase) -> None:
    made = Verdict.made(verdict="inconclusive", reason=phrase)
    assert made.reason == str(phrase)
    assert made.said("reason") == phrase
    again = Verdict.model_validate_json(made.model_dump_json())
    assert again.said("reason") == phrase


@given(phrases(), phrases())
def test_a_copy_says_what_it_was_told_to(first: Phrase, second: Phrase) -> None:
    made = Verdict.made(verdict="inconclusive", reason=first)
    assert made.copied(reason=second) == Verdict.made(verdict="inconclusive", reason=second)
    assert made.copied(verdict="reproduced").said("reason") == first
    assert made.copied(reason="as it was").phrases == {}


@given(phrases(), st.text())
def test_a_phrase_that_says_something_else_is_not_told(phrase: Phrase, text: str) -> None:
    other = Verdict(verdict="inconclusive", reason=text, phrases={"reason": phrase})
    assert other.said("reason") == (phrase if str(phrase) == text else text)


def test_a_record_without_phrases_is_told_as_it_is() -> None:
    old = Verdict.model_validate({"verdict": "inconclusive", "reason": "the symptom holds"})
    assert old.said("reason") == "the symptom holds"


def test_a_phrase_of_a_later_version_leaves_the_text() -> None:
    later = {"reason": {"key": "not_known_yet", "values": {}}}
    made = Verdict.model_validate({"verdict": "inconclusive", "reason": "so", "phrases": later})
    assert made.said("reason") == "so"


def test_only_phrases_that_agree_stay() -> None:
    good, bad = say(Wording.TIMED_OUT), say(Wording.LOST)
    given_ = {"why": good.model_dump(), "reason": bad.model_dump(), "own": {"x": 1}}
    assert agreeing(given_, {"why": "timed out", "reason": "another"}).keys() == {"why", "own"}


@pytest.mark.parametrize("wording", Wording, ids=lambda wording: wording.key)
def test_every_sentence_can_be_filled_in(wording: Wording) -> None:
    made = say(wording, **dict.fromkeys(places(wording.value), "VALUE"))
    assert str(made).count("VALUE") >= len(places(wording.value))
    assert plain(made.parts(english(), "; ")) == str(made)
