"""The README of an archive, for who has never seen one."""

from __future__ import annotations

from collections.abc import Mapping

from repro.archive.contents import Archive
from repro.model.record import RunRecord

_TEXT = """\
# {title}

The record of one replay of a reported issue, made by {made_by}.

| | |
|---|---|
| case | {case} |
| on | {os}, version {version}, {topology} |
| verdict | {verdict} |
| run | {run}, {started} |

## Running it again

    repro run {run}.repro.tar.gz

(or whatever this file is called now) needs repro and a container engine.
{images}
`--version …` or `--os …` tries another version or system. Afterwards repro says in what your
environment differs from this one. To put the record among your own runs:

    repro import {run}.repro.tar.gz
    repro show {run}

## What is in it

- `case.yml`, `files/`: the issue as a case, and the files that it needs
- `observations.jsonl`, `nodes/`, `collected/`: what was seen, and what was kept of it
- `verdict.json`, `summary.json`: what follows from that
- `plan.json`, `lock.json`: what was to be done, and exactly what the environment was
- `catalog/`: the profiles and playbooks that the environment was made by
- `archive.json`: SHA-256 and size of every file here
- `manifest.json`: the same for the record alone, with that of the record it is a copy of

## What is not

This is a redacted copy: {redacted}.
"""
_WITH_IMAGES = "The prepared images of its nodes are in it, so nothing is fetched from any network."
_WITHOUT_IMAGES = "Its nodes are prepared anew, from package mirrors that you can reach."


def readme(archive: Archive, record: RunRecord) -> str:
    """Markdown; ``record`` is the redacted one."""
    cell = record.header.cell
    text = _TEXT.format(
        title=_plain(record.header.title),
        made_by=archive.made_by,
        case=cell.case,
        os=cell.os,
        version=_plain(cell.version or "unknown"),
        topology=cell.topology,
        verdict=record.verdict.verdict if record.verdict else "unfinished",
        run=archive.run,
        started=record.header.started,
        images=_WITH_IMAGES if archive.images else _WITHOUT_IMAGES,
        redacted=_counted(archive.redacted) or "nothing had to be replaced",
    )
    rows = [f"- left out: {_plain(name)}: {why}" for name, why in archive.left_out.items()]
    rows += [f"- {note}" for note in archive.notes]
    if archive.images:
        rows.append("- The layers under `images/` are as they were: nobody looked through them.")
    return "\n".join([text, *rows, ""]) if rows else text


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{number} of the kind {kind}" for kind, number in sorted(counts.items()))


def _plain(text: str) -> str:
    """On one line, and no markup."""
    return " ".join(text.split()).translate({ord(mark): f"\\{mark}" for mark in "|`*_[]<>#\\"})
