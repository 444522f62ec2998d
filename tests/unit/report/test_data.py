from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from repro.model.account import Subject
from repro.model.campaign import CellsAnswer, VerifiedWorkaround, VerifyAnswer
from repro.model.recheck import RecheckAnswer
from repro.report.data import Report, render, schema
from repro.report.text import HIDDEN
from repro.report.words import Words
from tests.support import ROOT
from tests.unit.report.subjects import (
    ODD,
    SICK,
    TROUBLE,
    WELL,
    campaign,
    case,
    outcome,
    related,
    run,
    seen,
    step,
    subject,
)
from tests.unit.report.test_markdown import BISECTED, answer

_VERIFIED = VerifiedWorkaround(
    workaround="a seed", helps=True, why="why", control=answer("1"), with_it=answer("1")
)
SUBJECTS = {
    "reproduced": subject(SICK, related=related(seen("1.2", "reproduced"), seen("1.4"))),
    "not-reproduced": subject(WELL),
    "different-failure": subject(ODD),
    "environment-failed": subject(TROUBLE),
    "unfinished": Subject(run=run(SICK, verdict=None, summary=None, plan=None, lock=None)),
    "compared": subject(SICK).model_copy(update={"other": run(WELL, version="1.3")}),
    "matrix": campaign("matrix", CellsAnswer(cells=(answer("1.2"),)), outcome("1.2")),
    "matrix-goes-on": campaign("matrix", None, outcome("1.2")),
    "bisect": campaign("bisect", BISECTED),
    "verify": campaign("verify", VerifyAnswer(workarounds=(_VERIFIED,))),
    "recheck": campaign("recheck", RecheckAnswer(issues=9, cells=12), case=None),
}


def document(found: Subject) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(render(found, Words()))
    return made


@pytest.fixture(scope="module")
def validator() -> Any:
    return jsonschema.Draft202012Validator(schema())


@pytest.mark.parametrize("name", SUBJECTS)
def test_the_schema_holds_for_every_subject(name: str, validator: Any) -> None:
    validator.validate(document(SUBJECTS[name]))


@pytest.mark.parametrize("name", SUBJECTS)
def test_the_document_can_be_read_again(name: str) -> None:
    text = render(SUBJECTS[name], Words())
    assert Report.model_validate_json(text).model_dump_json(by_alias=True, indent=2) + "\n" == text


def test_the_schema_refuses_what_is_no_report(validator: Any) -> None:
    made = document(SUBJECTS["reproduced"])
    assert validator.is_valid(made)
    assert not validator.is_valid({**made, "schema": "repro-report/2"})
    assert not validator.is_valid({**made, "more": 1})
    made["run"]["verdict"]["verdict"] = "perhaps"
    assert not validator.is_valid(made)


def test_the_published_schema_is_that_of_the_models() -> None:
    published = json.loads((ROOT / "docs" / "report.schema.json").read_text("utf-8"))
    assert published == schema(), "run `repro schema --report > docs/report.schema.json`"


def test_says_its_version_and_the_answer_in_codes() -> None:
    made = document(SUBJECTS["reproduced"])
    assert made["schema"] == "repro-report/1"
    assert made["account"]["verdict"] == "reproduced"
    assert made["account"]["advice"][0]["kind"] == "upgrade"
    assert made["account"]["advice"][0]["version"] == "1.4"
    assert made["campaign"] is None


def test_the_other_run_makes_a_difference() -> None:
    made = document(SUBJECTS["compared"])
    assert {change["what"] for change in made["diff"]["environment"]} >= {"version"}
    assert document(SUBJECTS["reproduced"])["diff"] is None


def test_an_answer_keeps_its_kind() -> None:
    assert document(SUBJECTS["bisect"])["campaign"]["answer"]["boundaries"][0]["after"] == "1.1"
    verified = document(SUBJECTS["verify"])["campaign"]["answer"]["workarounds"][0]
    assert verified["helps"] is True
    assert document(SUBJECTS["matrix-goes-on"])["campaign"]["answer"] is None


def test_no_path_of_this_machine_is_told() -> None:
    assert "/home/engineer" not in render(SUBJECTS["reproduced"], Words())


def test_what_is_known_of_the_case_is_there() -> None:
    of = case(known={"fixed": "1.3"}, tickets=["desk:4711"])
    made = document(subject(SICK, of=of))["case"]
    assert (made["known"], made["tickets"]) == ({"introduced": None, "fixed": "1.3"}, ["desk:4711"])


def test_nothing_in_it_steers_a_terminal() -> None:
    hostile = "a\x9b31mb\x7f\u202e\u200b\U000e0061\x1b]0;t\x07\u2028"
    shown = subject(step(hostile))
    written = render(shown, Words())
    assert not HIDDEN.search(written)
    assert hostile in map(str, _leaves(json.loads(written)))


def _leaves(tree: Any) -> Iterator[object]:
    if isinstance(tree, dict | list):
        for each in tree.values() if isinstance(tree, dict) else tree:
            yield from _leaves(each)
    else:
        yield tree


def test_the_language_does_not_matter() -> None:
    found = SUBJECTS["not-reproduced"]
    assert render(found, Words("ja")) == render(found, Words("en"))
