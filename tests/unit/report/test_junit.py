from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from junitparser import JUnitXml

from repro.model.account import Subject
from repro.model.campaign import CellsAnswer, VerifiedWorkaround, VerifyAnswer
from repro.report.junit import render
from repro.report.words import Words
from tests.unit.report.subjects import (
    ODD,
    SICK,
    TROUBLE,
    WELL,
    campaign,
    outcome,
    step,
    subject,
    unfinished,
)
from tests.unit.report.test_markdown import BISECTED, answer

NEITHER = step(stdout="other", code=0)
#: Char of XML 1.0 (section 2.2).
CHARACTERS = re.compile("[\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]*")


def suite(found: Subject) -> ET.Element:
    root = ET.fromstring(render(found, Words()))
    assert root.tag == "testsuites"
    (only,) = root
    return only


def results(found: Subject) -> dict[str | None, list[str]]:
    """What the test cases are called, and what they hold beside their output."""
    return {
        each.get("name"): [child.tag for child in each if not child.tag.startswith("system")]
        for each in suite(found).iter("testcase")
    }


@pytest.mark.parametrize(
    ("observation", "result"),
    [(SICK, "failure"), (WELL, None), (NEITHER, "skipped"), (ODD, "error"), (TROUBLE, "error")],
    ids=["reproduced", "not-reproduced", "inconclusive", "different-failure", "environment"],
)
def test_the_issue_is_the_failure(observation: Any, result: str | None) -> None:
    wanted = [result] if result else []
    assert results(subject(observation)) == {"debian-12, 1.2, single": wanted}


def test_a_run_is_a_suite_named_for_its_case_with_its_evidence() -> None:
    found = suite(subject(SICK))
    assert (found.get("name"), found.get("tests"), found.get("failures")) == ("demo-1", "1", "1")
    case = found.find("testcase")
    assert case is not None
    assert (case.get("classname"), case.get("time")) == ("demo-1", "1.5")
    assert "ProtocolError: got 7 bytes" in case.findtext("failure", "")
    assert case.findtext("system-out", "").startswith("$ client --get\nconnecting\n")


def test_properties_say_which_run_it_was_and_what_was_redacted() -> None:
    found = suite(subject(SICK).model_copy(update={"redacted": {"known": 2}}))
    told = {each.get("name"): each.get("value") for each in found.iter("property")}
    assert told == {
        "run": "20261121-224155-demo-1-0a1b", "tool": "0.1.0", "redacted known": "2",
        "title": "the client stops with a protocol error",
    }  # fmt: skip


def test_a_matrix_has_a_test_case_for_each_cell() -> None:
    cells = (answer("1.2"), answer("1.3", "not-reproduced"), answer("1.2", os="rocky-9"))
    assert results(campaign("matrix", CellsAnswer(cells=cells))) == {
        "debian-12, 1.2, single": ["failure"],
        "debian-12, 1.3, single": [],
        "rocky-9, 1.2, single": ["failure"],
    }


def test_a_bisection_has_one_for_each_version_that_was_run() -> None:
    found = campaign(
        "bisect", BISECTED, outcome("1.0", "not-reproduced"), outcome("1.1"),
        outcome("1.1", "not-reproduced", counted=True), outcome("1.2", "environment-failed"),
    )  # fmt: skip
    assert results(found) == {
        "debian-12, 1.0, single": [],
        "debian-12, 1.1, single": ["failure"],
        "debian-12, 1.2, single": ["error"],
    }


@pytest.mark.parametrize(
    ("helps", "result"), [(True, []), (False, ["failure"]), (None, ["skipped"])]
)
def test_a_workaround_passes_when_it_helps(helps: bool | None, result: list[str]) -> None:
    made = VerifiedWorkaround(
        workaround="a seed", helps=helps, why="why", control=answer("1.2"), with_it=answer("1.2")
    )
    assert list(results(campaign("verify", VerifyAnswer(workarounds=(made,)))).values()) == [result]


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_output_makes_xml_that_every_parser_takes(text: str) -> None:
    found = subject(step(f"{text}\nProtocolError: {text}", stdout=f"\x00\x1b[0m\ufffe{text}"))
    xml = render(found, Words())
    assert CHARACTERS.fullmatch(xml)
    assert ET.fromstring(xml.encode()).tag == "testsuites"


def test_junitparser_reads_its_numbers() -> None:
    found = JUnitXml.fromstring(render(subject(SICK), Words()).encode())
    assert (found.tests, found.failures, found.errors) == (1, 1, 0)


@pytest.mark.parametrize("observation", [SICK, WELL, NEITHER, ODD])
def test_no_attribute_is_there_that_the_schema_of_jenkins_does_not_know(observation: Any) -> None:
    known = {
        "testsuites": {"name", "tests", "failures", "errors", "time"},
        "testsuite": {"name", "tests", "failures", "errors", "skipped", "time"},
        "property": {"name", "value"},
        "testcase": {"name", "classname", "time"},
        "failure": {"message", "type"},
        "error": {"message", "type"},
        "skipped": {"message", "type"},
    }
    for each in ET.fromstring(render(subject(observation), Words())).iter():
        assert set(each.attrib) <= known.get(each.tag, set()), each.tag


def test_a_run_that_was_killed_has_no_reason_to_tell() -> None:
    found = suite(unfinished()).find("testcase/error")
    assert found is not None
    assert found.get("message") == "Unfinished"


def test_much_output_is_bounded() -> None:
    assert len(render(subject(step("ProtocolError: x\n" + "y" * 5_000_000)), Words())) < 100_000
