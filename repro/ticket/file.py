"""``file:``, a folder as a ticket: for a team without a tracker, for trials and for tests.

::

    KEY/ticket.md        read for a draft: the title on the first line, then the text
    KEY/note-1.md        an internal comment
    KEY/reply-1.md       a public one
    KEY/files/NAME       attachments
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from repro.errors import TicketAuthError, TicketBusyError, TicketError, TicketGoneError
from repro.model.ticket import Comment, Ticket, TicketKey, TicketPowers, Upload
from repro.settings import TicketSettings
from repro.ticket.message import ends_with
from repro.ticket.network import Network
from repro.ticket.tokens import Token

_COMMENT = re.compile(r"(note|reply)-([0-9]{1,9})\.md")
_MOST = 2**20


def connect(settings: TicketSettings, token: Token, network: Network) -> FolderSystem:  # noqa: ARG001
    """Tickets below the folder ``url``; without one a key is a path of its own."""
    return FolderSystem(token.name, Path(settings.url) if settings.url else None)


class FolderSystem:
    """Folders as tickets."""

    powers = TicketPowers(markup="markdown", comment=2**20, file=2**30, internal=True)

    def __init__(self, name: str, root: Path | None) -> None:
        self._name = name
        self._root = root

    def read(self, key: str) -> Ticket:
        """``ticket.md``, and the comments beside it."""
        folder = self._folder(key)
        with _trouble(f"cannot read the ticket {folder}"):
            title, _, text = _text(folder / "ticket.md").partition("\n")
            comments = [_text(path) for path in _comments(folder)]
        return Ticket(
            key=TicketKey(system=self._name, key=key),
            title=title.lstrip("# ").strip(),
            text=text.strip(),
            url=folder.resolve().as_uri(),
            comments=tuple(comments),
        )

    def find(self, key: str, marker: str) -> tuple[Comment, ...]:
        """The comments with the marker, the oldest first."""
        folder = self._folder(key)
        with _trouble(f"cannot read the ticket {folder}"):
            found = [_comment(path) for path in _comments(folder)]
        return tuple(each for each in found if ends_with(each.body, marker))

    def create(self, key: str, body: str, *, public: bool) -> Comment:
        """A file of its own."""
        folder = self._folder(key)
        kind = "reply" if public else "note"
        with _trouble(f"cannot write to the ticket {folder}"):
            number = max((_number(path) for path in _comments(folder)), default=0) + 1
            while not _made(path := folder / f"{kind}-{number}.md", body.encode()):
                number += 1  # another machine was quicker
        return _comment(path)

    def update(self, key: str, comment: Comment, body: str) -> Comment:
        """The same file."""
        path = self._folder(key) / comment.id
        with _trouble(f"cannot write {path}"):
            _write(path, body.encode())
        return _comment(path)

    def withdraw(self, key: str, comment: Comment) -> None:
        """Remove the file."""
        path = self._folder(key) / comment.id
        with _trouble(f"cannot remove {path}"):
            path.unlink(missing_ok=True)

    def files(self, key: str) -> dict[str, str]:
        """What is in ``files``."""
        folder = self._folder(key) / "files"
        with _trouble(f"cannot read {folder}"):
            there = sorted(folder.iterdir()) if folder.is_dir() else []
        return {path.name: path.resolve().as_uri() for path in there}

    def attach(self, key: str, upload: Upload, *, public: bool) -> str:  # noqa: ARG002
        """A file in ``files``, which knows no internal ones from public ones."""
        folder = self._folder(key) / "files"
        name = upload.name.replace("/", "-").lstrip(".") or "file"
        with _trouble(f"cannot write to {folder}"):
            folder.mkdir(exist_ok=True)
            _write(folder / name, upload.data)
        return (folder / name).resolve().as_uri()

    def close(self) -> None:
        """Nothing is held."""

    def _folder(self, key: str) -> Path:
        """Raises TicketGoneError, TicketError."""
        folder = Path(key).expanduser() if self._root is None else self._root.expanduser() / key
        if self._root is not None and (Path(key).is_absolute() or ".." in Path(key).parts):
            raise TicketError(
                f"{self._name}:{key} leads out of {self._root}",
                action="name a folder below it",
            )
        if not folder.is_dir():
            raise TicketGoneError(
                f"there is no folder {folder}",
                cause="a ticket of this system is a folder that is there",
                action=f"make it: mkdir -p {folder}",
            )
        return folder


def _comments(folder: Path) -> list[Path]:
    return sorted((path for path in folder.iterdir() if _COMMENT.fullmatch(path.name)),
                  key=_number)  # fmt: skip


def _number(path: Path) -> int:
    found = _COMMENT.fullmatch(path.name)
    return int(found[2]) if found else 0


def _comment(path: Path) -> Comment:
    return Comment(
        id=path.name,
        body=_text(path),
        url=path.resolve().as_uri(),
        public=path.name.startswith("reply"),
    )


def _text(path: Path) -> str:
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        return file.read(_MOST * 4).decode("utf-8", "replace")


def _write(path: Path, data: bytes) -> None:
    """As a whole or not at all."""
    with _beside(path, data) as temporary:
        temporary.replace(path)


def _made(path: Path, data: bytes) -> bool:
    """The same, where nothing is there yet; whether that was so."""
    with _beside(path, data) as temporary:
        try:
            path.hardlink_to(temporary)
        except FileExistsError:
            return False
        except OSError:  # a disk without links
            if path.exists():
                return False
            temporary.replace(path)
    return True


@contextmanager
def _beside(path: Path, data: bytes) -> Iterator[Path]:
    temporary = path.with_name(f".{os.urandom(6).hex()}")
    try:
        temporary.write_bytes(data)
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def _trouble(what: str) -> Iterator[None]:
    try:
        yield
    except PermissionError as error:
        raise TicketAuthError(
            what, cause=str(error.strerror), action="ask for the right to write there"
        ) from error
    except OSError as error:
        raise TicketBusyError(what, cause=str(error.strerror)) from error
