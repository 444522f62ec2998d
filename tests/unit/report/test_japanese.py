"""A Japanese report has no English sentence of repro's own, wherever one is told."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from repro.model.account import Subject
from repro.model.bisection import BisectAnswer, BisectStep, VersionSeen
from repro.model.campaign import CellAnswer, CellsAnswer, VerifiedWorkaround, VerifyAnswer
from repro.model.phrase import Phrase, say, verdict
from repro.model.recheck import Change, RecheckAnswer, State, Told
from repro.model.wording import Wording
from repro.report import html as page
from repro.report import junit, markdown
from repro.report.words import Words
from tests.unit.report.subjects import ODD, SICK, WELL, campaign, outcome, step, subject

FORMATS: dict[str, Callable[[Subject, Words], str]] = {
    "md": markdown.render, "html": page.render, "junit": junit.render,
}  # fmt: skip
WHY = say(Wording.NOT_AS_EXPECTED, seen=say(Wording.EXIT, exit=3), wanted="0")
REASON = say(Wording.STEP_FAILED, step="client", node="node", why=WHY)
FAILED = outcome("1.2", "different-failure").copied(reason=REASON)
CELL = CellAnswer.made(
    cell=FAILED.cell, verdict="inconclusive", runs=("r1",),
    reason=say(Wording.TOO_FEW, valid=1, wanted=3, reason=REASON),
)  # fmt: skip


def bisection() -> BisectAnswer:
    skipped = say(Wording.ENDED, verdict=verdict("different-failure"), reason=REASON)
    return BisectAnswer.made(
        state="abstained",
        headline=say(Wording.NEVER_SHOWN, runs=say(Wording.ONE_RUN)),
        cause=say(Wording.LOW_CONFIDENCE, confidence="99 %"),
        action=say(Wording.NARROW),
        versions=(VersionSeen.made(version="1.2", runs=0, reproduced=0, skipped=skipped),),
        steps=(
            BisectStep.made(
                number=1, version="1.2", why=say(Wording.CONFIRM), verdict="inconclusive",
                showed="", left="",
            ),
        ),
    )  # fmt: skip


def verification() -> VerifyAnswer:
    why = say(Wording.HELPS_NOT, verdict=verdict("reproduced"), reason=say(Wording.SYMPTOM_HOLDS))
    tried = VerifiedWorkaround.made(
        workaround="calm", helps=False, why=why, control=CELL, with_it=CELL
    )
    return VerifyAnswer(workarounds=(tried,))


def look() -> RecheckAnswer:
    after = State.made(name="cannot-tell", why=say(Wording.NO_VERDICT))
    change = Change(case="c", title="t", os="o", topology="single", before=None, after=after,
                    since="2026-11-21T22:41:55+00:00")  # fmt: skip
    against = say(Wording.FIXED_NOT, known="1.3", version="1.4")
    return RecheckAnswer(
        issues=1, cells=1, changed=(change,),
        contradictions=(Told.made(case="c", os="o", text=against),),
        unchecked=(Told.made(case="c", os="o", text=REASON),),
    )  # fmt: skip


SUBJECTS = {
    "reproduced": subject(SICK),
    "not reproduced": subject(WELL),
    "different failure": subject(ODD.copied(why=WHY)),
    "inconclusive": subject(step("other\n", code=0)),
    "matrix": campaign("matrix", CellsAnswer(cells=(CELL,)), FAILED),
    "bisect": campaign("bisect", bisection(), FAILED),
    "verify": campaign("verify", verification(), FAILED),
    "recheck": campaign("recheck", look(), FAILED),
}


def concluded(value: Any) -> Iterator[str]:
    """Every sentence of repro's own within a value, and within these, in English."""
    if isinstance(value, Phrase):
        yield str(value)
        yield from concluded(list(value.values.values()))
    elif isinstance(value, dict):
        phrases = value.get("phrases") or {}
        yield from concluded([Phrase.model_validate(each) for each in phrases.values()])
        yield from concluded([each for name, each in value.items() if name != "phrases"])
    elif isinstance(value, list | tuple):
        for each in value:
            yield from concluded(each)


@pytest.mark.parametrize("name", SUBJECTS)
@pytest.mark.parametrize("form", FORMATS)
def test_what_repro_concluded_is_told_in_japanese(form: str, name: str) -> None:
    made = SUBJECTS[name]
    said = concluded(made.model_dump(mode="json"))
    english = {text for text in said if text.count(" ") > 1}  # `exit 0` is of the case, too
    assert len(english) > 1
    text = html.unescape(FORMATS[form](made, Words("ja"))).replace("\\", "")
    assert not [each for each in english if each.replace("`", "") in text.replace("`", "")]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("different failure", "終了ステータスは 3 でした。"),
        ("matrix", "有効な実行が 1 回しかなく、必要な 3 回に足りません。"),
        ("bisect", "実行回数の上限を増やすか、"),
        ("verify", "回避策を適用した場合の判定は「再現」です。"),
        ("recheck", "ケースの known.fixed は 1.3 ですが、1.4 でも発生します。"),
    ],
)
@pytest.mark.parametrize("form", ["md", "html"])
def test_so_it_is_told(form: str, name: str, told: str) -> None:
    text = FORMATS[form](SUBJECTS[name], Words("ja"))
    for mark in ("`", "\\", "<code>", "</code>"):
        text = text.replace(mark, "")
    assert told in text
