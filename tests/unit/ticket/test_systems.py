from __future__ import annotations

from pathlib import Path

import pytest

from repro.errors import InputError, SettingsError
from repro.settings import Settings, TicketSettings
from repro.ticket.file import FolderSystem
from repro.ticket.systems import kinds, open_system


def settings(tmp_path: Path, **tickets: TicketSettings) -> Settings:
    return Settings(home=tmp_path, cache=tmp_path, tickets=tickets)


def test_every_kind_is_a_module() -> None:
    assert kinds() == ["file", "github", "gitlab", "jira", "redmine", "rt", "zendesk"]


@pytest.mark.parametrize("kind", ["file", "github", "gitlab", "jira", "redmine", "rt", "zendesk"])
def test_a_system_is_made_without_a_token_and_without_a_network(tmp_path: Path, kind: str) -> None:
    own = TicketSettings(kind=kind, url="https://tracker.example.com", user="agent")
    system = open_system(settings(tmp_path, ours=own), "ours", environ={})
    assert system.powers.comment > 1000
    system.close()


def test_a_folder_needs_no_settings(tmp_path: Path) -> None:
    assert isinstance(open_system(settings(tmp_path), "file"), FolderSystem)


def test_a_name_that_nobody_set_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no ticket system is called 'redmin'") as caught:
        open_system(settings(tmp_path, redmine=TicketSettings(url="x")), "redmin")
    assert "redmine" in caught.value.cause


@pytest.mark.parametrize("kind", ["bugzilla", "queue", "send", "__init__", "../x"])
def test_a_kind_that_there_is_not_is_told(tmp_path: Path, kind: str) -> None:
    with pytest.raises(SettingsError, match="which there is not") as caught:
        open_system(settings(tmp_path, ours=TicketSettings(kind=kind)), "ours")
    assert "redmine" in caught.value.action


@pytest.mark.parametrize("kind", ["redmine", "rt"])
@pytest.mark.parametrize("url", [None, "tracker.example.com", "ftp://tracker.example.com"])
def test_an_address_that_is_none_is_told(tmp_path: Path, kind: str, url: str | None) -> None:
    with pytest.raises(SettingsError, match="url"):
        open_system(settings(tmp_path, ours=TicketSettings(kind=kind, url=url, user="a")), "ours")


def test_a_system_that_needs_an_account_says_so(tmp_path: Path) -> None:
    own = TicketSettings(kind="rt", url="https://rt.example.com")
    with pytest.raises(SettingsError, match="user"):
        open_system(settings(tmp_path, ours=own), "ours")


def test_an_option_that_is_wrong_is_told(tmp_path: Path) -> None:
    own = TicketSettings(
        kind="redmine", url="https://r.example.com", options={"markup": "wikitext"}
    )
    with pytest.raises(SettingsError, match="textile or markdown"):
        open_system(settings(tmp_path, ours=own), "ours")
