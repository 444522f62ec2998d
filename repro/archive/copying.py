"""A copy of a run folder that may leave: every file redacted, and a manifest that fits it."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from repro import files
from repro.archive.case import in_yaml
from repro.archive.contents import CATALOG, folded
from repro.errors import BinaryFileError, RecordError
from repro.model.record import Lock, RunRecord
from repro.record import manifest, read_run, verify
from repro.record.folder import MAX_JSON
from repro.record.read import lines
from repro.redact import Outgoing

#: Folders of a run whose files are not repro's own: they may have any form.
_FOREIGN = frozenset({"case.yml", "files", "nodes", "collected", "catalog"})


class Copy:
    """The redacted copy of ``run`` in ``target``.  ``left_out`` says what is not in it, and why.

    ``binary`` lets files go that are no text, and so cannot be looked through.
    """

    def __init__(self, run: Path, target: Path, outgoing: Outgoing, *, binary: bool) -> None:
        self.left_out: dict[str, str] = {}
        self._run = run
        self._target = target
        self._outgoing = outgoing
        self._binary = binary
        self._names: dict[str, str] = {}
        self._taken: set[str] = set()

    def make(self) -> RunRecord:
        """Copy a finished run.  Raises RecordError where it is unfinished or not as recorded."""
        original = self._original()
        names = sorted(original.files, key=lambda name: name == "collected.jsonl")
        for name in names:  # the list of collected files last: it says where they are now
            self._file(name)
        self.left_out = {**(original.left_out or {}), **self.left_out}
        manifest.write(self._target, original.redacted, self._digest(original), self.left_out)
        try:
            return read_run(self._target)
        except RecordError as error:
            raise RecordError(
                f"the redacted copy of {self._run.name} cannot be read: {error.what}",
                cause="what was redacted is more than the record can do without",
                action="look at `redact` in the settings: it names a word of repro's own",
            ) from error

    def add(self, name: str, data: bytes) -> None:
        """Add a file, redacted."""
        try:
            data = self._outgoing.file(name, data, binary=self._binary)
        except BinaryFileError as error:
            self.left_out[self._outgoing.text(name)] = self._outgoing.text(error.what)
            return
        own = name == "case.yml" or name.startswith(f"{CATALOG}/")
        self._write(name, in_yaml(data) if own else data)

    def _original(self) -> manifest.Manifest:
        found = manifest.read(self._run)
        if found is None:
            raise RecordError(
                f"{self._run.name} was never finished",
                cause="it was interrupted or killed, or still goes on",
                action="run its case again, and export that run",
            )
        if problems := verify(self._run):
            raise RecordError(f"{self._run.name} is not as it was recorded: {problems[0]}")
        return found

    def _digest(self, original: manifest.Manifest) -> str:
        """Of the manifest that this is a copy of; a copy's copy is one of the first."""
        return original.copy_of or files.sha256(self._run / manifest.NAME)[0]

    def _file(self, name: str) -> None:
        if PurePosixPath(name).parts[0] in _FOREIGN:
            self.add(name, files.read_bounded(self._run / name, MAX_JSON))
        elif name.endswith(".jsonl"):
            entry = self._collected if name == "collected.jsonl" else self._outgoing.tree
            self._write_pieces(name, self._lines(name, entry))
        else:
            content = json.loads(files.read_bounded(self._run / name, MAX_JSON))
            redact = {"plan.json": self._plan, "lock.json": self._lock}.get(name)
            self._write(name, _line((redact or self._outgoing.tree)(content)))

    def _lines(self, name: str, redact: Callable[[Any], Any]) -> Iterator[bytes]:
        for line in lines(self._run, name, []):
            yield _line(redact(json.loads(line)))

    def _plan(self, plan: dict[str, Any]) -> dict[str, Any]:
        """A plan holds its files in base64, where nothing would be found."""
        planned = plan.get("files", [])
        clean = self._outgoing.tree({**plan, "files": [{**each, "data": ""} for each in planned]})
        for made, each in zip(clean["files"], planned, strict=True):
            data = base64.urlsafe_b64decode(each["data"])
            made["data"] = base64.urlsafe_b64encode(self._content(each["path"], data)).decode()
        return dict(clean)

    def _lock(self, lock: dict[str, Any]) -> dict[str, Any]:
        """As a model: what stands under the name of a package is no secret, whatever the name."""
        clean = self._outgoing.model(Lock.model_validate(lock))
        return clean.model_dump(mode="json")

    def _content(self, name: str, data: bytes) -> bytes:
        """A file's content in a plan; of one that does not leave, nothing."""
        try:
            return self._outgoing.file(name, data, binary=self._binary)
        except BinaryFileError:
            return b""

    def _collected(self, entry: dict[str, Any]) -> dict[str, Any]:
        file = entry.get("file")
        made = dict(self._outgoing.tree({**entry, "file": None}))
        made["file"] = self._names.get(file) if file else None
        if file and made["file"] is None:
            made |= {"kept": 0, "note": "left out of the archive: it is no text"}
        return made

    def _write(self, name: str, data: bytes) -> None:
        self._write_pieces(name, [data])

    def _write_pieces(self, name: str, pieces: Iterator[bytes] | list[bytes]) -> None:
        target = self._target / self._name(name)
        files.make_folders(target.parent)
        with target.open("xb") as file:
            file.writelines(pieces)

    def _name(self, name: str) -> str:
        """The name of a file, redacted too, that no file system takes for that of another."""
        clean = self._outgoing.text(name)
        if folded(clean) in self._taken:
            clean += "%" + hashlib.sha256(name.encode()).hexdigest()[:8]
        self._taken.add(folded(clean))
        self._names[name] = clean
        return clean


def _line(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
