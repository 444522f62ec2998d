"""A replay as an asciicast v3, which the public player opens.

https://docs.asciinema.org/manual/asciicast/v3/: a header, then events with the seconds since the
one before.  Of what was printed, text and colours are kept; whatever else would act on a terminal
(the cursor, its title, the clipboard) is left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from repro.errors import InputError
from repro.model.account import Subject
from repro.model.record import RunRecord
from repro.report.charts import SIGNS
from repro.report.excerpt import Room
from repro.report.replayed import Row, Scene, scenes
from repro.report.terminal import RESET, Reader, bare
from repro.report.words import Words

_COLUMNS, _ROWS = 100, 30
_ROOM = Room(lines=400, head=100, around=10)
#: Characters of output that a cast holds, at most.
_MOST = 1_000_000
#: The longest pause, and the first one, in seconds.
_LONGEST, _FIRST = 2.0, 0.3


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
    """Commands when they began, output when they ended: only their end was recorded with it."""
    found: list[tuple[float, int, Scene]] = []
    for scene in scenes(record, words, _ROOM):
        result = scene.step.result
        found.append((result.started, 0, scene))
        found.append((result.started + result.seconds, 1, scene))
    found.sort(key=lambda each: (each[0], each[1], each[2].number))
    last, room = 0, _MOST
    for at, ended, scene in found:
        if not ended:
            yield _Event(at, "m", f"{scene.number} {bare(scene.step.step)}")
            yield _Event(at, "o", _typed(scene))
            last = scene.number
            continue
        text = _printed(scene if room > 0 else _shortened(scene, words), again=last != scene.number)
        room -= len(text)
        yield _Event(at, "o", text)
        last = scene.number
    yield from _end(record, words, found[-1][0] if found else 0.0)


def _typed(scene: Scene) -> str:
    command = bare(scene.command).replace("\n", "\r\n> ")
    return f"{_prompt(scene)}\x1b[1m{command}{RESET}\r\n"


def _prompt(scene: Scene) -> str:
    return f"\x1b[32m{bare(scene.step.node)}{RESET} $ "


def _printed(scene: Scene, *, again: bool) -> str:
    """``again``: another command began since, so it is said whose output this is."""
    rows = [f"\x1b[2m# {scene.number} {bare(scene.step.step)}{RESET}"] if again else []
    reader = Reader()
    rows += [
        f"\x1b[2m{row.text}{RESET}" if row.aside else reader.coloured(row.text)
        for row in scene.rows
    ]
    if scene.step.result.exit:
        rows.append(f"\x1b[2mexit {scene.step.result.exit}{RESET}")
    return "".join(row.replace("\n", "\r\n") + "\r\n" for row in rows)


def _shortened(scene: Scene, words: Words) -> Scene:
    said = words("observed.left_out", count=len(scene.rows))
    return replace(scene, rows=(Row(said, aside=True),) if scene.rows else ())


def _end(record: RunRecord, words: Words, at: float) -> Iterator[_Event]:
    verdict = record.verdict.verdict if record.verdict else "unfinished"
    said = f"{SIGNS[verdict]} {words.name('verdict', verdict)}"
    yield _Event(at + 0.5, "m", said)
    yield _Event(at + 0.5, "o", f"\r\n\x1b[1m{said}{RESET}\r\n")
    if record.verdict is not None:
        yield _Event(at + 1.0, "x", str(record.verdict.exit_status))
