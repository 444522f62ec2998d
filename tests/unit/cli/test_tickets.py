"""Telling tickets through the command line: a folder is the ticket system."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.campaigns import SICK, WELL, Versions
from tests.unit.cli.workspace import Cli, notes, release, write


def kept(place: Path) -> list[Path]:
    return list((place / "repro_home" / "outbox").glob("desk/*.json"))


def test_a_run_tells_its_ticket(cli: Cli, place: Path, desk: Path) -> None:
    status, out, err = cli("run", write(place / "x.yml"), "--ticket", "desk:T-1")
    assert status == 0
    assert "desk:T-1: comment created (internal)" in err
    assert "desk" not in out
    [note] = notes(desk)
    assert note.startswith("**Reproduced**")


def test_a_run_tells_the_tickets_that_its_case_names(cli: Cli, place: Path, desk: Path) -> None:
    case = write(place / "x.yml", tickets=["desk:T-1", "desk:T-2"])
    assert cli("run", case)[0] == 0
    assert (notes(desk), notes(desk, "T-2")) == ([], [])
    assert cli("run", case, "--attach", "--public")[0] == 0
    assert [path.name for path in desk.rglob("*.md")] == ["reply-1.md"] * 2


def test_several_runs_are_told_once(cli: Cli, place: Path, desk: Path) -> None:
    case = write(place / "x.yml", tickets=["desk:T-1"])
    status, out, _ = cli("run", case, "--runs", "2", "--until", "all", "--attach", "--json")
    assert status == 0
    for line in out.splitlines():
        json.loads(line)
    assert len(notes(desk)) == 1


def test_several_cases_are_told_each_to_its_own_ticket(cli: Cli, place: Path, desk: Path) -> None:
    for number in (1, 2):
        write(place / "cases" / f"{number}.yml", id=f"case-{number}", tickets=[f"desk:T-{number}"])
    assert cli("run", "cases", "--attach")[0] == 0
    assert ["case-1" in notes(desk)[0], "case-2" in notes(desk, "T-2")[0]] == [True, True]


def test_a_comment_knows_what_its_own_campaign_saw(cli: Cli, place: Path, desk: Path) -> None:
    """The history is told later, by another process."""
    cli("matrix", write(place / "x.yml"), "--version", "1.0,2.0", "--ticket", "desk:T-1")
    assert "- Upgrade to 2.0, the first release that was seen here" in notes(desk)[0]


def test_what_could_not_be_sent_is_counted_once(cli: Cli, place: Path, desk: Path) -> None:
    for number in (1, 8, 9):
        write(place / "cases" / f"{number}.yml", id=f"case-{number}", tickets=[f"desk:T-{number}"])
    _, _, err = cli("run", "cases", "--attach")
    assert err.count("desk:T-1: comment created") == 1
    assert err.count("there is no folder") == 2
    assert err.count("not sent yet") == 1
    assert "2 not sent yet: repro attach --queued" in err


@pytest.mark.parametrize("version", ["1.0", "2.0"])
def test_a_ticket_system_that_fails_changes_no_verdict(
    cli: Cli, place: Path, desk: Path, version: str
) -> None:
    case = write(place / "x.yml")
    status, _, err = cli("run", case, "--version", version, "--ticket", "desk:T-9")
    assert status == (0 if version == "1.0" else 1)
    assert "there is no folder" in err
    assert "1 not sent yet: repro attach --queued" in err
    assert len(kept(place)) == 1


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--ticket", "nowhere:5"], "no ticket system is called 'nowhere'"),
        (["--ticket", "desk"], "names no ticket"),
        (["--attach"], "nobody to tell"),
    ],
)
def test_what_could_never_be_told_stops_a_run_before_it_starts(
    cli: Cli, place: Path, desk: Path, provider: Versions, options: list[str], words: str
) -> None:
    status, _, err = cli("run", write(place / "x.yml"), *options)
    assert (status, provider.ran) == (2, [])
    assert words in err


def test_a_night_tells_what_changed_and_nothing_else(
    cli: Cli, place: Path, desk: Path, provider: Versions
) -> None:
    provider._left |= {"1.0": [SICK], "2.0": [WELL]}
    release(place, "1.0")
    write(place / "cases" / "x.yml", tickets=["desk:T-1"])
    assert cli("recheck", "--attach")[0] == 1
    [first] = notes(desk)
    assert first.startswith("State of the issue on debian-12: first look → open")
    _, _, err = cli("recheck", "--attach")
    assert "comment" not in err
    assert notes(desk) == [first]
    release(place, "1.0", "2.0")
    cli("recheck", "--attach")
    [second] = notes(desk)
    assert second.startswith("State of the issue on debian-12: open → fixed in 2.0")


def test_a_timer_tells_tickets_where_that_was_asked(
    cli: Cli, place: Path, desk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[Any] = []

    def install(arguments: list[str], _at: str) -> list[str]:
        done.append(arguments)
        return []

    monkeypatch.setattr("repro.schedule.install", install)
    write(place / "cases" / "x.yml", tickets=["desk:T-1"])
    assert cli("recheck", "cases", "--install-timer", "--attach")[0] == 0
    assert done[0][-1] == "--attach"


class TestAttach:
    @pytest.fixture
    def run(self, cli: Cli, place: Path, desk: Path) -> str:
        cli("run", write(place / "x.yml", tickets=["desk:T-1"]))
        return "last"

    def test_the_cases_tickets_are_told(self, cli: Cli, desk: Path, run: str) -> None:
        assert "created" in cli("attach", run)[1]
        assert "unchanged" in cli("attach", run)[1]
        assert "updated" in cli("attach", run, "--lang", "ja")[1]
        assert len(notes(desk)) == 1

    def test_a_dry_run_shows_it_and_sends_nothing(
        self, cli: Cli, place: Path, desk: Path, run: str
    ) -> None:
        status, out, _ = cli("attach", run, "--ticket", "desk:T-2", "--dry-run")
        assert status == 0
        assert "to desk:T-2: internal, as markdown" in out
        assert "repro note: x · " in out
        assert ".html (text/html, " in out
        assert out.endswith("nothing was sent\n")
        assert (notes(desk), notes(desk, "T-2"), kept(place)) == ([], [], [])

    def test_one_ticket_that_fails_holds_up_no_other(
        self, cli: Cli, place: Path, desk: Path, run: str
    ) -> None:
        status, out, err = cli("attach", run, "--ticket", "desk:T-9", "--ticket", "desk:T-1")
        assert status == 8
        assert "desk:T-1: comment created" in out
        assert str(kept(place)[0]) in err

    def test_what_is_kept_is_sent_by_word(
        self, cli: Cli, place: Path, desk: Path, run: str
    ) -> None:
        assert cli("attach", run, "--ticket", "desk:T-9")[0] == 8
        (desk / "T-9").mkdir()
        status, out, err = cli("attach", "--queued")
        assert (status, err) == (0, "")
        assert "desk:T-9: comment created" in out
        assert kept(place) == []
        assert cli("attach", "--queued") == (0, "", "")

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            ([], "which run or campaign?"),
            (["last", "--queued"], "goes without a run"),
            (["last", "--ticket", "https://tracker.example.com/5"], "is an address"),
            (["no-such-run"], "no single run"),
            (["last", "--lang", "xx"], "'xx'"),
        ],
    )
    def test_nonsense_is_told(self, cli: Cli, run: str, arguments: list[str], words: str) -> None:
        status, _, err = cli("attach", *arguments)
        assert status == 2
        assert words in err
