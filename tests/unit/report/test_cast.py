from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given, settings

from repro.errors import InputError
from repro.model.account import Subject
from repro.model.observation import Captured, StepObservation
from repro.report.cast import render
from repro.report.text import HIDDEN
from repro.report.words import Words
from tests.unit.report.subjects import ILL, SICK, WELL, campaign, run, step, subject
from tests.unit.report.test_html import BISECTED
from tests.unit.report.test_terminal import HOSTILE, OURS

Event = tuple[float, str, str]


def played(found: Subject, language: str = "en") -> tuple[dict[str, Any], list[Event]]:
    """The header and the events of a cast, which has to be as the format says."""
    text = render(found, Words(language))
    assert text.endswith("\n")
    header, *events = (json.loads(line) for line in text.splitlines())
    for pause, code, data in events:
        assert 0 <= pause <= 2
        assert code in "omx"
        assert isinstance(data, str)
    return header, [tuple(event) for event in events]


def screen(events: list[Event]) -> str:
    return OURS.sub("", "".join(data for _, code, data in events if code == "o"))


def at(started: float, took: float, seen: StepObservation) -> StepObservation:
    result = seen.result.model_copy(update={"started": started, "seconds": took})
    return seen.model_copy(update={"result": result})


def test_the_header_is_that_of_version_3() -> None:
    header, _ = played(subject(SICK))
    assert header == {
        "version": 3, "term": {"cols": 100, "rows": 30, "type": "xterm-256color"},
        "timestamp": 1795300915, "idle_time_limit": 2.0,
        "title": "demo-1 on debian-12, 1.2, single",
    }  # fmt: skip


def test_commands_are_typed_and_output_comes_when_it_was_recorded() -> None:
    _, events = played(subject(at(1000.0, 0.5, SICK)))
    assert [(pause, code) for pause, code, _ in events] == [
        (0.3, "m"), (0.0, "o"), (0.5, "o"), (0.5, "m"), (0.0, "o"), (0.5, "x")
    ]  # fmt: skip
    assert screen(events) == (
        "node $ client --get\r\nconnecting\r\nProtocolError: got 7 bytes\r\nbye\r\nexit 1\r\n"
        "\r\n● Reproduced\r\n"
    )
    assert [data for _, code, data in events if code == "m"] == ["1 client", "● Reproduced"]
    assert events[-1][2] == "0"


def test_long_waits_are_shortened() -> None:
    _, events = played(subject(at(1000.0, 3600, SICK), at(9000.0, 1, WELL)))
    assert max(pause for pause, _, _ in events) == 2.0


def test_it_is_said_whose_output_comes_late() -> None:
    beside = step("late\n", name="beside")
    _, events = played(subject(at(1000.0, 9, beside), at(1001.0, 1, SICK)))
    assert screen(events).index("# 1 beside\r\nlate") > screen(events).index("ProtocolError")


def test_a_command_of_several_lines() -> None:
    typed = SICK.model_copy(update={"command": "one\ntwo\n"})
    assert "node $ one\r\n> two\r\n" in screen(played(subject(typed))[1])


def test_it_exits_as_the_run_did() -> None:
    assert played(subject(WELL))[1][-1][1:] == ("x", "1")
    unfinished = run(SICK).model_copy(update={"verdict": None})
    assert "x" not in {code for _, code, _ in played(Subject(run=unfinished))[1]}


def test_a_campaign_plays_the_run_that_shows_it() -> None:
    _, events = played(campaign("bisect", BISECTED, run=run(SICK)))
    assert "ProtocolError" in screen(events)
    with pytest.raises(InputError, match="run"):
        render(campaign("bisect", BISECTED), Words("en"))


def test_what_was_left_out_is_said() -> None:
    text = "\n".join(f"row {n}" for n in range(5000))
    _, events = played(subject(step(text), SICK))
    assert re.search(r"row 99\r\n4\d\d\d more lines are in the record\.\r\nrow", screen(events))
    assert "row 4999" in screen(events)
    cut = SICK.result.model_copy(update={"stderr": Captured(text=ILL, size=9999, cut=2048)})
    _, events = played(subject(SICK.model_copy(update={"result": cut})))
    assert "2 KiB were not kept" in screen(events)


def test_colours_stay_and_what_acts_does_not() -> None:
    hostile = "\x1b[31mred\x1b[0m \x1b]52;c;aGk=\x07\x1b[2J\x1b[8mhidden\x1b[0m\u202e"
    _, events = played(subject(step(hostile)))
    data = "".join(data for _, code, data in events if code == "o")
    assert "\x1b[31mred\x1b[0m" in data
    assert " hidden\r\n" in data
    assert "52;c" not in data


@settings(max_examples=50)
@given(HOSTILE)
def test_whatever_is_printed_only_text_and_colours_are_played(text: str) -> None:
    seen = step(text, stdout=text).model_copy(update={"command": text, "node": text})
    header, events = played(subject(seen, SICK))
    for _, code, data in events:
        plain = OURS.sub("", data).replace("\r\n", "\n") if code == "o" else data
        assert not HIDDEN.search(plain)
    assert not HIDDEN.search(header["title"])


def test_a_cast_stays_small() -> None:
    text = "\n".join(f"\x1b[3{n % 8}m{'x' * 900}" for n in range(1000))
    found = subject(*(step(text, text, name=f"s{n}") for n in range(50)), SICK)
    assert len(render(found, Words("en"))) < 2_000_000
