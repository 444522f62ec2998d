"""``repro new``, over tickets that are folders."""

from __future__ import annotations

from pathlib import Path

import pytest

from repro.casefile import load
from repro.cli.drafts import new
from repro.errors import InputError, TicketGoneError
from tests.unit.intake.shelf import catalog

TICKET = """# black cannot parse a file

OS: Debian 12

```
$ black --check mail.py
error: cannot format mail.py: Cannot parse
```

We run black 24.4.2 with password = "hunter22-is-secret".
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REPRO_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("REPRO_SETTINGS", str(tmp_path / "settings.yml"))
    (tmp_path / "settings.yml").write_text(f"tickets: {{desk: {{kind: file, url: {tmp_path}}}}}\n")
    (tmp_path / "42" / "files").mkdir(parents=True)
    (tmp_path / "42" / "ticket.md").write_text(TICKET)
    (tmp_path / "42" / "files" / "app.log").write_text("ok\n")
    return tmp_path


def test_a_draft_of_a_ticket(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new(ticket="desk:42")
    loaded = load(here / "black-cannot-parse-file.yml", catalog())
    assert loaded.case.tickets == ("desk:42",)
    assert loaded.case.environment.version == "24.4.2"
    told = capsys.readouterr().out
    assert "environment.product  black, by title" in told
    assert "attached to the ticket: app.log" in told
    assert "next: repro validate black-cannot-parse-file.yml" in told


def test_a_secret_among_its_words_is_not_written_down(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = here / "42" / "ticket.md"
    command = "$ curl -u ann:hunter22-is-secret http://a.example.com; black"
    path.write_text(TICKET.replace("$ black", command))
    new(ticket="desk:42")
    assert "hunter22" not in (here / "black-cannot-parse-file.yml").read_text()
    told = capsys.readouterr().out
    assert "hunter22" not in told
    assert "Replaced before anything was written" in told


def test_a_result_of_ours_is_no_report_of_theirs(here: Path) -> None:
    files = here / "42" / "files"
    (files / "repro-20261122-054508-a-case-5296.html").write_text("<p>")
    (here / "42" / "note-1.md").write_text("On RHEL 9.2.\n\nrepro note: a-case · 190ddaf9\n")
    (here / "42" / "ticket.md").write_text("# It fails\n")
    new(ticket="desk:42", output=here / "own.yml")
    text = (here / "own.yml").read_text()
    assert "rhel" not in text
    assert "repro-2026" not in text
    assert "app.log" in text


def test_a_draft_of_a_title(here: Path) -> None:
    new(title="Replies are mixed up", output=here / "own.yml")
    assert "title: Replies are mixed up" in (here / "own.yml").read_text()


def test_what_is_next_can_be_copied(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new(title="Replies are mixed up", output=here / "my own.yml")
    assert f"next: repro validate '{here}/my own.yml'" in capsys.readouterr().out


def test_a_file_that_cannot_be_written_is_named(here: Path) -> None:
    with pytest.raises(InputError, match=r"own\.yml cannot be written") as raised:
        new(title="Replies are mixed up", output=here / "no" / "own.yml")
    assert "a folder that is there" in raised.value.action


def test_nothing_is_overwritten(here: Path) -> None:
    new(title="Replies are mixed up")
    with pytest.raises(InputError, match="is there already"):
        new(title="Replies are mixed up")


def test_a_folder_of_this_machine_is_named_by_no_case(here: Path) -> None:
    new(ticket=f"file:{here}/42", output=here / "own.yml")
    assert load(here / "own.yml", catalog()).case.tickets == ()


def test_what_cannot_be_read_writes_nothing(here: Path) -> None:
    with pytest.raises(TicketGoneError):
        new(ticket="desk:43")
    with pytest.raises(InputError):
        new()
    assert [path.name for path in here.glob("*.yml")] == ["settings.yml"]
