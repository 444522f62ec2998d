"""The state file of a catalogue: what each of its issues was when it was last looked at."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from repro.errors import RecordError
from repro.model.recheck import STATES_SCHEMA, Issue, States
from repro.record import files
from repro.record.read import json_file
from repro.settings import Settings


class StateFile:
    """The states of one catalogue, kept whole on disk after every change.

    ``catalogue`` is named by its folders.  Raises RecordError for a file that is damaged or that
    a newer repro wrote; nothing is changed then.
    """

    def __init__(self, settings: Settings, catalogue: str) -> None:
        digest = hashlib.sha256(catalogue.encode()).hexdigest()[:12]
        self.path = settings.home / "recheck" / f"{Path(catalogue).name or 'cases'}-{digest}.json"
        self._states = self._read(catalogue)

    @property
    def issues(self) -> dict[str, Issue]:
        """By their keys."""
        return self._states.issues

    def keep(self, issues: Iterable[Issue]) -> None:
        """Take these as they are now.  Raises DiskFullError, RecordError."""
        merged = self._states.issues | {issue.key: issue for issue in issues}
        self._states = self._states.model_copy(update={"issues": merged})
        with files.trouble(f"cannot write {self.path}"):
            files.make_folders(self.path.parent)
            files.write_atomic(self.path, self._states.model_dump_json().encode() + b"\n")

    def _read(self, catalogue: str) -> States:
        try:
            found = json_file(States, self.path.parent, self.path.name, newest=STATES_SCHEMA)
        except RecordError as error:
            raise RecordError(
                f"the state of the catalogue {catalogue} cannot be read: {error.what}",
                cause=error.cause,
                action="update repro, or move that file away: then all is looked at anew",
            ) from None
        return found or States(catalogue=catalogue)
