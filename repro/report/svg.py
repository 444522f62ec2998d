"""The terminal of a replay as a picture: SVG whose text can be selected, with no font of its own.

A campaign is drawn as its answer in a terminal.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator

from repro.errors import InputError
from repro.model.account import Subject
from repro.model.campaign import CampaignRecord
from repro.model.record import RunRecord
from repro.report.campaign_answer import show_answer, show_campaign
from repro.report.excerpt import Room
from repro.report.looks import SIGNS, STYLES
from repro.report.replayed import Row, Scene, scenes
from repro.report.terminal import Reader, Style, visible
from repro.report.text import Line, Part, line, renderable
from repro.report.words import Words

#: Columns and lines of the terminal; a line may take a few of them.
_COLUMNS, _LINES, _FOLDS = 100, 60, 3
_ROOM = Room(lines=14, head=3, around=2)
_MATCH = "#1a1e22 on #ffe27a"
#: Characters that a picture may come to; one that is more colourful is drawn without colours.
_MOST = 150_000
# rich fills this in; its own format would load a font from elsewhere.
_FORMAT = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace;
  font-size: {char_height}px; line-height: {line_height}px; font-variant-east-asian: full-width; }}
.{unique_id}-title {{ font-family: system-ui, sans-serif; font-size: 17px; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def render(subject: Subject, words: Words) -> str:
    """The picture of a campaign's answer, or of a run's replay.

    Raises InputError where there is neither.
    """
    if subject.campaign is not None:
        title, made = subject.campaign.header.campaign, _answer(subject.campaign, words)
    elif subject.run is not None:
        title, made = subject.run.header.run, _replay(subject.run, words)
    else:
        raise InputError("there is neither a run nor a campaign to draw")
    picture = _drawn(made, title)
    if len(picture) > _MOST:
        picture = _drawn([line(each.text) for each in made], title)
    return picture


def _bounded(made: list[Line], words: Words) -> list[Line]:
    """As many lines as there is room for, those that take several counted as such."""
    room = _LINES
    for number, each in enumerate(made):
        room -= 1 + len(each.text) // _COLUMNS
        if room < 0:
            left_out = words("observed.left_out", count=len(made) - number)
            return [*made[:number], line((left_out, "dim"))]
    return made


def _drawn(made: Iterable[Line], title: str) -> str:
    from rich.console import Console

    console = Console(
        record=True, width=_COLUMNS, file=io.StringIO(), highlight=False, force_terminal=True,
        color_system="truecolor", legacy_windows=False,
    )  # fmt: skip
    # The last line is cut off a little below.
    console.print(renderable([*made, Line()]))
    return console.export_svg(title=visible(title), code_format=_FORMAT)


def _answer(campaign: CampaignRecord, words: Words) -> list[Line]:
    summary = campaign.summary
    return _bounded(show_answer(summary) if summary else show_campaign(campaign), words)


def _replay(record: RunRecord, words: Words) -> list[Line]:
    found = scenes(record, words, _ROOM)
    kept = _most_telling(found)
    made = _bounded([row for scene in kept for row in _scene(scene)], words)
    if len(kept) < len(found):
        left_out = words("page.steps_left_out", count=len(found) - len(kept))
        made = [line((left_out, "dim")), Line(), *made]
    verdict = record.verdict.verdict if record.verdict else "unfinished"
    said = f"{SIGNS[verdict]} {words.name('verdict', verdict)}"
    return [*made, line((said, STYLES[verdict]), f"  {record.header.cell}")]


def _most_telling(found: list[Scene]) -> list[Scene]:
    """As many as there is room for: those that the verdict has to do with first, then the last."""
    room = _LINES - 4
    kept: list[Scene] = []
    for scene in sorted(found, key=lambda each: (not each.telling, -each.number)):
        room -= len(scene.rows) + scene.command.count("\n") + 3
        if room < 0 and kept:
            break
        kept.append(scene)
    return sorted(kept, key=lambda each: each.number)


def _scene(scene: Scene) -> Iterator[Line]:
    first, *more = scene.command.split("\n")
    yield line((scene.step.node, "green"), " $ ", (_short(first), "bold"))
    for rest in more:
        yield line((f"> {_short(rest)}", "bold"))
    reader = Reader()
    for row in scene.rows:
        yield line(*_parts(row, reader))
    if scene.step.result.exit:
        yield line((f"exit {scene.step.result.exit}", "dim" if scene.step.expected else "red"))
    yield Line()


def _parts(row: Row, reader: Reader) -> Iterator[Part]:
    if row.aside:
        yield row.text, "dim"
        return
    at = 0
    for mark in row.marks:
        yield from _styled(row.text[at : mark.start], reader)
        yield "".join(text for text, _ in reader.pieces(row.text[mark.start : mark.end])), _MATCH
        at = mark.end
    yield from _styled(row.text[at : at + _COLUMNS * _FOLDS], reader)


def _styled(text: str, reader: Reader) -> Iterator[Part]:
    for piece, style in reader.pieces(text):
        yield piece.expandtabs(4), _rich(style)


def _rich(style: Style) -> str:
    words = [name for name in ("bold", "dim", "italic", "underline") if getattr(style, name)]
    if style.colour is not None:
        words.append(f"color({style.colour})")
    return " ".join(words)


def _short(text: str) -> str:
    shown = visible(text[: _COLUMNS * _FOLDS]).expandtabs(4)
    return f"{shown}…" if len(text) > _COLUMNS * _FOLDS else shown
