from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from repro.model.account import Quote
from repro.model.condition import question
from repro.model.observation import LogObservation, ProbeObservation
from repro.model.record import RunRecord
from repro.report.quotes import quotes_of
from repro.report.text import printable
from tests.unit.report import subjects
from tests.unit.report.subjects import ODD, SICK, TROUBLE, WELL, case, run, step


def quote(record: RunRecord) -> Quote:
    (only,) = quotes_of(record)
    return only


def test_the_match_stands_in_its_line_with_those_around_it() -> None:
    found = quote(run(SICK))
    assert (found.step, found.node, found.stream, found.exit) == ("client", "node", "stderr", 1)
    assert found.command == "client --get"
    assert (found.before, found.match, found.after) == (
        "connecting\n", "ProtocolError: got 7 bytes", "\nbye",
    )  # fmt: skip
    assert found.left_out == 0


def test_lines_that_are_not_shown_are_counted() -> None:
    rows = [f"row {number}" for number in range(100)]
    rows[50] = "ProtocolError: here"
    found = quote(run(step("\n".join(rows) + "\n")))
    assert found.text.split("\n") == rows[47:54]
    assert found.left_out == 93


def test_what_does_not_reproduce_shows_its_health() -> None:
    found = quote(run(WELL))
    assert (found.stream, found.match, found.after) == ("stdout", "value", " 7")


def test_a_symptom_of_how_a_step_ended_shows_the_end_of_its_output() -> None:
    of = case(symptom=[{"step": "client", "exit": 1}])
    rows = "\n".join(str(number) for number in range(20))
    found = quote(run(step(rows), of=of))
    assert (found.match, found.before.split("\n")) == ("", [str(n) for n in range(12, 20)])
    assert found.left_out == 12


def test_another_failure_shows_the_step_that_failed() -> None:
    found = quote(run(ODD))
    assert (found.before, found.signal, found.exit) == ("Segmentation fault", "SIGSEGV", 139)


def test_trouble_has_no_output() -> None:
    assert quotes_of(run(TROUBLE)) == ()


def test_a_log_is_quoted_by_its_path() -> None:
    symptom = {"log": "/var/log/app.log", "on": "node", "matches": "panic"}
    of = case(symptom=[symptom], healthy=[])
    asked = of.symptom[0]
    key = question(asked)  # type: ignore[arg-type]
    log = LogObservation(key=key, node="node", path="/var/log/app.log", text="a\npanic: b\n")
    found = quote(run(step(code=0), log, of=of))
    assert (found.stream, found.command, found.match) == ("log", "/var/log/app.log", "panic")
    assert (found.step, found.exit) == ("", None)


def test_a_probe_is_quoted_by_its_command() -> None:
    of = case(symptom=[{"on": "node", "run": "cat state", "stdout": "broken"}], healthy=[])
    key = question(of.symptom[0])  # type: ignore[arg-type]
    result = step(stdout="it is broken\n", code=0).result
    probe = ProbeObservation(key=key, node="node", command="cat state", result=result)
    found = quote(run(step(code=0), probe, of=of))
    assert (found.command, found.stream, found.match) == ("cat state", "stdout", "broken")


def test_of_two_steps_the_one_that_the_condition_names_is_quoted() -> None:
    of = case(steps=[{"name": "other", "run": "x"}, {"name": "client", "run": "y"}])
    found = quote(run(step(subjects.ILL, code=0, name="other"), SICK, of=of))
    assert found.step == "client"


def test_what_must_not_be_there_is_no_evidence() -> None:
    of = case(symptom=[{"step": "client", "exit": 1}, {"not": {"step": "client", "exit": 7}}])
    assert quote(run(SICK, of=of)).match == ""


def test_a_line_of_any_length_is_bounded() -> None:
    found = quote(run(step("x" * 5_000_000 + "ProtocolError: y" + "z" * 5_000_000)))
    assert len(found.text) < 2000
    assert found.match.startswith("ProtocolError")


@given(st.text(max_size=60), st.text(max_size=60))
def test_a_quote_is_whole_lines_of_what_can_be_seen(before: str, after: str) -> None:
    text = f"{before}ProtocolError: x{after}"
    (found,) = quotes_of(run(step(text)))
    assert printable(found.text) == found.text
    rows = printable(text.rstrip("\n")).split("\n")
    shown = found.text.split("\n")
    assert any(rows[at : at + len(shown)] == shown for at in range(len(rows)))
    assert found.left_out == len(rows) - len(shown)
