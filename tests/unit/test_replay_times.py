"""From a command that prints bit by bit to the replay that is played."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from repro import flow
from repro.archive.copying import Copy
from repro.model.account import Subject
from repro.model.observation import StepObservation
from repro.model.record import RunRecord
from repro.provider.memory import MemoryProvider, Reply
from repro.record import read_run, verify
from repro.record.folder import new_header, open_run
from repro.redact import Outgoing
from repro.redact.known import MARK, Redactor
from repro.report.cast import render
from repro.report.words import Words
from repro.settings import Settings
from tests.support import a_case, planned, tools

SECRET = "hunter2hunter2"
#: One that nobody told us of, but that can be told by its form.
TOKEN = "ghp_" + "a1B2c3D4e5" * 3 + "f6G7h8"


def printing(*pieces: tuple[str, bytes]) -> Reply:
    """A command that prints each of these a moment after the one before, and fails."""
    reply = Reply(exit=1, seconds=0.05)
    for stream, data in reversed(pieces):
        out, err = (data, b"") if stream == "stdout" else (b"", data)
        reply = Reply(stdout=out, stderr=err, seconds=0.05, then=reply)
    return reply


def recorded(folder: Path, *pieces: tuple[str, bytes]) -> Path:
    """The folder of a run whose step printed these."""
    provider = MemoryProvider()
    provider.answer("client", printing(*pieces))
    plan = planned(a_case())
    recorder = open_run(
        Settings(home=folder, cache=folder), new_header(plan), b"", {}, plan,
        redactor=Redactor([SECRET]),
    )  # fmt: skip
    flow.run_case(plan, tools(provider), recorder)
    assert verify(recorder.folder) == []
    return recorder.folder


def step_of(record: RunRecord) -> StepObservation:
    (step,) = (each for each in record.observations if isinstance(each, StepObservation))
    return step


def played(record: RunRecord) -> list[str]:
    """What the step printed, an item for each time at which something came."""
    lines = render(Subject(run=record), Words("en")).splitlines()[1:]
    output = [data for _, code, data in map(json.loads, lines) if code == "o"]
    assert output[0].startswith("\x1b[32mnode\x1b[0m $ ")
    return output[1:-1]


def test_streams_are_played_as_they_came(tmp_path: Path) -> None:
    pieces = ("stdout", b"connecting\n"), ("stderr", b"no answer\n"), ("stdout", b"again\n")
    assert played(read_run(recorded(tmp_path, *pieces))) == [
        "connecting\r\n", "no answer\r\n", "again\r\n", "\x1b[2mexit 1\x1b[0m\r\n"
    ]  # fmt: skip


@pytest.mark.parametrize("at", [2, 6, 11, 15, 19])
def test_what_is_cut_between_two_pieces_is_played_whole(tmp_path: Path, at: int) -> None:
    data = "one\n\x1b[31mré\x1b[0m\nend".encode()
    record = read_run(recorded(tmp_path, ("stdout", data[:at]), ("stdout", data[at:])))
    assert "".join(played(record)).startswith("one\r\n\x1b[31mré\x1b[0m\r\nend\r\n")


@pytest.mark.parametrize("secret", [SECRET, TOKEN])
@pytest.mark.parametrize("at", [4, 7, 10])
def test_a_secret_that_came_in_two_pieces_is_nowhere(tmp_path: Path, secret: str, at: int) -> None:
    pieces = [
        ("stdout", b"logging in\n"), ("stdout", f"with {secret[:at]}".encode()),
        ("stderr", b"beside\n"), ("stdout", f"{secret[at:]} now\n".encode()),
    ]  # fmt: skip
    folder = recorded(tmp_path / "home", *pieces)
    outgoing = Outgoing(Redactor([SECRET]))
    left = Copy(folder, tmp_path / "copy", outgoing, binary=False).make()
    assert [lines for lines, _ in step_of(left).result.stdout.times] == [1, 2]
    assert played(left)[:3] == ["logging in\r\n", "beside\r\n", f"with {MARK} now\r\n"]
    for path in (tmp_path / "copy").rglob("*.json*"):
        assert secret[at:] not in path.read_text("utf-8")
    if secret == SECRET:
        assert SECRET[at:] not in (folder / "observations.jsonl").read_text("utf-8")


def test_times_go_with_a_secret_of_several_lines(tmp_path: Path) -> None:
    lines = ["first", "-----BEGIN PRIVATE KEY-----", "MIIEvQ" * 10, "-----END PRIVATE KEY-----"]
    folder = recorded(tmp_path / "home", *(("stdout", f"{line}\n".encode()) for line in lines))
    assert len(step_of(read_run(folder)).result.stdout.times) == 4
    left = Copy(folder, tmp_path / "copy", Outgoing(Redactor([])), binary=False).make()
    assert step_of(left).result.stdout.times == ()
    assert played(left) == [f"first\r\n{MARK}\r\n\x1b[2mexit 1\x1b[0m\r\n"]


def test_a_record_without_times_is_played_as_its_steps_ended(tmp_path: Path) -> None:
    folder = recorded(tmp_path, ("stderr", b"a\n"), ("stdout", b"b\n"), ("stderr", b"c\n"))
    path = folder / "observations.jsonl"
    older = [json.loads(line) for line in path.read_bytes().splitlines()]
    for each in older:
        for stream in ("stdout", "stderr") if "result" in each else ():
            del each["result"][stream]["times"]
    path.write_text("".join(f"{json.dumps(each)}\n" for each in older))
    assert played(read_run(folder)) == ["b\r\na\r\nc\r\n\x1b[2mexit 1\x1b[0m\r\n"]
