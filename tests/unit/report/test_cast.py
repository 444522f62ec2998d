from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from repro.errors import InputError
from repro.model.account import Subject
from repro.model.observation import Captured, StepObservation, Times
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


def timed(seen: StepObservation, **times: Times) -> StepObservation:
    """The step with the times of its streams."""
    result = seen.result
    streams = {name: getattr(result, name).model_copy(update={"times": came})
               for name, came in times.items()}  # fmt: skip
    return seen.model_copy(update={"result": result.model_copy(update=streams)})


def test_output_is_played_when_it_came() -> None:
    seen = at(1000.0, 9.0, step("warned\nfailed\n", "one\ntwo\nthree\n"))
    seen = timed(seen, stdout=((1, 0.25), (3, 8.0)), stderr=((1, 0.5), (2, 8.75)))
    _, events = played(subject(seen))
    output = [(pause, data) for pause, code, data in events if code == "o"][1:-1]
    assert output == [
        (0.25, "one\r\n"), (0.25, "warned\r\n"), (2.0, "two\r\nthree\r\n"), (0.75, "failed\r\n"),
        (0.25, "\x1b[2mexit 1\x1b[0m\r\n"),
    ]  # fmt: skip


def test_it_is_said_whose_output_comes_between() -> None:
    server = timed(
        at(1000.0, 9.0, step("", "up\nasked\ndown\n", code=0, name="server")),
        stdout=((1, 0.5), (2, 3.5), (3, 9.0)),
    )
    client = timed(at(1003.0, 1.0, SICK), stderr=((1, 0.25), (3, 0.75)))
    assert screen(played(subject(server, client))[1]) == (
        "node $ client --get\r\nup\r\n"
        "node $ client --get\r\nconnecting\r\n"
        "# 1 server\r\nasked\r\n"
        "# 2 client\r\nProtocolError: got 7 bytes\r\nbye\r\nexit 1\r\n"
        "# 1 server\r\ndown\r\n"
        "\r\n● Reproduced\r\n"
    )


def test_what_was_left_out_is_told_when_it_came() -> None:
    text = "".join(f"row {n}\n" for n in range(5000))
    seen = timed(at(1000.0, 60.0, step("", text)), stdout=((50, 1.0), (4000, 2.0), (5000, 3.5)))
    _, events = played(subject(seen))
    output = [(pause, data.split("\r\n")) for pause, code, data in events if code == "o"][1:4]
    assert [(pause, rows[0], rows[-2]) for pause, rows in output] == [
        (1.0, "row 0", "row 49"), (1.0, "row 50", "row 99"),
        (1.5, "\x1b[2mMore lines in the record: 4600.\x1b[0m", "row 4999"),
    ]  # fmt: skip


@settings(max_examples=50)
@given(
    st.lists(st.tuples(st.integers(1, 9), st.floats(0, 1e300)), max_size=5).map(tuple),
    st.lists(st.tuples(st.integers(1, 9), st.floats(0, 9)), max_size=5).map(tuple),
)
def test_every_line_is_played_whatever_the_times_say(out: Times, err: Times) -> None:
    """The record may be somebody else's."""
    lines = [f"{name} {n}" for name in ("out", "err") for n in range(6)]
    seen = step("\n".join(lines[6:]), "\n".join(lines[:6]), code=0)
    _, events = played(subject(timed(at(1000.0, 5.0, seen), stdout=out, stderr=err)))
    rows = screen(events).split("\r\n")[1:-3]
    assert sorted(rows) == sorted(lines)
    assert sum(pause for pause, _, _ in events) <= 0.3 + 5.0 + 1.0 + 0.01


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
    assert re.search(r"row 99\r\nMore lines in the record: 4\d\d\d\.\r\nrow", screen(events))
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
