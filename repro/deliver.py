"""A result, on its way to the tickets that wait for it: composed, redacted, kept, sent."""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePath
from typing import NamedTuple

from repro.errors import BinaryFileError, InputError
from repro.files import read_bounded
from repro.model.account import Subject
from repro.model.campaign import Outcome
from repro.model.recheck import Change
from repro.model.ticket import TicketKey, TicketPowers, Upload
from repro.publish import subject_of
from repro.record.campaigns import read_campaign
from repro.record.read import find_run, read_run
from repro.redact import Outgoing
from repro.report.formats import FORMATS, render
from repro.report.words import Words
from repro.settings import Settings
from repro.site.paths import run_path
from repro.ticket.drain import Attempt, drain
from repro.ticket.key import case_keys
from repro.ticket.message import Message
from repro.ticket.outbox import Outbox
from repro.ticket.systems import open_system

#: Files that are attached to one ticket at most.
MOST_FILES = 10
#: Files that are named as left behind; of those beyond, only the number is told.
_MOST_NAMED = 20
#: Bytes of a file that is looked at at all; no system takes more.
_LARGEST = 2**30
#: Characters of a file's name, at most; systems and disks take 255 bytes.
_LONGEST = 200
_ODD = re.compile(r"[^A-Za-z0-9._-]+")


class Left(NamedTuple):
    """A file that stays, and why: a key of the words, with its values."""

    name: str
    why: str
    values: dict[str, str]


@dataclass(frozen=True)
class Wish:
    """How a result is to be told.  ``change`` comes first, where a state has changed."""

    public: bool = False
    language: str | None = None
    binary: bool = False
    change: Change | None = None


class Result:
    """A run or campaign, ready to be told to any ticket.

    Raises NotFoundError, RecordError; InputError for a campaign of several cases, and for a run
    without a verdict.
    """

    def __init__(self, settings: Settings, text: str, wish: Wish) -> None:
        self._settings, self._asked, self._wish = settings, text, wish
        self._language = wish.language or settings.language
        self._words = Words(self._language, settings.templates)
        self._outgoing = Outgoing.of(settings)
        self._subject = _decided(subject_of(settings, text, self._outgoing))
        self.case = _case_of(self._subject)
        self.about = _name_of(self._subject)

    @property
    def tickets(self) -> tuple[TicketKey, ...]:
        """Those that the recorded case names."""
        case = self._subject.case
        return case_keys(case.tickets, case.id) if case else ()

    @property
    def redacted(self) -> dict[str, int]:
        """How much was replaced, by kind."""
        return self._outgoing.counts

    def message(self, ticket: TicketKey) -> Message:
        """What goes to a ticket.  Raises InputError for a system that there is not."""
        with closing(open_system(self._settings, ticket.system)) as system:
            powers = system.powers
        files, left = self._files(powers)
        return Message(
            ticket=ticket,
            case=self.case,
            about=self.about,
            text=self._text,
            end=self._end(left),
            attached_note=self._words("ticket.attached"),
            refused_note=self._words("ticket.refused"),
            cut_note=self._words("ticket.cut", run=self.about),
            public=self._wish.public or not powers.internal,
            files=tuple(files),
        )

    @cached_property
    def _text(self) -> str:
        made = self._render("md").strip("\n")
        change = self._wish.change
        return f"{self._change(change)}\n\n{made}" if change else made

    def _change(self, change: Change) -> str:
        words = self._words
        before, after = (
            words(f"state.{each.word}", version=each.version) if each else words("state.first")
            for each in (change.before, change.after)
        )
        return words("ticket.state", os=change.os, before=before, after=after)

    @cached_property
    def _evidence(self) -> list[Upload | Left]:
        """Everything that could be attached: the reports first, then the collected files."""
        names = ["html", "cast"] if self._subject.run else ["html"]
        reports = [
            Upload(
                name=f"repro-{self.about}{FORMATS[each].suffix}",
                data=self._render(each).encode(),
                type=FORMATS[each].type,
            )
            for each in names
        ]
        return [*reports, *self._collected()]

    def _collected(self) -> Iterator[Upload | Left]:
        """They are named as they may be shown, and read from where they really are."""
        run = self._subject.run
        if run is None or not run.collected:
            return
        folder, taken = self._folder(run.header.run), set[str]()
        for item, there in zip(run.collected, read_run(folder).collected, strict=True):
            if there.file is None:
                continue
            name = _file_name(f"repro-{run.header.run}-{item.node}-", item.path, taken)
            taken.add(name)
            yield self._looked_through(name, read_bounded(folder / there.file, _LARGEST))

    def _looked_through(self, name: str, data: bytes) -> Upload | Left:
        if not data:
            return Left(name, "empty", {})
        try:
            safe = self._outgoing.file(name, data, binary=self._wish.binary)
        except BinaryFileError:
            return Left(name, "binary", {})
        return Upload(name=name, data=safe)

    def _folder(self, run: str) -> Path:
        if self._subject.campaign is not None:
            return self._settings.runs / run
        return find_run(self._settings, self._asked)

    def _files(self, powers: TicketPowers) -> tuple[list[Upload], list[Left]]:
        """What a system takes of the evidence, and what stays."""
        files: list[Upload] = []
        left: list[Left] = []
        for each in self._evidence:
            if isinstance(each, Left):
                left.append(each)
            elif why := self._stays(each, powers, len(files)):
                left.append(why)
            else:
                files.append(each)
        return files, left

    def _stays(self, file: Upload, powers: TicketPowers, before: int) -> Left | None:
        if powers.file == 0:
            return Left(file.name, "no-files", {})
        if powers.internal and not powers.internal_files and not self._wish.public:
            return Left(file.name, "visible", {})
        if len(file.data) > powers.file:
            values = {"size": _size(len(file.data)), "limit": _size(powers.file)}
            return Left(file.name, "too-large", values)
        if before >= MOST_FILES:
            return Left(file.name, "too-many", {"limit": str(MOST_FILES)})
        return None

    def _end(self, left: Sequence[Left]) -> str:
        """What is not attached and why, and where the whole is."""
        words = self._words
        parts = []
        if left:
            parts.append(words("ticket.left", run=self.about))
            named = [self._why(each) for each in left[:_MOST_NAMED]]
            if len(left) > _MOST_NAMED:
                named.append(words("ticket.more", count=str(len(left) - _MOST_NAMED)))
            parts.append("\n".join(f"- {each}" for each in named))
        if self._settings.site and self._subject.run:
            page = run_path(self._subject.run.header.run)
            address = f"{self._settings.site.rstrip('/')}/{page}"
            parts.append(words("ticket.page", address=f"<{address}>"))
        return "\n\n".join(parts)

    def _why(self, left: Left) -> str:
        why = self._words(f"ticket.{left.why}", **left.values)
        return self._words("ticket.file", name=left.name, why=why)

    def _render(self, name: str) -> str:
        return render(
            self._subject,
            name,
            language=self._language,
            templates=self._settings.templates,
            cache=self._settings.cache / "templates",
        )


def results_in(settings: Settings, name: str) -> list[str]:
    """What is told one by one of a run or campaign: a run for each case, where there are several.

    Of a case's runs, the first that shows the issue, else the last.
    """
    if not (settings.campaigns / name).is_dir():
        return [name]
    record = read_campaign(settings.campaigns / name)
    if len(record.header.cases) == 1:
        return [name]
    best: dict[str, Outcome] = {}
    for each in record.outcomes:
        earlier = best.get(each.cell.case)
        if each.run and (earlier is None or earlier.verdict != "reproduced"):
            best[each.cell.case] = each
    return [each.run for each in best.values()]


def deliver(settings: Settings, messages: Sequence[Message]) -> Iterator[Attempt]:
    """Send messages, each after what was kept for its system before.

    All are kept first: nothing is lost, whatever ends this.
    """
    outbox = outbox_of(settings)
    for message in messages:
        outbox.put(message)
    names = dict.fromkeys(message.ticket.system for message in messages)
    yield from _drained(settings, outbox, names, refused=False)


def deliver_kept(settings: Settings) -> Iterator[Attempt]:
    """Send what could not be sent earlier, what was refused included."""
    outbox = outbox_of(settings)
    yield from _drained(settings, outbox, outbox.systems(), refused=True)


def _drained(
    settings: Settings, outbox: Outbox, names: Iterable[str], *, refused: bool
) -> Iterator[Attempt]:
    """One system after the other; one whose settings are wrong holds up no other."""
    for name in names:
        try:
            system = open_system(settings, name)
        except InputError as error:
            yield from (Attempt(path, error=error) for path in outbox.paths(name))
            continue
        with closing(system):
            yield from drain(outbox, name, system, refused=refused)


def outbox_of(settings: Settings) -> Outbox:
    """Where messages are kept until their tickets have them."""
    return Outbox(settings.home / "outbox")


def _decided(subject: Subject) -> Subject:
    run = subject.run
    if subject.campaign is None and run is not None and run.verdict is None:
        raise InputError(
            f"the run {run.header.run} has no verdict to tell",
            cause="it is still in progress, or was ended before it came to one",
            action=f"wait for it, or run it again: `repro run {run.header.run}`",
        )
    return subject


def _case_of(subject: Subject) -> str:
    if subject.run is not None:
        return subject.run.header.cell.case
    cases = list(subject.campaign.header.cases) if subject.campaign else []
    if len(cases) == 1:
        return cases[0]
    raise InputError(
        f"{_name_of(subject)} is about {len(cases)} cases, which have tickets of their own",
        action="attach its runs one by one: `repro history --campaign` lists them",
    )


def _name_of(subject: Subject) -> str:
    if subject.campaign is not None:
        return subject.campaign.header.campaign
    assert subject.run is not None, "a subject is one or the other"
    return subject.run.header.run


def _file_name(beginning: str, path: str, taken: Collection[str]) -> str:
    """What a collected file is called: as much of its path's end as fits, in plain letters; with a
    number where another file is called that already.
    """
    room = max(_LONGEST - len(beginning), _LONGEST // 4)
    whole = PurePath(beginning + (_ODD.sub("-", path)[-room:].strip("-") or "file"))
    numbered = (f"{whole.stem}-{number}{whole.suffix}" for number in itertools.count(2))
    return next(name for name in itertools.chain([whole.name], numbered) if name not in taken)


def _size(count: int) -> str:
    return f"{count / 2**20:.1f} MiB" if count >= 2**20 else f"{count / 2**10:.1f} KiB"
