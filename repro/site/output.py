"""The site's folder: pages are written whole, and only those whose content changed.

What the pages were made of is kept in the home, not beside them: it is not for others to read.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from repro import files
from repro.errors import InputError
from repro.model.base import Frozen

#: Takes a page: its path, the digest of what it is made of, and how to make it.
Page = Callable[[str, str, Callable[[], str]], None]
#: Tells that a folder is ours, which build filled it, and what at its top is of a site.
MARKER = ".repro-site"


class Group(Frozen):
    """Pages that are made of the same, and the digests of what each was made of."""

    made: str
    pages: dict[str, str]


class Kept(Frozen):
    """What a build leaves for the next one.

    ``build`` names it; ``recipe`` is the digest of all that pages are made by; ``facts`` is the
    builder's own.
    """

    build: str
    recipe: str
    groups: dict[str, Group]
    facts: dict[str, Any]


class Output:
    """A folder that is being brought up to date; ``written``, ``kept`` and ``removed`` count pages.

    From the first page that is written until ``finish``, the next build trusts nothing: what is
    interrupted leaves a site whose pages are whole, and is made anew.
    """

    def __init__(self, folder: Path, notes: Path, recipe: str) -> None:
        self.folder = folder
        self.written = self.kept = self.removed = 0
        self._notes, self._recipe = notes, recipe
        marker = _marker(folder)
        self._names = {name for name in marker.get("names", ()) if isinstance(name, str)}
        before = _read(notes, marker.get("build"))
        trusted = before if before and before.recipe == recipe else None
        self._before: dict[str, Group] = trusted.groups if trusted else {}
        self.facts: dict[str, Any] = trusted.facts if trusted else {}
        self._there = set(_pages(folder))
        self._now: dict[str, Group] = {}
        self._folders: set[str] = set()
        self._dirty = False

    def unchanged(self, group: str, made: str) -> bool:
        """Whether all of a group is as it was, by what it is made of; its pages are kept then."""
        before = self._before.get(group)
        if before is None or before.made != made or not before.pages.keys() <= self._there:
            return False
        self._now[group] = before
        self.kept += len(before.pages)
        return True

    def group(self, group: str, made: str) -> Page:
        """A group that changed: what takes its pages.

        A page is made where what it is made of is not what it was.
        """
        before = self._before.get(group)
        known = before.pages if before else {}
        now = self._now[group] = Group(made=made, pages={})

        def page(path: str, digest: str, make: Callable[[], str]) -> None:
            if path in self._there and known.get(path) == digest:
                self.kept += 1
            else:
                text = make()
                self._distrust()
                self._write(path, text.encode("utf-8", "backslashreplace"))
                self.written += 1
            now.pages[path] = digest

        return page

    def finish(self, facts: dict[str, Any]) -> None:
        """Remove what is no page any more, and keep what the pages were made of.

        What somebody put beside the site's own folders and pages stays.
        """
        pages = set[str]().union(*(group.pages for group in self._now.values()))
        names = self._names.union(map(_top, pages))
        stale = {path for path in self._there - pages if _top(path) in names}
        if stale:
            self._distrust()
        with files.trouble(f"cannot remove pages from {self.folder}"):
            for path in stale:
                (self.folder / path).unlink(missing_ok=True)
        self.removed = len(stale)
        build = os.urandom(8).hex()
        made = Kept(build=build, recipe=self._recipe, groups=self._now, facts=facts)
        self._write(MARKER, json.dumps({"build": build, "names": sorted(names)}).encode())
        with files.trouble(f"cannot write {self._notes}"):
            files.write_atomic(self._notes, made.model_dump_json().encode())

    def _distrust(self) -> None:
        if not self._dirty:
            self._dirty = True
            with files.trouble(f"cannot write {self._notes}"):
                self._notes.unlink(missing_ok=True)

    def _write(self, path: str, data: bytes) -> None:
        """A file that a web server may read.

        One that is there already is replaced as a whole.  A new one is written where it belongs,
        which takes a fraction of the time: nothing leads to it before it is complete.
        """
        folder, _, name = path.rpartition("/")
        target = f"{self.folder}/{path}"
        with files.trouble(f"cannot write {target}"):
            if folder not in self._folders:
                (self.folder / folder).mkdir(parents=True, exist_ok=True)
                self._folders.add(folder)
            new = path not in self._there and path != MARKER
            made = target if new else f"{self.folder}/{folder}/{files.TEMPORARY}{name[:80]}"
            fd = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o666)
            try:
                files.write_all(fd, data)
            finally:
                os.close(fd)
            if not new:
                os.replace(made, target)  # noqa: PTH105 - a Path for each page takes too long


@contextmanager
def alone(notes: Path, folder: Path) -> Iterator[None]:
    """Only one build at a time fills a folder.  Raises InputError while another one does."""
    with files.trouble(f"cannot write {notes.parent}"):
        files.make_folders(notes.parent)
        fd = os.open(notes.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, files.FILE_MODE)
    try:
        _hold(fd, folder)
        yield
    finally:
        os.close(fd)


def _hold(fd: int, folder: Path) -> None:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise InputError(
            f"another process builds the site in {folder}", action="wait for it to end"
        ) from None


def claim(folder: Path) -> None:
    """Make the folder ours.  Raises InputError for one that holds what is not ours."""
    with files.trouble(f"cannot use {folder}"):
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / MARKER).is_file():
            if any(folder.iterdir()):
                raise InputError(
                    f"{folder} holds files that are not those of a site",
                    cause="a site's folder is kept free of all that is no page of it",
                    action="name a new or an empty folder with -o",
                )
            (folder / MARKER).write_text("{}")


def digest(*parts: str) -> str:
    """Of what a page is made of."""
    made = hashlib.blake2b(digest_size=12)
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        made.update(len(data).to_bytes(8) + data)
    return made.hexdigest()


def notes_path(home: Path, folder: Path) -> Path:
    """Where it is kept what the pages of a folder were made of."""
    name = hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:16]
    return home / "site" / f"{name}.json"


def _marker(folder: Path) -> dict[str, Any]:
    """What the folder's last build said; nothing where none ended."""
    try:
        found = json.loads((folder / MARKER).read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _read(notes: Path, build: object) -> Kept | None:
    """None where it is not from that build, or cannot be read."""
    try:
        found = Kept.model_validate_json(notes.read_bytes())
    except (OSError, ValueError, ValidationError):
        return None
    return found if found.build == build else None


def _top(path: str) -> str:
    """What stands at the top of the site's folder; of a half-written page, that page."""
    return path.partition("/")[0].removeprefix(files.TEMPORARY)


def _pages(folder: Path) -> Iterator[str]:
    """Every file below it, and what an interrupted build left; relative."""
    waiting = [""]
    while waiting:
        here = waiting.pop()
        with os.scandir(folder / here) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(f"{here}{entry.name}/")
                elif entry.name != MARKER or here:
                    yield f"{here}{entry.name}"
