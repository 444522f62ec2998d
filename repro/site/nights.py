"""What the last look at the catalogues told: the newest recheck, and those of the same night."""

from __future__ import annotations

from datetime import datetime, timedelta

from pydantic import Field, ValidationError

from repro.errors import ReproError
from repro.model.base import Frozen
from repro.model.campaign import CampaignSummary
from repro.model.recheck import Change, RecheckAnswer, Told
from repro.record.campaigns import campaign_folders
from repro.record.read import json_file
from repro.settings import Settings

#: Half a day: a timer never comes at the very same second, and two nights are not one.
_NIGHT = timedelta(hours=12)


class Night(Frozen):
    """``at``: when the newest look began (ISO 8601); empty: there was none.

    ``looked``: how many issues of each catalogue were looked at.
    """

    at: str = ""
    looked: dict[str, int] = Field(default_factory=dict)
    cells: int = 0
    changed: tuple[Change, ...] = ()
    contradictions: tuple[Told, ...] = ()
    unchecked: tuple[Told, ...] = ()
    left: int = 0

    @property
    def issues(self) -> int:
        """How many were looked at; a catalogue that was looked at twice counts once."""
        return sum(self.looked.values())

    @property
    def by_change(self) -> list[tuple[Change, list[str]]]:
        """What changed, and on which OSes: the same change is told once."""
        found: dict[tuple[str, ...], tuple[Change, list[str]]] = {}
        for each in self.changed:
            key = each.case, str(each.before), str(each.after), each.after.why
            found.setdefault(key, (each, []))[1].append(each.os)
        return list(found.values())


def last_night(settings: Settings) -> Night:
    """The looks that began within half a day before the newest one.

    Unreadable ones are left out.
    """
    night = Night()
    for folder in reversed(campaign_folders(settings)):
        if "-recheck-" not in folder.name:
            continue
        try:
            summary = json_file(CampaignSummary, folder, "summary.json")
        except ReproError:
            continue
        if summary is None or summary.kind != "recheck":
            continue
        if night.at and not _same_night(summary.started, night.at):
            break
        night = _with(night, summary)
    return night


def _with(night: Night, summary: CampaignSummary) -> Night:
    try:
        answer = RecheckAnswer.model_validate(summary.answer)
    except ValidationError:
        return night
    name = summary.title
    return Night(
        at=night.at or summary.started,
        looked=night.looked | {name: max(answer.issues, night.looked.get(name, 0))},
        cells=night.cells + answer.cells,
        changed=night.changed + answer.changed,
        contradictions=night.contradictions + answer.contradictions,
        unchecked=night.unchecked + answer.unchecked,
        left=night.left + answer.left,
    )


def _same_night(one: str, newest: str) -> bool:
    try:
        return datetime.fromisoformat(newest) - datetime.fromisoformat(one) <= _NIGHT
    except (ValueError, TypeError):
        return False
