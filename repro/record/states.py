"""The state file of a catalogue: what each of its issues was when it was last looked at."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from repro import files
from repro.errors import RecordError
from repro.model.recheck import STATES_SCHEMA, Change, Issue, States, Told, issue_key
from repro.record.folder import MAX_JSON
from repro.record.read import json_file
from repro.settings import Settings

if TYPE_CHECKING:
    from filelock import FileLock


def every_catalogue(settings: Settings) -> tuple[States, ...]:
    """The states of all catalogues that were looked at.  Raises RecordError."""
    found = sorted((settings.home / "recheck").glob("*.json"))
    read = (json_file(States, path.parent, path.name, newest=STATES_SCHEMA) for path in found)
    return tuple(each for each in read if each is not None)


def newest_issue(settings: Settings, case: str, os: str, topology: str) -> Issue | None:
    """An issue as the last look at any catalogue left it; None: nobody looked, or it is damaged.

    A state file may hold thousands of issues: only this one is read of it.
    """
    found = []
    for path in (settings.home / "recheck").glob("*.json"):
        with suppress(OSError, RecordError, ValueError):
            text = files.read_bounded(path, MAX_JSON).decode()
            # A quotation mark inside a text is escaped: this can be nothing but the key.
            _, key, rest = text.partition(f'"{issue_key(case, os, topology)}":')
            if key:
                found.append(Issue.model_validate(json.JSONDecoder().raw_decode(rest)[0]))
    return max(found, key=lambda issue: issue.looked, default=None)


class StateFile:
    """The states of one catalogue, kept whole on disk after every change.

    ``catalogue`` is named by its folders.  Several looks may keep what they find at the same time.
    Raises RecordError for a file that is damaged or that a newer repro wrote; nothing is changed
    then.
    """

    def __init__(self, settings: Settings, catalogue: str) -> None:
        digest = hashlib.sha256(catalogue.encode()).hexdigest()[:12]
        self.path = settings.home / "recheck" / f"{Path(catalogue).name or 'cases'}-{digest}.json"
        self._catalogue = catalogue
        self.states = self._read()

    @property
    def issues(self) -> dict[str, Issue]:
        """By their keys."""
        return self.states.issues

    def keep(
        self, issue: Issue, changed: Collection[Change] = (), contradictions: Collection[Told] = ()
    ) -> None:
        """Take an issue as it is now, with what is to be told of it.

        Raises DiskFullError, RecordError.
        """
        with self._alone():
            old = self._read()
            self._write(
                old,
                issues={**old.issues, issue.key: issue},
                changed=(*old.changed, *changed),
                contradictions=(*old.contradictions, *contradictions),
            )

    def told(self, changed: Collection[Change], contradictions: Collection[Told]) -> None:
        """These were told: the next digest leaves them out.  Raises DiskFullError, RecordError."""
        if not (changed or contradictions):
            return
        with self._alone():
            old = self._read()
            self._write(
                old,
                changed=tuple(each for each in old.changed if each not in changed),
                contradictions=tuple(
                    each for each in old.contradictions if each not in contradictions
                ),
            )

    def _alone(self) -> FileLock:
        from filelock import FileLock

        with files.trouble(f"cannot write {self.path}"):
            files.make_folders(self.path.parent)
        return FileLock(f"{self.path}.lock", mode=files.FILE_MODE)

    def _write(self, old: States, **new: Any) -> None:
        self.states = old.model_copy(update=new)
        with files.trouble(f"cannot write {self.path}"):
            files.write_atomic(self.path, self.states.model_dump_json().encode() + b"\n")

    def _read(self) -> States:
        try:
            found = json_file(States, self.path.parent, self.path.name, newest=STATES_SCHEMA)
        except RecordError as error:
            raise RecordError(
                f"the state of the catalogue {self._catalogue} cannot be read: {error.what}",
                cause=error.cause,
                action=f"update repro, or move {self.path} away: then all is looked at anew",
            ) from None
        return found or States(catalogue=self._catalogue)
