from __future__ import annotations

import re
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

from repro.errors import InputError
from repro.fidelity import compare
from repro.model.account import Question
from repro.model.observation import EXIT_STATUS
from repro.model.phrase import Part
from repro.model.recheck import StateName
from repro.plan import Overrides
from repro.report.words import BUILT_IN, Words
from tests.support import a_case, planned

LANGUAGES = ["en", "ja"]


def flat(tree: dict[str, Any], above: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in tree.items():
        name = f"{above}.{key}" if above else key
        found |= flat(value, name) if isinstance(value, dict) else {name: value}
    return found


def words_of(language: str) -> dict[str, str]:
    tree = yaml.safe_load((BUILT_IN / language / "words.yml").read_text("utf-8"))
    tree.pop("phrases", None)
    return flat(tree)


def a_team(folder: Path, text: str, language: str = "en") -> Words:
    (folder / language).mkdir()
    (folder / language / "words.yml").write_text(text, "utf-8")
    return Words(language, folder)


def test_all_languages_have_the_same_sentences_with_the_same_values() -> None:
    english, japanese = words_of("en"), words_of("ja")
    assert english.keys() == japanese.keys()
    for key, text in english.items():
        places = set(re.findall(r"\{(\w+)\}", text))
        assert set(re.findall(r"\{(\w+)\}", japanese[key])) == places, key
        assert text.count("`") % 2 == japanese[key].count("`") % 2 == 0, key


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_has_a_name(language: str) -> None:
    words = Words(language)
    for verdict in (*EXIT_STATUS, "unfinished"):
        assert words.name("verdict", verdict) != verdict
        assert words(f"headline.{verdict}", place="here")
    for question in get_args(Question):
        assert words(f"question.{question}")
    for state in (*get_args(StateName), "gone", "again"):
        assert words(f"state.{state}", version="1.2")


def test_japanese_is_japanese() -> None:
    ascii_only = [key for key, text in words_of("ja").items() if text and text.isascii()]
    allowed = {"label.os", "point.OS", "place.os"}
    assert set(ascii_only) <= allowed


def test_what_fidelity_says_is_said_in_japanese() -> None:
    words = Words("ja")
    spec = {
        "os": "debian-12",
        "product": "pkg:pypi/demo",
        "version": "1",
        "nodes": {"a": {}, "b": {}},
    }
    cases = [
        a_case(environment={**spec, "with": {"pip": ["x==1", "y"]}}),
        a_case(environment={"os": "rocky-9", "product": "pkg:pypi/demo"}),
        a_case(environment={"os": "debian-13"}),
    ]
    for case in cases:
        plan = planned(case, Overrides(os="debian-12", version="2"))
        for each in compare(case, plan.cell, plan.nodes):
            for text in (each.note, each.customer, each.here):
                said = words.phrase(text)
                # Names of systems, packages and versions, which are of no language, have no blanks.
                assert not said.isascii() or " " not in said.replace(", ", ","), text


def test_a_sentence_comes_in_pieces() -> None:
    parts = Words().parts("advice.workaround.choices", workarounds="a, b", command="repro verify x")
    assert parts[-1] == Part("repro verify x", code=True)
    assert not any(part.code for part in parts[:-1])


def test_as_text_code_stands_between_backticks() -> None:
    assert Words()("footer.run", run="r1", tool="0.1") == "Run `r1`, repro 0.1"


def test_a_value_is_never_read_as_a_sentence() -> None:
    assert "{tool} `x`" in Words()("footer.run", run="{tool} `x`", tool="0.1").replace("``", "`")


def test_a_name_that_is_none_stays_as_it_is() -> None:
    assert Words().name("point", "pkg:pypi/demo") == "pkg:pypi/demo"
    assert Words("ja").phrase("something that the case says") == "something that the case says"


def test_a_team_changes_single_words_and_keeps_the_rest(tmp_path: Path) -> None:
    words = a_team(tmp_path, "verdict: {reproduced: Bestaetigt}\n")
    assert words.name("verdict", "reproduced") == "Bestaetigt"
    assert words.name("verdict", "inconclusive") == "Inconclusive"


def test_a_team_adds_a_language(tmp_path: Path) -> None:
    words = a_team(tmp_path, "verdict: {reproduced: Reproduit}\n", "fr")
    assert words.name("verdict", "reproduced") == "Reproduit"
    with pytest.raises(InputError, match=r"words.yml of fr has no headline.reproduced"):
        words("headline.reproduced", place="ici")


@pytest.mark.parametrize("language", ["", "xx", "../en", "en/../en", "EN"])
def test_a_language_that_there_is_none_of_names_those_that_there_are(language: str) -> None:
    with pytest.raises(InputError, match="there are those of en, ja"):
        Words(language)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("verdict: [", "words.yml cannot be read"),
        ("- a list", "should be a mapping"),
        ("footer: {run: 'Run {who}'}", r"footer.run cannot be worded.*\n.*not for 'who'"),
        ("footer: {run: 'Run {'}", "footer.run cannot be worded"),
        ("footer: {run: [1]}", "has no footer.run"),
    ],
)
def test_a_broken_file_is_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        a_team(tmp_path, text)("footer.run", run="r1", tool="0.1")
    assert re.search(message, str(caught.value))


def test_a_long_text_is_not_looked_up_as_a_sentence() -> None:
    """Its many places to part at would take a pattern long."""
    words = Words("ja")
    short, long = "environment of a: b: none → c", f"environment of {'a: ' * 100_000}"
    assert words.phrase(short) != short
    assert words.phrase(long) is long
