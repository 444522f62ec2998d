"""The campaign folder: written as cells end, read again to show it or to go on with it.

::

    campaign.json       the header, first of all: what was asked for
    cases/ID/case.yml   each case as it was, with the files it names
    catalog/            of an archive that is run again: its profiles and playbooks
    cells.jsonl         what each run of a cell showed, as it ended
    summary.json        the answer, last of all; without it the campaign can be gone on with
    lock                held by the process that works on it

The runs themselves are run folders like any other.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any, Self

from pydantic import BaseModel, ValidationError

from repro import files
from repro.errors import InputError, NotFoundError, RecordError
from repro.model.campaign import (
    CAMPAIGN_SCHEMA,
    MANNER,
    CampaignHeader,
    CampaignKind,
    CampaignRecord,
    CampaignSummary,
    Outcome,
)
from repro.record.folder import MAX_LINES, run_id
from repro.record.read import json_file, lines, read_header, run_folders, summary_of
from repro.redact.known import Redactor
from repro.settings import Settings

_LOCK = "lock"


class CampaignLog:
    """Writes one campaign.  ``outcomes`` are those that an earlier command recorded.

    Methods may be called from several threads; they raise DiskFullError or RecordError.
    """

    def __init__(self, folder: Path, header: CampaignHeader, redactor: Redactor) -> None:
        self.folder = folder
        self.header = header
        self.outcomes: tuple[Outcome, ...] = ()
        self._redactor = redactor
        self._writing = threading.Lock()
        self._held = _hold(folder)
        self._appender: files.Appender | None = None

    @property
    def campaign(self) -> str:
        """The campaign's id."""
        return self.header.campaign

    def add_case(self, case: str, text: bytes, sources: Mapping[str, bytes]) -> None:
        """Keep a case, so that going on needs nothing else; once for each."""
        folder = self.folder / "cases" / files.safe_path(case)
        if (folder / "case.yml").is_file():
            return
        with files.trouble(f"cannot keep the case {case}"):
            self._add(folder, {**sources, "case.yml": text})

    def add_catalog(self, parts: Mapping[str, bytes]) -> None:
        """Keep profiles and playbooks that are used beside those that are here."""
        with files.trouble(f"cannot keep the profiles of {self.campaign}"):
            self._add(catalog_of(self.folder), parts)

    def outcome(self, outcome: Outcome) -> None:
        """A run of a cell ended.  When this returns, it outlives the process."""
        with self._writing, files.trouble(f"cannot record in {self.folder}"):
            if self._appender is None:
                self._appender = _appender(self.folder / "cells.jsonl")
            self._appender.append(self._json(outcome))

    def close(self, summary: CampaignSummary) -> None:
        """The answer; the campaign is finished."""
        with files.trouble(f"cannot close {self.folder}"):
            files.write_atomic(self.folder / "summary.json", self._json(summary))
        self.abandon()

    def abandon(self) -> None:
        """Stop working on it; it can be gone on with.  May be called again."""
        if self._appender is not None:
            self._appender.close()
        held, self._held = self._held, -1
        if held >= 0:
            os.close(held)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.abandon()

    def _add(self, folder: Path, parts: Mapping[str, bytes]) -> None:
        for name, data in parts.items():
            target = folder / PurePosixPath(name)
            files.make_folders(target.parent)
            files.write_atomic(target, self._redactor.data(data))

    def _json(self, value: BaseModel) -> bytes:
        return self._redactor.data(value.model_dump_json().encode()) + b"\n"


def open_campaign(
    settings: Settings,
    kind: CampaignKind,
    title: str,
    options: Mapping[str, Any],
    cases: Mapping[str, str],
) -> CampaignLog:
    """Begin a campaign.  ``options`` is what ``repro resume`` needs to ask for it again; ``cases``
    are the digests of its cases, by their ids.
    """
    import repro

    header = CampaignHeader(
        campaign=run_id(f"{kind}-{title}"),
        kind=kind,
        title=title,
        tool=repro.__version__,
        started=datetime.now(UTC).isoformat(timespec="milliseconds"),
        cases=dict(cases),
        options=dict(options),
    )
    folder = settings.campaigns / header.campaign
    with files.trouble(f"cannot open a campaign in {settings.campaigns}"):
        files.make_folders(folder)
        try:
            files.write_atomic(folder / "campaign.json", header.model_dump_json().encode() + b"\n")
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
    return CampaignLog(folder, header, Redactor.known(settings))


def reopen_campaign(settings: Settings, folder: Path) -> CampaignLog:
    """Go on with a campaign.  Raises InputError for one that is finished or that goes on."""
    header = _unfinished(read_campaign(folder)).header
    log = CampaignLog(folder, header, Redactor.known(settings))
    try:
        # Read once more: now nobody else writes.
        log.outcomes = _unfinished(read_campaign(folder)).outcomes
        for outcome in _not_noted(settings, log):
            log.outcome(outcome)
            log.outcomes += (outcome,)
    except BaseException:
        log.abandon()
        raise
    return log


def _not_noted(settings: Settings, log: CampaignLog) -> list[Outcome]:
    """What runs of the campaign showed that had ended just before its process did."""
    noted = {outcome.run for outcome in log.outcomes}
    stamp = log.header.campaign[:15]  # identifiers of runs and campaigns begin with their time
    found = []
    for run in run_folders(settings):
        if run.name[:15] < stamp or run.name in noted:
            continue
        header, summary = read_header(run), summary_of(run)
        ours = header.campaign == log.header.campaign
        if ours and summary is not None and not summary.interrupted:
            found.append(Outcome.of(header.key, summary))
    return found


def _unfinished(record: CampaignRecord) -> CampaignRecord:
    name = record.header.campaign
    if record.summary is not None:
        raise InputError(f"{name} is finished", action=f"`repro show {name}`")
    return record


def read_campaign(folder: Path) -> CampaignRecord:
    """Everything of a campaign.  Raises NotFoundError; RecordError for a damaged or newer one."""
    notes: list[str] = []
    header = json_file(CampaignHeader, folder, "campaign.json", newest=CAMPAIGN_SCHEMA)
    if header is None:
        raise NotFoundError(f"{folder} is no campaign", action="`repro campaigns` lists them")
    try:
        found = [Outcome.model_validate_json(line) for line in lines(folder, "cells.jsonl", notes)]
    except ValidationError as error:
        raise RecordError(f"{folder / 'cells.jsonl'} is damaged", cause=str(error)) from None
    summary = json_file(CampaignSummary, folder, "summary.json")
    return CampaignRecord(
        folder=str(folder),
        header=header,
        outcomes=tuple(_once(found)),
        summary=summary,
        goes_on=summary is None and goes_on(folder),
        notes=tuple(notes),
    )


def campaign_folders(settings: Settings, begin: str = "") -> list[Path]:
    """The campaigns whose identifiers begin so, oldest first."""
    if not settings.campaigns.is_dir():
        return []
    with files.trouble(f"cannot list {settings.campaigns}"):
        found = [path for path in settings.campaigns.iterdir() if path.name.startswith(begin)]
    return sorted(
        path
        for path in found
        if not path.name.startswith(".") and (path / "campaign.json").is_file()
    )


def find_campaign(settings: Settings, text: str) -> Path:
    """A campaign by its id, a beginning that only it has, its folder, or ``last``.

    Raises NotFoundError.
    """
    if "/" in text:
        return Path(text)
    if text and (settings.campaigns / text / "campaign.json").is_file():
        return settings.campaigns / text
    folders = campaign_folders(settings, "" if text == "last" else text)
    if text == "last" and folders:
        return max(folders, key=lambda path: (path.name[:15], path.stat().st_mtime_ns))
    found = folders if text else []
    if len(found) == 1:
        return found[0]
    shown = ", ".join(path.name for path in found[-5:])
    raise NotFoundError(
        f"no single campaign is called {text!r}",
        cause=f"these could be meant: {shown}" if shown else "there is none of that name",
        action="`repro campaigns` lists them",
    )


def campaign_named(settings: Settings, text: str) -> Path | None:
    """The campaign that is meant where a run could be, too; None: a run is, as by ``last``."""
    try:
        folder = find_campaign(settings, "" if text == "last" else text)
    except NotFoundError:
        return None
    return folder if (folder / "campaign.json").is_file() else None


def catalog_of(folder: Path) -> Path:
    """Where a campaign's own profiles and playbooks are, if it has any."""
    return folder / "catalog"


def goes_on(folder: Path) -> bool:
    """Whether a process works on it."""
    return files.is_held(folder / _LOCK)


def _hold(folder: Path) -> int:
    with files.trouble(f"cannot write in {folder}"):
        fd = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, files.FILE_MODE)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(fd)
        raise InputError(
            f"{folder.name} goes on in another process",
            action="wait for that one, or end it; then go on with `repro resume`",
        ) from None
    return fd


def _appender(path: Path) -> files.Appender:
    """Behind the last whole line: what a kill tore is cut off."""
    if path.exists():
        data = files.read_bounded(path, MAX_LINES)
        whole = data.rfind(b"\n") + 1
        if whole < len(data):
            os.truncate(path, whole)
    return files.Appender(path)


def _once(outcomes: list[Outcome]) -> list[Outcome]:
    """Each run once, should a line have been written twice."""
    found: dict[str, Outcome] = {}
    for outcome in outcomes:
        found.setdefault(outcome.key, outcome)
    return list(found.values())


def unfinished(
    settings: Settings, kind: CampaignKind, options: Mapping[str, Any], cases: Mapping[str, str]
) -> CampaignLog | None:
    """The last campaign of this question, of the same cases, that was ended early, to go on with;
    None: there is none.  One that cannot be read is left as it is.
    """
    question = _question(options)
    for folder in reversed(campaign_folders(settings)):
        try:
            record = read_campaign(folder)
        except RecordError:
            continue
        header = record.header
        if (header.kind, _question(header.options)) == (kind, question):
            same = record.summary is None and header.cases == cases
            return reopen_campaign(settings, folder) if same else None
    return None


def _question(options: Mapping[str, Any]) -> dict[str, Any]:
    """What decides the answer."""
    return {name: value for name, value in options.items() if name not in MANNER}
