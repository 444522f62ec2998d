"""A phrase tells no more than the text that it stands beside."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repro.model.observation import Finding, Verdict
from repro.model.phrase import Phrase, places, say
from repro.model.wording import Wording
from repro.redact import Outgoing
from repro.redact.known import MARK, Redactor
from repro.redact.walk import walk
from repro.settings import Settings
from tests.phrases import phrases

SECRET = "correct horse battery"
TOKEN = "ghp_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"


def verdict(phrase: Phrase) -> Verdict:
    return Verdict.made(verdict="inconclusive", reason=phrase)


@pytest.fixture(scope="module")
def outgoing(tmp_path_factory: pytest.TempPathFactory) -> Outgoing:
    home: Path = tmp_path_factory.mktemp("home")
    return Outgoing.of(Settings(home=home, cache=home), [SECRET], {})


@pytest.mark.parametrize("wording", Wording, ids=lambda wording: wording.key)
@pytest.mark.parametrize("secret", [SECRET, TOKEN])
def test_no_value_of_a_phrase_leaves_as_it_is(
    outgoing: Outgoing, wording: Wording, secret: str
) -> None:
    inner = say(Wording.CONTAINS, wanted=repr(secret))
    for hidden in (secret, inner, [inner, inner]):
        made = verdict(say(wording, **dict.fromkeys(places(wording.value), hidden)))
        left = outgoing.model(made)
        tree = outgoing.tree(json.loads(made.model_dump_json()))
        assert secret not in left.model_dump_json() + json.dumps(tree)
        assert Verdict.model_validate(tree) == left
        # What was replaced alike in both can still be told in another language.
        assert left.phrases.keys() == {"reason"}


def test_what_only_its_sentence_tells_to_be_secret_takes_the_phrase_with_it(
    outgoing: Outgoing,
) -> None:
    value = "Tr0ub4dor-and-3"
    why = say(Wording.NAMED, name="db_password:", why=value)
    made = Finding.made(condition="file", holds=True, why=why)
    assert outgoing.text(value) == value  # nothing says so where it stands alone
    left = outgoing.model(made)
    tree = outgoing.tree(json.loads(made.model_dump_json()))
    assert value not in left.model_dump_json() + json.dumps(tree)
    assert MARK in left.why
    assert left.phrases == tree["phrases"] == {}


@given(phrases(st.sampled_from([SECRET, f"{SECRET}!", "plain", ""])))
def test_known_secrets_leave_no_phrase(phrase: Phrase) -> None:
    left = walk(verdict(phrase), Redactor([SECRET]))
    assert SECRET not in left.model_dump_json()


@given(phrases())
def test_what_nothing_is_replaced_in_stays_the_same(phrase: Phrase) -> None:
    made = verdict(phrase)
    assert walk(made, Redactor([SECRET])) is made
    tree = made.model_dump(mode="json")
    assert walk(tree, Redactor([SECRET])) is tree


def test_a_mapping_of_somebody_else_keeps_its_phrases(outgoing: Outgoing) -> None:
    theirs = {"phrases": {"hello": "hola", "bye": {"es": "adios"}}}
    assert outgoing.tree(theirs) is theirs
