"""Campaigns through the command line, without machines: what is asked, told, and kept."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from repro.cli import recheck
from repro.errors import EngineError
from repro.provider.memory import Reply
from tests.campaigns import SICK, WELL, Versions
from tests.unit.cli.workspace import Cli, folders, release, summary, write

NONSENSE: Mapping[str, tuple[list[str], str]] = {
    "a range that holds nothing": (["matrix", "x.yml", "--version", "vers:pypi/>9"], "no release"),
    "a version that was never released": (["matrix", "x.yml", "--version", "9.9"], "never"),
    "a list with a hole": (["matrix", "x.yml", "--version", "1.0,,2.0"], "between two commas"),
    "no versions": (["matrix", "x.yml", "--version", "latest:0"], "how many"),
    "no product": (["matrix", "bare.yml", "--version", "all"], "names no product"),
    "a bisection without a product": (["bisect", "bare.yml"], "names no product"),
    "an unknown OS": (["matrix", "x.yml", "--os", "debian-12,debain-13"], "debian-13"),
    "OSes that are none": (["matrix", "x.yml", "--os", ","], "names nothing"),
    "an unknown topology": (["matrix", "x.yml", "--topology", "singel"], "single"),
    "an end that is none": (["run", "x.yml", "--runs", "2", "--until", "never"], "--until"),
    "an end that is none in a matrix": (["matrix", "x.yml", "--until", "never"], "--until"),
    "no runs": (["run", "x.yml", "--runs", "0"], "than or equal to 1"),
    "no jobs": (["matrix", "x.yml", "-j", "0"], "than or equal to 1"),
    "an unknown engine": (["matrix", "x.yml", "--engine", "http://h:1"], "address of a scheduler"),
    "an engine without a port": (["run", "x.yml", "--engine", "dask"], "address of a scheduler"),
    "a recheck on an unknown engine": (["recheck", "x.yml", "--engine", "x"], "scheduler"),
    "a recheck of an unknown OS": (["recheck", "x.yml", "--os", "debain-12"], "debian-12"),
    "no budget": (["recheck", "x.yml", "--budget", "0"], "leaves no time"),
    "a budget that is none": (["recheck", "x.yml", "--budget", "soon"], "leaves no time"),
    "a time that is none": (["recheck", "x.yml", "--install-timer", "--at", "26:99"], "--at"),
    "a secret in a timer": (
        ["recheck", "x.yml", "--install-timer", "--notify", "json://u:hush@h"], "settings",
    ),
    "a catalogue that is not there": (["recheck", "nowhere/"], "nowhere"),
    "an empty catalogue": (["recheck", "profiles/"], ""),
    "two cases of one id": (["recheck", "twice"], "unique in a catalogue"),
    "an unknown campaign": (["resume", "nonsense"], "no single campaign"),
    "a folder that is no campaign": (["resume", "./twice"], "is no campaign"),
    "no workarounds": (["verify", "bare.yml"], "has no workarounds"),
    "ends that are not in order": (
        ["bisect", "x.yml", "--good", "nonsense", "--bad", "1.0"], "nonsense",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", NONSENSE)
def test_nonsense_is_told_before_anything_starts(
    cli: Cli, place: Path, provider: Versions, what: str
) -> None:
    write(place / "x.yml")
    write(place / "bare.yml", environment=None, workarounds=None)
    write(place / "twice" / "a.yml")
    write(place / "twice" / "b.yml")
    arguments, words = NONSENSE[what]
    status, out, err = cli(*arguments)
    assert status == 2, err
    assert words in err
    assert "defect" not in err
    assert "hush" not in err + out
    assert out == ""
    assert provider.ran == []
    assert folders(place) == []


def test_a_matrix_is_answered_kept_and_shown(cli: Cli, place: Path) -> None:
    case = write(place / "x.yml")
    status, out, err = cli("matrix", case, "--version", "all", "--os", "debian-12,debian-13")
    assert status == 0, err
    assert out.count("● reproduced") == 4
    assert out.count("○ not-reproduced") == 2
    assert len([line for line in err.splitlines() if line.startswith("[")]) == 6
    (folder,) = folders(place)
    status, out, _ = cli("show", folder.name)
    assert status == 0
    assert "4 reproduced, 2 not-reproduced" in out
    assert cli("campaigns")[1].count("finished") == 1


def test_json_is_a_line_a_run_and_then_the_answer(cli: Cli, place: Path) -> None:
    status, out, err = cli("matrix", write(place / "x.yml"), "--version", "1.0,2.0", "--json")
    *outcomes, answer = [json.loads(line) for line in out.splitlines()]
    assert (status, err) == (0, "")
    assert {each["verdict"] for each in outcomes} == {"reproduced", "not-reproduced"}
    assert [each["cell"]["version"] for each in answer["answer"]["cells"]] == ["1.0", "2.0"]
    assert answer["exit_status"] == 0


def test_an_os_that_is_named_twice_is_run_once(cli: Cli, place: Path, provider: Versions) -> None:
    cli("matrix", write(place / "x.yml"), "--os", "debian-12, debian-12")
    assert provider.ran == ["1.0"]


def test_what_could_not_be_told_stands_last_and_decides(
    cli: Cli, place: Path, provider: Versions
) -> None:
    provider._left["1.0"] = [EngineError("refused")]
    status, out, err = cli("matrix", write(place / "x.yml"), "--version", "all")
    assert status == 5
    *_, last = [number for number, line in enumerate(out.splitlines()) if "refused" in line]
    assert last > max(n for n, line in enumerate(out.splitlines()) if "○ not-reproduced" in line)
    assert err.count("replaced") == 3


def test_a_finished_campaign_is_not_gone_on_with(cli: Cli, place: Path) -> None:
    cli("matrix", write(place / "x.yml"))
    (folder,) = folders(place)
    status, _, err = cli("resume", folder.name)
    assert status == 2
    assert "is finished" in err
    assert cli("resume")[0] == 0


def test_a_finished_recheck_is_not_gone_on_with(cli: Cli, place: Path) -> None:
    assert cli("recheck", write(place / "cases" / "x.yml"))[0] == 1
    (folder,) = folders(place)
    status, _, err = cli("resume", folder.name)
    assert status == 2
    assert "is finished" in err


def test_going_on_needs_nothing_but_the_campaign(
    cli: Cli, place: Path, provider: Versions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the case names other YAML files."""
    case = write(
        place / "x.yml", files=[{"path": "/etc/x.yml", "source": "other.yml"}], workarounds=None
    )
    (place / "other.yml").write_text("id: no case\n")
    provider._left["2.0"] = [KeyboardInterrupt()]
    status, _, err = cli("matrix", case, "--version", "all", "-j", "1")
    assert status == 130
    (folder,) = folders(place)
    assert f"repro resume {folder.name}" in err
    (place / "x.yml").unlink()
    (place / "other.yml").unlink()
    provider._left["2.0"] = [WELL]
    status, out, err = cli("resume", "--json")
    assert status == 0, err
    assert [each["verdict"] for each in summary(out)["answer"]["cells"]] == [
        "reproduced", "not-reproduced", "reproduced",
    ]  # fmt: skip
    assert provider.ran.count("1.0") == 1


def test_a_damaged_campaign_stands_in_nobodys_way(cli: Cli, place: Path) -> None:
    cli("matrix", write(place / "x.yml"))
    damaged = place / "repro_home" / "campaigns" / "20200101-000000-matrix-x-aaaa"
    damaged.mkdir()
    (damaged / "campaign.json").write_text("nonsense")
    status, out, err = cli("campaigns")
    assert (status, out.count("finished")) == (0, 1)
    assert "is damaged" in err
    assert cli("resume")[:2] == (0, "no campaign was ended early\n")
    assert cli("resume", damaged.name)[0] == 6


def test_runs_give_a_rate(cli: Cli, place: Path, provider: Versions) -> None:
    provider._left["1.0"] = [SICK, WELL, SICK, WELL]
    status, out, _ = cli("run", write(place / "x.yml"), "--runs", "4", "--until", "all", "-j", "1")
    assert status == 0
    assert "2/4" in out or "2 of 4 runs" in out
    assert "clean runs" in out


def test_a_workaround_is_told_with_what_it_changed(
    cli: Cli, place: Path, provider: Versions
) -> None:
    def act(call: Any) -> int:
        return 0 if call.command.env.get("CALM") else 1

    provider._act = act  # type: ignore[method-assign]
    case = write(place / "x.yml", workarounds=[
        {"name": "calm", "env": {"CALM": "1"}}, {"name": "useless", "env": {"OTHER": "1"}},
    ])  # fmt: skip
    status, out, _ = cli("verify", case)
    assert status == 1
    assert "✓ helps" in out
    assert "✗ does not help" in out
    assert "CALM: none → 1" in out


# -- nights ----------------------------------------------------------------------------------


def test_nights(cli: Cli, place: Path, provider: Versions) -> None:
    release(place, "1.0")
    write(place / "cases" / "x.yml")
    status, out, _ = cli("recheck", "--json")
    assert status == 1
    assert [c["after"]["name"] for c in summary(out)["answer"]["changed"]] == ["open"]
    status, out, _ = cli("recheck")
    assert (status, out) == (0, "1 issues, 0 runs: nothing changed\n")
    release(place, "1.0", "2.0")
    status, out, _ = cli("recheck")
    assert status == 1
    assert "fixed in 2.0" in out
    status, out, _ = cli("recheck", "--states")
    assert status == 0
    assert "fixed in 2.0" in out
    assert provider.ran == ["1.0", "2.0", "2.0"]


def test_states_that_a_newer_repro_wrote_are_left_alone(cli: Cli, place: Path) -> None:
    case = write(place / "cases" / "x.yml")
    cli("recheck", case)
    (file,) = (place / "repro_home" / "recheck").glob("*.json")
    content = json.dumps({**json.loads(file.read_text()), "schema_": 99})
    file.write_text(content)
    for arguments in (["recheck", case], ["recheck", case, "--states"]):
        status, _, err = cli(*arguments)
        assert status == 6
        assert "has layout 99" in err
        assert str(file) in err
    assert file.read_text() == content


def test_a_case_that_cannot_be_carried_out_here_ends_no_night(cli: Cli, place: Path) -> None:
    write(place / "cases" / "x.yml")
    write(
        place / "cases" / "y.yml", id="y", workarounds=None,
        steps=[{"name": "cut", "fault": "kill", "on": "node"}],
        symptom=[{"node": "node", "state": "exited"}],
    )  # fmt: skip
    status, out, err = cli("recheck")
    assert status == 1, err
    assert "could not be checked" in out
    assert "fault:kill" in out
    assert len(folders(place)) == 1


def test_a_version_left_out_is_the_latest_that_the_profile_lists(
    cli: Cli, place: Path, provider: Versions
) -> None:
    write(place / "cases" / "x.yml", environment={"product": "thing"})
    assert cli("recheck")[0] == 1
    assert provider.ran == ["3.0"]


def test_a_night_that_was_ended_tells_everything_the_next_time(
    cli: Cli, place: Path, provider: Versions
) -> None:
    release(place, "1.0", "2.0")
    write(place / "cases" / "a.yml", id="a", environment={"product": "thing", "version": "1.0"},
          recheck={"versions": "vers:pypi/<2"})  # fmt: skip
    write(place / "cases" / "b.yml", id="b", recheck={"versions": "vers:pypi/>=2"})
    provider._left["2.0"] = [KeyboardInterrupt()]
    status, out, err = cli("recheck", "-j", "1")
    assert (status, out) == (130, ""), err
    assert "repro resume" in err
    provider._left["2.0"] = [WELL]
    status, out, _ = cli("recheck", "-j", "1")
    assert status == 1
    assert {line.split()[0] for line in out.splitlines() if "first look" in line} == {"a", "b"}
    assert provider.ran.count("1.0") == 1
    assert len(folders(place)) == 1
    assert cli("recheck", "-j", "1")[0] == 0


def test_a_case_corrected_after_a_kill_begins_a_new_night(
    cli: Cli, place: Path, provider: Versions
) -> None:
    release(place, "1.0", "2.0")
    write(place / "cases" / "x.yml", recheck={"versions": "all"})
    provider._left["2.0"] = [KeyboardInterrupt()]
    assert cli("recheck", "-j", "1")[0] == 130
    provider._left["2.0"] = [WELL]
    write(place / "cases" / "x.yml", title="another title", recheck={"versions": "all"})
    assert cli("recheck", "-j", "1")[0] == 1
    assert provider.ran == ["1.0", "2.0", "1.0", "2.0"]
    assert len(folders(place)) == 2


def test_people_are_told_of_changes_and_of_nothing_else(
    cli: Cli, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[tuple[Any, ...]] = []
    monkeypatch.setattr("repro.notify.notify", lambda *given: sent.append(given))
    case = write(place / "cases" / "x.yml")
    cli("recheck", case, "--notify", "json://one")
    cli("recheck", case, "--notify", "json://one")
    ((addresses, title, body),) = sent
    assert addresses == ("json://one",)
    assert "1 changed" in title
    assert "first look" in body


def test_a_timer_does_what_was_asked(
    cli: Cli, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[Any] = []

    def install(arguments: list[str], at: str) -> list[str]:
        done.append((arguments, at))
        return ["done"]

    monkeypatch.setattr("repro.schedule.install", install)
    write(place / "cases" / "x.yml")
    status, out, _ = cli(
        "recheck", "cases", "--install-timer", "--at", "03:15", "--budget", "2h", "--os",
        "debian-12,debian-13", "-j", "2", "--engine", "tcp://127.0.0.1:8786",
    )  # fmt: skip
    assert (status, out) == (0, "done\n")
    assert done == [
        (
            ["recheck", str(place / "cases"), "--os", "debian-12,debian-13", "--budget", "2h",
             "--jobs", "2", "--engine", "tcp://127.0.0.1:8786"],
            "03:15",
        )
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "seconds"), [("2h", 7200), ("30min", 1800), ("90s", 90), (None, None)]
)
def test_budgets(text: str | None, seconds: float | None) -> None:
    assert recheck.seconds_of(text) == seconds


def test_a_budget_leaves_the_rest_for_the_next_look(
    cli: Cli, place: Path, provider: Versions
) -> None:
    provider._left["1.0"] = [Reply(exit=1, seconds=4.5)]
    release(place, "1.0")
    for name in ("a", "b"):
        write(place / "cases" / f"{name}.yml", id=name)
    status, out, _ = cli("recheck", "--budget", "4s", "-j", "1")
    assert status == 1
    assert "1 issues are left" in out
    provider._left["1.0"] = [SICK]
    status, out, _ = cli("recheck", "-j", "1")
    assert status == 1
    assert "left" not in out
    assert len(provider.ran) == 2
