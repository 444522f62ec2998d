"""A replay as an asciicast v3, which the public player opens.

https://docs.asciinema.org/manual/asciicast/v3/: a header, then events with the seconds since the
one before.  Of what was printed, text and colours are kept; whatever else would act on a terminal
(the cursor, its title, the clipboard) is left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

from repro.errors import InputError
from repro.model.account import Subject
from repro.model.record import RunRecord
from repro.report.excerpt import Room
from repro.report.looks import SIGNS
from repro.report.replayed import Row, Scene, scenes
from repro.report.terminal import RESET, Reader, bare
from repro.report.words import Words

_COLUMNS, _ROWS = 100, 30
_ROOM = Room(lines=400, head=100, around=10)
#: Characters of output that a cast holds, at most.
_MOST = 1_000_000
#: The longest pause, and the first one, in seconds.
_LONGEST, _FIRST = 2.0, 0.3


class _Moment(NamedTuple):
    """When a step printed, in seconds since the epoch; ``text`` is None when it began."""

    at: float
    text: str | None
    scene: Scene


class _Event(NamedTuple):
    """Something that happens ``at`` seconds since the epoch."""

    at: float
    code: str
    data: str


def render(subject: Subject, words: Words) -> str:
    """The replay of a run; of a campaign, that of the run which shows its answer.

    Raises InputError where there is no run.
    """
    if subject.run is None:
        raise InputError(
            "a replay is that of a run, and this has none", action="name one of its runs"
        )
    record = subject.run
    lines: list[object] = [_header(record)]
    at = None
    for event in _events(record, words):
        pause = _FIRST if at is None else min(max(event.at - at, 0.0), _LONGEST)
        at = event.at
        lines.append([round(pause, 3), event.code, event.data])
    return "".join(f"{json.dumps(each, ensure_ascii=False)}\n" for each in lines)


def _header(record: RunRecord) -> dict[str, object]:
    started = datetime.fromisoformat(record.header.started)
    return {
        "version": 3,
        "term": {"cols": _COLUMNS, "rows": _ROWS, "type": "xterm-256color"},
        "timestamp": int(started.timestamp()),
        "idle_time_limit": _LONGEST,
        "title": bare(f"{record.header.cell}"),
    }


def _events(record: RunRecord, words: Words) -> Iterator[_Event]:
    """Each command when it began, and what it printed when that came."""
    found = scenes(record, words, _ROOM)
    last = 0
    for at, text, scene in sorted(_moments(found, words), key=_in_time):
        name = f"{scene.number} {bare(scene.step.step)}"
        if text is None:
            yield _Event(at, "m", name)
            yield _Event(at, "o", _typed(scene))
        else:
            whose = f"\x1b[2m# {name}{RESET}\r\n" if last != scene.number else ""
            yield _Event(at, "o", whose + text)
        last = scene.number
    results = [scene.step.result for scene in found]
    end = max((each.started + each.seconds for each in results), default=0.0)
    yield from _end(record, words, end)


def _in_time(moment: _Moment) -> tuple[float, bool, int]:
    """What began comes first, then the steps in their order."""
    return moment.at, moment.text is not None, moment.scene.number


def _moments(found: Sequence[Scene], words: Words) -> Iterator[_Moment]:
    room = _MOST
    for scene in found:
        began = scene.step.result.started
        yield _Moment(began, None, scene)
        for at, text in _printed(scene if room > 0 else _shortened(scene, words)):
            room -= len(text)
            yield _Moment(began + at, text, scene)


def _typed(scene: Scene) -> str:
    command = bare(scene.command).replace("\n", "\r\n> ")
    return f"{_prompt(scene)}\x1b[1m{command}{RESET}\r\n"


def _prompt(scene: Scene) -> str:
    return f"\x1b[32m{bare(scene.step.node)}{RESET} $ "


def _printed(scene: Scene) -> Iterator[tuple[float, str]]:
    """What came at one time, for each such time; at the end of the step, its exit status."""
    result, rows = scene.step.result, list(scene.rows)
    if result.exit:
        rows.append(Row(f"exit {result.exit}", result.seconds, aside=True))
    reader = Reader()
    for at, same in groupby(rows, key=lambda row: row.at):
        yield at, "".join(_drawn(row, reader) for row in same)


def _drawn(row: Row, reader: Reader) -> str:
    text = f"\x1b[2m{row.text}{RESET}" if row.aside else reader.coloured(row.text)
    return text.replace("\n", "\r\n") + "\r\n"


def _shortened(scene: Scene, words: Words) -> Scene:
    said = words("observed.left_out", count=len(scene.rows))
    rows = (Row(said, scene.step.result.seconds, aside=True),) if scene.rows else ()
    return replace(scene, rows=rows)


def _end(record: RunRecord, words: Words, at: float) -> Iterator[_Event]:
    verdict = record.verdict.verdict if record.verdict else "unfinished"
    said = f"{SIGNS[verdict]} {words.name('verdict', verdict)}"
    yield _Event(at + 0.5, "m", said)
    yield _Event(at + 0.5, "o", f"\r\n\x1b[1m{said}{RESET}\r\n")
    if record.verdict is not None:
        yield _Event(at + 1.0, "x", str(record.verdict.exit_status))
