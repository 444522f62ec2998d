"""What repro concludes, told in every language."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from hypothesis import given

from repro.campaign.changes import changes
from repro.errors import EnvironmentTrouble, InputError
from repro.model.observation import Finding, Verdict
from repro.model.phrase import Phrase, Worded, english, places, plain, say
from repro.model.plan import Plan
from repro.model.record import Lock, RunHeader, RunRecord
from repro.model.wording import Wording
from repro.report.words import BUILT_IN, Words
from tests.golden.test_verdicts import ROWS, decided
from tests.phrases import phrases
from tests.support import a_case, planned

ENGLISH, JAPANESE = Words("en"), Words("ja")
#: What needs no word of Japanese: it is made of values and signs alone.
OF_NO_LANGUAGE = {
    "each",
    "on_node",
    "named",
    "in_file",
    "ended",
    "release_failed",
    "rate_and",
    "stretch_of_one",
}


def japanese() -> dict[str, str]:
    text = (BUILT_IN / "ja" / "phrases.yml").read_text("utf-8")
    found: dict[str, str] = yaml.safe_load(text)["conclusions"]
    return found


def reason(phrase: Phrase) -> Verdict:
    return Verdict.made(verdict="inconclusive", reason=phrase)


def test_every_sentence_is_there_in_japanese_with_its_values() -> None:
    ours = japanese()
    assert ours.keys() == {"between", *english()}
    for key, sentence in english().items():
        # What took a pattern so long is told by the pattern: that is in the condition.
        assert places(sentence) - places(ours[key]) == ({"error"} if key == "endless" else set())
        assert places(ours[key]) <= places(sentence), key
        assert ours[key].count("`") % 2 == 0, key


def test_japanese_is_japanese() -> None:
    ascii_only = {key for key, text in japanese().items() if re.sub(r"\{\w+\}", "", text).isascii()}
    assert ascii_only - {"between"} == OF_NO_LANGUAGE


def test_a_japanese_sentence_ends_as_one() -> None:
    endings = "です|ます|でした|ました|ません|ください"
    ends = re.compile(rf"({endings}|\{{(state|releases)\}})(\uff08.*\uff09)?。")
    told = [text for text in japanese().values() if "。" in text]
    assert len(told) > 60
    for text in told:
        for sentence in filter(None, re.split(r"(?<=。)", text)):
            if sentence.endswith("。"):
                assert ends.search(sentence), text


@given(phrases())
def test_english_is_told_as_it_was_recorded(phrase: Phrase) -> None:
    assert plain(ENGLISH.worded(reason(phrase), "reason")) == str(phrase)


@given(phrases())
def test_every_phrase_can_be_told_in_japanese(phrase: Phrase) -> None:
    assert plain(JAPANESE.worded(reason(phrase), "reason")) is not None


def test_what_an_older_version_recorded_stays_english() -> None:
    old = Verdict(verdict="inconclusive", reason="the `symptom` holds")
    assert plain(JAPANESE.worded(old, "reason")) == "the `symptom` holds"


def test_a_sentence_within_a_sentence() -> None:
    exit_ = say(Wording.NOT_AS_EXPECTED, seen=say(Wording.EXIT, exit=3), wanted="0")
    told = reason(say(Wording.STEP_FAILED, step="client", node="app", why=exit_))
    assert plain(JAPANESE.worded(told, "reason")) == (
        "app で実行した手順「client」が、想定どおりに終了しませんでした。"
        "終了ステータスは 3 でした。想定されていたのは「0」です。"
    )


# -- all that a verdict says -------------------------------------------------------------------


def told(value: Worded, *fields: str) -> Iterator[str]:
    for field in fields:
        text = getattr(value, field)
        if text:
            assert isinstance(value.said(field), Phrase), text
            yield plain(JAPANESE.worded(value, field))


def findings(found: tuple[Finding, ...]) -> Iterator[str]:
    for each in found:
        yield from told(each, "why")
        yield from findings(each.parts)


@pytest.mark.parametrize("row", ROWS)
def test_a_verdict_is_told_in_japanese(row: dict[str, object]) -> None:
    verdict = decided(row)
    said = [*told(verdict, "reason"), *findings(verdict.symptom), *findings(verdict.healthy)]
    assert not [text for text in said if text.isascii()]


# -- what is told by its English text ----------------------------------------------------------


#: Those that only these modules have; which ones others import, nobody can say.
MODULES = ("repro.provider.docker.engine", "repro.engine.bench")


def troubles(kind: type[EnvironmentTrouble]) -> Iterator[type[EnvironmentTrouble]]:
    yield kind
    for each in kind.__subclasses__():
        yield from troubles(each)


def test_what_to_do_about_a_failed_environment_is_told() -> None:
    for module in MODULES:
        importlib.import_module(module)
    kinds = set(troubles(EnvironmentTrouble))
    assert len(kinds) > len(MODULES)
    for text in filter(None, (text for k in kinds for text in (k.default_cause, k.default_action))):
        assert not JAPANESE.phrase(text).isascii(), text


def test_what_a_workaround_changed_is_told() -> None:
    before = planned(a_case(environment={"os": "debian-12", "env": {"OLD": "1", "BOTH": "a"}}))
    after = planned(
        a_case(
            environment={"os": "debian-12", "env": {"NEW": "1", "BOTH": "b"}},
            files=[{"path": "/etc/a", "content": "x"}],
            setup=[{"name": "settle", "run": "settle"}],
        )
    )
    lines = changes(recorded(before, "none"), recorded(after, "isolated"))
    said = [JAPANESE.phrase(each) for each in lines]
    assert "環境変数\uff08node\uff09: BOTH: a → b" in said
    assert "環境変数\uff08node\uff09: NEW: なし → 1" in said
    assert [text for text in said if text.isascii()] == ["  @@ -0,0 +1 @@", "  +x"]


def recorded(plan: Plan, network: str) -> RunRecord:
    lock = Lock(kernel="6.1", engine="docker", nodes={}, settings={"network": network})
    header = RunHeader(
        run="r", tool="1", started="", cell=plan.cell, title="", case_digest=plan.case_digest
    )
    return RunRecord(folder="", header=header, finished=True, plan=plan, lock=lock)


# -- a team's own words ------------------------------------------------------------------------


def a_team(folder: Path, sentence: str) -> Words:
    (folder / "en").mkdir()
    text = yaml.safe_dump({"conclusions": {"symptom_holds": sentence}})
    (folder / "en" / "words.yml").write_text(text, "utf-8")
    return Words("en", folder)


def test_a_team_says_it_in_its_own_words(tmp_path: Path) -> None:
    words = a_team(tmp_path, "it is **there**")
    holds = say(Wording.RATE_AND, rate="3 of 3", reason=say(Wording.SYMPTOM_HOLDS))
    assert plain(words.worded(reason(holds), "reason")) == "3 of 3; it is **there**"


@pytest.mark.parametrize(
    ("sentence", "cause"), [("it holds in {run}", "it asks for run"), ("it {holds", "expected '}'")]
)
def test_a_wrong_sentence_is_named(tmp_path: Path, sentence: str, cause: str) -> None:
    with pytest.raises(InputError, match=r"conclusions.symptom_holds of en") as caught:
        a_team(tmp_path, sentence).worded(reason(say(Wording.LOST)), "reason")
    assert cause in caught.value.cause
