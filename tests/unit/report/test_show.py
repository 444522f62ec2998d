from __future__ import annotations

from typing import Any

from repro.model.observation import (
    Captured,
    Completed,
    Finding,
    Observation,
    TroubleObservation,
    Verdict,
    VersionObservation,
)
from repro.model.plan import FidelityPoint
from repro.model.record import Collected, HistoryRun, Judgement, NodePrepared, RunRecord
from repro.report.history import show_history
from repro.report.show import show_run
from repro.report.text import Line, plain
from tests.unit.record import samples


def record(*observations: Observation, **rest: Any) -> RunRecord:
    values: dict[str, Any] = {
        "folder": "/runs/r1",
        "header": samples.header("r1"),
        "finished": True,
        "verdict": samples.verdict(),
        "summary": samples.summary("r1"),
        "observations": observations or (samples.observation(),),
        **rest,
    }
    return RunRecord(**values)


def marked(lines: list[Line]) -> list[str]:
    return [piece.text for row in lines for piece in row.pieces if "on yellow" in piece.style]


def test_the_verdict_comes_first_then_the_reason() -> None:
    rows = plain(show_run(record())).splitlines()
    assert rows[0] == "REPRODUCED  demo-1 on debian-12, 1.2, single"
    assert rows[1:3] == ["A demo", "the symptom holds"]


def test_steps_tell_exit_time_and_output() -> None:
    text = plain(show_run(record(samples.observation("hello"))))
    assert "client  main  exit 1  0.50 s  ./x" in text
    assert "stdout hello" in text


def test_ends_of_a_step_are_told() -> None:
    result = Completed(exit=137, signal="SIGKILL", timed_out=True, seconds=30)
    step = samples.observation().model_copy(update={"result": result, "attempts": 3})
    assert "exit 137 (SIGKILL), timed out, 3 attempts" in plain(show_run(record(step)))
    lost = step.model_copy(update={"result": Completed(exit=None)})
    assert "no exit" in plain(show_run(record(lost)))
    answer = step.model_copy(update={"status": 503})
    assert "status 503" in plain(show_run(record(answer)))


def test_the_text_that_matched_is_marked_in_the_output() -> None:
    verdict = Verdict(
        verdict="reproduced",
        reason="x",
        symptom=(Finding(condition="c", holds=True, why="matches", evidence="ProtocolError"),),
    )
    observation = samples.observation("first\nredis.ProtocolError: x\nlast")
    lines = show_run(record(observation, verdict=verdict))
    assert marked(lines) == ["ProtocolError", "ProtocolError"]
    assert "stdout redis.ProtocolError: x" in plain(lines)


def test_every_line_of_a_match_is_marked() -> None:
    finding = Finding(condition="c", holds=True, why="", evidence="user:2 is bob\nuser:1 is alice")
    verdict = Verdict(verdict="reproduced", reason="x", symptom=(finding,))
    step = samples.observation("cancelled\nuser:2 is bob\nuser:1 is alice\n")
    assert (
        marked(show_run(record(step, verdict=verdict))) == ["user:2 is bob", "user:1 is alice"] * 2
    )


def test_of_much_output_the_end_and_the_match_are_shown() -> None:
    rows = [f"row {number}" for number in range(1000)]
    rows[10] = "row 10 has the needle"
    finding = Finding(condition="c", holds=True, why="", evidence="needle")
    verdict = Verdict(verdict="reproduced", reason="x", symptom=(finding,))
    text = plain(show_run(record(samples.observation("\n".join(rows)), verdict=verdict)))
    assert "row 10 has the needle" in text
    assert "row 999" in text
    assert "row 500" not in text
    assert "988 more lines" in text


def test_a_cut_output_says_so() -> None:
    result = Completed(exit=0, stdout=Captured(text="ab", size=100, cut=98, cut_at=1))
    step = samples.observation().model_copy(update={"result": result})
    assert "98 bytes were not kept" in plain(show_run(record(step)))


def test_hostile_output_is_written_out() -> None:
    step = samples.observation("\x1b]0;owned\x07\n\x1b[2J\u202e")
    finding = Finding(condition="\x1b[1m", holds=None, why="\x1b[2m", evidence="\x1b[3m")
    verdict = Verdict(verdict="inconclusive", reason="\x1b[4m\n", symptom=(finding,))
    trouble = TroubleObservation(stage="\x1b", error="E", what="\x1b", cause="\x1b", action="\x1b")
    text = plain(show_run(record(step, trouble, verdict=verdict)))
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "\\x1b]0;owned" in text


def test_trouble_tells_cause_and_next() -> None:
    trouble = TroubleObservation(
        stage="prepare", error="PrepareError", what="E: no package\nE: held", cause="typo",
        action="correct it",
    )  # fmt: skip
    text = plain(show_run(record(trouble, verdict=samples.verdict("environment-failed"))))
    for part in ("prepare: PrepareError", "E: no package", "E: held", "cause: typo", "next: corr"):
        assert part in text


def test_an_unfinished_run() -> None:
    rows = plain(
        show_run(record(finished=False, verdict=None, summary=None, notes=("was killed",)))
    ).splitlines()
    assert rows[0].startswith("UNFINISHED")
    assert "note: was killed" in rows


def test_parts_of_a_finding_are_shown_below_it() -> None:
    part = Finding(condition="inner", holds=False, why="exit is 0")
    finding = Finding(condition="any of", holds=False, why="", parts=(part,))
    verdict = Verdict(verdict="not-reproduced", reason="x", symptom=(finding,))
    text = plain(show_run(record(verdict=verdict)))
    assert "  ✗ any of\n      ✗ inner\n          exit is 0\n" in text


def test_everything_else_that_is_kept() -> None:
    point = FidelityPoint(
        point="kernel", customer="5.10", here="6.1", grade="different", note="shared"
    )
    prepared = NodePrepared(node="main", key="0123456789abcdef", hit=True, seconds=0.01)
    summary = samples.summary("r1").model_copy(
        update={"prepared": (prepared,), "kept": True, "environment": "env-1"}
    )
    text = plain(
        show_run(
            record(
                samples.observation(),
                VersionObservation(node="main", text="1.2.3\n"),
                plan=samples.plan().model_copy(update={"fidelity": (point,)}),
                summary=summary,
                lock=samples.lock(),
                collected=(Collected(node="main", path="/x.log", size=9, kept=5, note="cut"),),
                judgements=(
                    Judgement(number=1, at="now", verdict=samples.verdict(), case_text=""),
                ),
                header=samples.header("r1").model_copy(update={"overrides": {"os": "debian-13"}}),
            )
        )
    )
    for part in (
        "kernel  different  customer: 5.10  here: 6.1  shared",
        "hit",
        "version seen  1.2.3 on main",
        "env-1",
        "packages: 1 dpkg",
        "/x.log",
        "5 bytes",
        "by the run itself: reproduced",
        "os = debian-13",
    ):
        assert part in text, part


def history_run(**rest: Any) -> HistoryRun:
    values: dict[str, Any] = {
        "run": "r1",
        "title": "t",
        "verdict": "reproduced",
        "reason": "seen\x1b",
        "started": "2026-11-21T22:41:55.000000+00:00",
        "seconds": 1.5,
        "version_seen": None,
        "interrupted": False,
        "folder": "/r1",
        **samples.CELL.model_dump(),
        **rest,
    }
    return HistoryRun(**values)


def test_the_history_is_a_table() -> None:
    rows = plain(
        show_history([history_run(), history_run(run="r2", verdict="unfinished", seconds=None)])
    ).splitlines()
    assert rows[0].split() == ["run", "verdict", "os", "version", "topology", "took", "reason"]
    assert rows[1].split() == ["r1", "reproduced", "debian-12", "1.2", "single", "1.5", "s",
                               "seen\\x1b"]  # fmt: skip
    assert rows[2].startswith("r2   unfinished  debian-12")
    assert plain(show_history([])) == "no runs\n"
