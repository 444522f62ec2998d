"""Going on with a campaign: what it was started with holds, but for what is said anew."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from repro.cli.archived import session_of
from repro.model.campaign import CampaignOptions, Origin
from repro.record.campaigns import read_campaign
from tests.campaigns import Versions
from tests.unit.cli.workspace import Cli, folders, notes, release, summary, write

COMMANDS = {
    "run": ["run", "x.yml", "--runs", "2", "--until", "all"],
    "matrix": ["matrix", "x.yml", "--version", "1.0,2.0"],
    "bisect": ["bisect", "x.yml", "--good", "2.0", "--bad", "1.0"],
    "verify": ["verify", "x.yml"],
}


@pytest.fixture
def ended(cli: Cli, provider: Versions) -> Callable[..., None]:
    """A command that its user ends before it has begun well."""

    def end(*arguments: str) -> None:
        before = {version: list(does) for version, does in provider._left.items()}
        provider._left = {version: [KeyboardInterrupt()] for version in before}
        assert cli(*arguments)[0] == 130
        provider._left = before

    return end


@pytest.mark.parametrize("kind", COMMANDS)
def test_who_was_to_be_told_is_told(
    cli: Cli, place: Path, desk: Path, ended: Callable[..., None], kind: str
) -> None:
    write(place / "x.yml", tickets=["desk:T-1"])
    ended(*COMMANDS[kind], "--ticket", "desk:T-2", "--public")
    assert list(desk.rglob("*.md")) == []
    _, _, err = cli("resume")
    assert "desk:T-2: comment created" in err
    assert [path.name for path in desk.rglob("*.md")] == ["reply-1.md"]


@pytest.mark.parametrize("kind", COMMANDS)
def test_a_finished_campaign_tells_the_cases_tickets(
    cli: Cli, place: Path, desk: Path, kind: str
) -> None:
    write(place / "x.yml", tickets=["desk:T-1"])
    cli(*COMMANDS[kind], "--attach")
    assert len(notes(desk)) == 1


def test_tickets_are_told_or_left_by_word(
    cli: Cli, place: Path, desk: Path, ended: Callable[..., None]
) -> None:
    write(place / "x.yml", tickets=["desk:T-1"])
    ended("matrix", "x.yml", "--ticket", "desk:T-2")
    cli("resume", "--no-attach")
    assert list(desk.rglob("*.md")) == []
    ended("matrix", "x.yml")
    cli("resume", "--attach")
    assert (len(notes(desk)), notes(desk, "T-2")) == (1, [])


def test_a_ticket_that_nobody_can_tell_ends_it_before_it_starts(
    cli: Cli, place: Path, desk: Path, ended: Callable[..., None], provider: Versions
) -> None:
    write(place / "x.yml")
    ended("matrix", "x.yml")
    ran = list(provider.ran)
    status, _, err = cli("resume", "--attach")
    assert (status, provider.ran) == (2, ran)
    assert "nobody to tell" in err
    assert cli("resume")[0] == 0


class TestRecheck:
    @pytest.fixture(autouse=True)
    def _case(self, place: Path) -> None:
        release(place, "1.0")
        write(place / "cases" / "x.yml", tickets=["desk:T-1"])

    def test_its_tickets_are_told(
        self, cli: Cli, place: Path, desk: Path, ended: Callable[..., None]
    ) -> None:
        ended("recheck", "--attach")
        assert cli("resume")[0] == 1
        [note] = notes(desk)
        assert "first look → open" in note

    def test_its_budget_holds_and_begins_again(
        self, cli: Cli, place: Path, ended: Callable[..., None]
    ) -> None:
        ended("recheck", "--budget", "1h")
        (folder,) = folders(place)
        header = json.loads((folder / "campaign.json").read_text())
        assert header["options"]["budget"] == 3600
        header["options"]["budget"] = 0.001
        (folder / "campaign.json").write_text(json.dumps(header))
        status, out, _ = cli("resume")
        assert (status, "1 issues are left" in out) == (4, True)

    def test_another_budget_can_be_given(
        self, cli: Cli, place: Path, ended: Callable[..., None]
    ) -> None:
        ended("recheck")
        status, out, _ = cli("resume", "--budget", "1ms")
        assert (status, "1 issues are left" in out) == (4, True)

    def test_people_are_told_once_they_are_named_again(
        self,
        cli: Cli,
        place: Path,
        ended: Callable[..., None],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        sent: list[tuple[Any, ...]] = []
        monkeypatch.setattr("repro.notify.notify", lambda *given: sent.append(given))
        ended("recheck", "--notify", "json://user:hush@desk.example.com")
        (folder,) = folders(place)
        assert "hush" not in "".join(path.read_text() for path in folder.glob("*.json*"))
        status, _, err = cli("resume")
        assert (status, sent) == (2, [])
        assert "--notify" in err
        cli("resume", "--notify", "json://other.example.com")
        assert [addresses for addresses, *_ in sent] == [("json://other.example.com",)]

    def test_one_that_is_asked_for_in_another_manner_is_gone_on_with(
        self, cli: Cli, place: Path, desk: Path, ended: Callable[..., None]
    ) -> None:
        ended("recheck", "--budget", "1h")
        assert cli("recheck", "--attach")[0] == 1
        assert len(folders(place)) == 1
        assert len(notes(desk)) == 1


@pytest.mark.parametrize("option", [("--budget", "1h"), ("--notify", "json://desk.example.com")])
def test_what_is_said_of_rechecks_is_said_of_nothing_else(
    cli: Cli, place: Path, ended: Callable[..., None], option: tuple[str, str]
) -> None:
    write(place / "x.yml")
    ended("matrix", "x.yml")
    status, _, err = cli("resume", *option)
    assert status == 2
    assert "said of a recheck" in err


def test_a_campaign_of_an_older_repro_is_gone_on_with(
    cli: Cli, place: Path, ended: Callable[..., None]
) -> None:
    write(place / "x.yml")
    ended("matrix", "x.yml")
    (folder,) = folders(place)
    header = json.loads((folder / "campaign.json").read_text())
    for name in ("files", "audience", "budget", "origin"):
        header["options"].pop(name, None)
    (folder / "campaign.json").write_text(json.dumps({**header, "cases": {}}))
    assert cli("resume")[0] == 0


@pytest.mark.parametrize("command", [COMMANDS["matrix"], ["recheck", "cases"]])
def test_it_is_gone_on_with_anywhere(
    cli: Cli,
    place: Path,
    ended: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    command: list[str],
) -> None:
    """The profiles of the folder where it was started are those that count."""
    write(place / "x.yml")
    write(place / "cases" / "x.yml")
    ended(*command)
    (place / "elsewhere").mkdir()
    monkeypatch.chdir(place / "elsewhere")
    status, out, err = cli("resume", "--json")
    assert status == (1 if "recheck" in command else 0), err
    assert summary(out)["campaign"] == folders(place)[0].name


class TestArchive:
    """A run of somebody else's, whose profile is not here."""

    @pytest.fixture(autouse=True)
    def _ended(self, cli: Cli, place: Path, ended: Callable[..., None]) -> None:
        write(place / "x.yml")
        assert cli("run", "x.yml")[0] == 0
        assert cli("export", "last", "-o", "a.tar.gz")[0] == 0
        shutil.rmtree(place / "profiles")
        ended("run", "a.tar.gz", "--fresh", "--trust", "--runs", "2", "--until", "all")

    def test_it_goes_on_without_the_archive(
        self, cli: Cli, place: Path, provider: Versions
    ) -> None:
        (place / "a.tar.gz").unlink()
        status, out, err = cli("resume", "--json")
        assert status == 0, err
        assert [each["rate"]["runs"] for each in summary(out)["answer"]["cells"]] == [2]

    def test_what_it_may_do_here_is_kept(self, place: Path) -> None:
        (folder,) = folders(place)
        options = CampaignOptions.model_validate(read_campaign(folder).header.options)
        assert options.origin == Origin(trust=True)
        session = session_of(folder, options)
        assert session.origin == options.origin
        assert session.catalog.product("thing").purl == "pkg:pypi/thing"


class TestSecrets:
    """A campaign keeps no secret: a case that has one is read again from where it was."""

    @pytest.fixture(autouse=True)
    def _ended(self, place: Path, ended: Callable[..., None]) -> None:
        secret = {"path": "/case/key", "content": "hush-hush-hush", "secret": True}
        write(place / "x.yml", files=[secret])
        ended("matrix", "x.yml", "--version", "1.0,2.0")
        (folder,) = folders(place)
        assert b"hush" not in (folder / "cases" / "x" / "case.yml").read_bytes()

    def test_it_goes_on_with_the_secret(
        self, cli: Cli, provider: Versions, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        found: list[bytes] = []

        def act(call: Any) -> int:
            found.append(call.node.files["/case/key"].data)
            return 1

        monkeypatch.setattr(provider, "_act", act)
        assert cli("resume")[0] == 0
        assert found == [b"hush-hush-hush"] * 2

    @pytest.mark.parametrize("change", ["gone", "another", "broken"])
    def test_it_is_not_run_without_its_secret(
        self, cli: Cli, place: Path, provider: Versions, change: str
    ) -> None:
        ran = list(provider.ran)
        if change == "another":
            write(place / "x.yml", title="another")
        else:
            (place / "x.yml").write_text("steps: [")
        if change == "gone":
            (place / "x.yml").unlink()
        status, _, err = cli("resume")
        assert (status, provider.ran) == (2, ran)
        assert "x has secrets" in err
        assert "{env: NAME, secret: true}" in err
