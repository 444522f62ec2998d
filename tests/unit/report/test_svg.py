from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings

from repro.errors import InputError
from repro.model.account import Subject
from repro.report.svg import render
from repro.report.words import Words
from tests.unit.report.subjects import SICK, campaign, outcome, step, subject
from tests.unit.report.test_html import BISECTED
from tests.unit.report.test_terminal import HOSTILE

SPACE = "\u00a0"


def rows(source: str) -> list[str]:
    """The lines of the terminal, as they can be selected."""
    drawn: dict[float, str] = {}
    for each in ET.fromstring(source).iter("{http://www.w3.org/2000/svg}text"):
        if each.attrib["class"].endswith("-title"):
            continue
        y = float(each.attrib["y"])
        drawn[y] = drawn.get(y, "") + (each.text or "").replace(SPACE, " ")
    found = [drawn[y].rstrip() for y in sorted(drawn)]
    return [row for row in found if row]


def picture(found: Subject, language: str = "en") -> str:
    return render(found, Words(language))


def test_a_replay_is_commands_output_and_the_verdict() -> None:
    shown = rows(picture(subject(SICK)))
    assert shown == [
        "node $ client --get", "connecting", "ProtocolError: got 7 bytes", "bye", "exit 1",
        "● Reproduced  demo-1 on debian-12, 1.2, single",
    ]  # fmt: skip


def test_the_match_and_colours_are_drawn() -> None:
    source = picture(subject(step(f"\x1b[31mred\x1b[0m\n{SICK.result.stderr.text}")))
    assert 'fill="#ffe27a"' in source
    red = re.search(r'class="([^"]*)"[^>]*>red<', source)
    assert red is not None
    assert re.search(rf"\.{red[1]} {{ fill: #cc555a", source)


def test_nothing_is_fetched() -> None:
    source = picture(subject(SICK))
    assert not re.search(r"url\((?!#)|@font-face|@import|href", source)
    assert "<script" not in source


def test_of_many_steps_the_telling_ones_and_the_verdict_are_kept() -> None:
    fine = [step(stdout="fine\n" * 9, code=0, name=f"s{n}") for n in range(50)]
    shown = rows(picture(subject(SICK, *fine)))
    assert len(shown) < 70
    assert shown[0].startswith("Steps that are not shown: ")
    assert "ProtocolError: got 7 bytes" in shown
    assert shown[-1].startswith("● Reproduced")


def test_a_campaign_is_drawn_as_its_answer() -> None:
    shown = "\n".join(rows(picture(campaign("bisect", BISECTED))))
    assert re.search(r"1 +1\.0 +not-reproduced +old", shown)
    waiting = "\n".join(rows(picture(campaign("matrix", None, outcome("1.2")))))
    assert "repro resume" in waiting


def test_there_has_to_be_something_to_draw() -> None:
    with pytest.raises(InputError):
        picture(Subject())


def test_it_speaks_the_language() -> None:
    assert rows(picture(subject(SICK), "ja"))[-1].startswith("● 再現")


@settings(max_examples=25)
@given(HOSTILE)
def test_whatever_is_printed_it_is_xml_and_text(text: str) -> None:
    source = picture(subject(step(text, stdout=text, name="client")))
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e]", source)
    assert rows(source)


@pytest.mark.parametrize(
    "text",
    ["".join(f"\x1b[3{n % 8}m<" for n in range(200_000)), "x" * 5_000_000, "\u202e&\n" * 500_000],
    ids=["colourful", "one line", "lines"],
)
def test_a_picture_stays_light(text: str) -> None:
    source = picture(subject(*(step(text, text, name=f"s{n}") for n in range(5)), SICK))
    assert len(source.encode()) < 200_000
    assert len(rows(source)) < 100
