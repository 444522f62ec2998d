from __future__ import annotations

from pathlib import Path

import pytest

from repro.errors import TicketBusyError, TicketError, TicketGoneError
from repro.model.ticket import Upload
from repro.settings import TicketSettings
from repro.ticket import file
from repro.ticket.file import FolderSystem, connect
from repro.ticket.network import Network
from repro.ticket.tokens import Token


@pytest.fixture
def desk(tmp_path: Path) -> FolderSystem:
    (tmp_path / "desk" / "T-1").mkdir(parents=True)
    return connect(TicketSettings(url=str(tmp_path / "desk")), Token("file", "file"), Network())


def test_a_key_may_be_a_path_where_no_folder_is_set(tmp_path: Path) -> None:
    system = connect(TicketSettings(), Token("file", "file"), Network())
    system.create(str(tmp_path), "text", public=False)
    assert (tmp_path / "note-1.md").read_text() == "text"


@pytest.mark.parametrize("key", ["..", "../other", "T-1/../../x", "/etc"])
def test_a_key_stays_below_the_folder_that_is_set(desk: FolderSystem, key: str) -> None:
    with pytest.raises(TicketError, match="leads out of"):
        desk.create(key, "text", public=False)


def test_a_folder_that_is_not_there_is_a_ticket_that_is_gone(desk: FolderSystem) -> None:
    with pytest.raises(TicketGoneError) as caught:
        desk.read("T-2")
    assert "mkdir" in caught.value.action


@pytest.mark.parametrize("name", ["../../evil", "/etc/x", ".hidden", "..."])
def test_a_file_stays_in_its_folder(desk: FolderSystem, tmp_path: Path, name: str) -> None:
    desk.attach("T-1", Upload(name=name, data=b"x"), public=False)
    there = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert [path.parent for path in there] == [tmp_path / "desk" / "T-1" / "files"]


def test_comments_are_numbered_as_they_come(desk: FolderSystem, tmp_path: Path) -> None:
    text = "text\n\nrepro: a · 01234567"
    names = [desk.create("T-1", text, public=number == 9).id for number in range(11)]
    assert names[8:] == ["note-9.md", "reply-10.md", "note-11.md"]
    assert [each.id for each in desk.find("T-1", "repro: a · ")] == names
    (tmp_path / "desk" / "T-1" / "note-x.md").write_text("text of somebody else's")
    assert len(desk.read("T-1").comments) == 11


@pytest.mark.parametrize("links", [True, False])
def test_a_comment_of_another_machine_is_not_overwritten(
    desk: FolderSystem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool
) -> None:
    """It comes between our look and our comment; not every disk has links."""
    if not links:
        monkeypatch.setattr(Path, "hardlink_to", _not_permitted)
    monkeypatch.setattr(file, "_comments", _quicker)
    made = desk.create("T-1", "ours", public=False)
    assert made.id == "note-2.md"
    texts = [path.read_text() for path in sorted((tmp_path / "desk" / "T-1").glob("note-*"))]
    assert texts == ["theirs", "ours"]


def _not_permitted(*_: object) -> None:
    raise PermissionError("Operation not permitted")


def _quicker(folder: Path) -> list[Path]:
    (folder / "note-1.md").write_text("theirs")
    return []


def test_trouble_with_the_disk_is_told(desk: FolderSystem, tmp_path: Path) -> None:
    (tmp_path / "desk" / "T-1" / "files").write_text("in the way")
    with pytest.raises(TicketBusyError, match="cannot write"):
        desk.attach("T-1", Upload(name="a", data=b"x"), public=False)
