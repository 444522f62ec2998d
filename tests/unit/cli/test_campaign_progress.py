from __future__ import annotations

import io
import json
import re

import pytest

from repro.campaign.question import GridQuestion
from repro.campaign.repeat import Repeat
from repro.cli.campaign_progress import CampaignProgress
from repro.model.case import Repeat as Asked
from repro.model.record import Event
from tests.campaigns import a_cell, an_outcome, planning

LINE = re.compile(r"\[ *\d+\.\d\d\] (.*)")


def progress(*, as_json: bool = False) -> CampaignProgress:
    cells = [a_cell("1.0"), a_cell("2.0")]
    question = GridQuestion([Repeat(cell, Asked()) for cell in cells])
    return CampaignProgress(question, cells, as_json=as_json)


def test_a_run_is_a_line_and_a_failure_two(capsys: pytest.CaptureFixture[str]) -> None:
    with progress() as shown:
        shown.begin(planning()(a_cell(), "a-case#1"))
        shown.end(an_outcome(a_cell(), seconds=1.25), recorded=False)
        shown.end(an_outcome(a_cell(), "inconclusive"), recorded=True)
        shown.end(an_outcome(a_cell(), "environment-failed", counted=False), recorded=False)
    out, err = capsys.readouterr()
    told = [LINE.fullmatch(line) for line in err.splitlines()]
    assert out == ""
    assert [each and each[1] for each in told] == [
        f"● reproduced: {a_cell()} (1.2 s)",
        f"? inconclusive: {a_cell()} (recorded before)",
        "    so it was",
        f"✗ environment-failed: {a_cell()} (0.0 s; replaced)",
        "    so it was",
    ]


def test_json_goes_to_standard_output_alone(capsys: pytest.CaptureFixture[str]) -> None:
    with progress(as_json=True) as shown:
        shown.end(an_outcome(a_cell()), recorded=False)
    out, err = capsys.readouterr()
    assert json.loads(out)["verdict"] == "reproduced"
    assert err == ""


def test_what_a_node_prints_cannot_change_the_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with progress() as shown:
        told = an_outcome(a_cell(), "environment-failed", reason="\x1b[2Jgone\r\nnew")
        shown.end(told, recorded=False)
    assert not re.search(r"[\x00-\x09\x0b-\x1f]", capsys.readouterr().err)


def test_the_picture_shows_what_runs_and_in_which_stage() -> None:
    from rich.console import Console

    console = Console(file=io.StringIO(), width=100)
    job = planning()(a_cell("2.0"), "a-case#1")
    with progress() as shown:
        shown.begin(job)
        console.print(shown._drawn())
        shown.event(job.key, Event(at=0, stage="steps", what="begin"))
        shown.event("another run", Event(at=0, stage="elsewhere", what="begin"))
        console.print(shown._drawn())
        shown.end(an_outcome(a_cell("2.0"), attempt=1).model_copy(update={"key": job.key}),
                  recorded=False)  # fmt: skip
        console.print(shown._drawn())
    drawn = console.file
    assert isinstance(drawn, io.StringIO)
    text = drawn.getvalue()
    assert [text.count(words) for words in ("waiting", "  steps", "elsewhere")] == [1, 1, 0]
    assert text.count("…") == 2
