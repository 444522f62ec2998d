"""What a report is made from: a run or a campaign, with all else that is known, redacted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from pydantic import BaseModel

from repro.errors import NotFoundError, RecordError, VersionError
from repro.model.account import Related, SeenVersion, SeenWorkaround, Subject
from repro.model.bisection import BisectAnswer
from repro.model.campaign import CampaignRecord, CampaignSummary, Outcome, VerifyAnswer
from repro.model.case import Case, EnvironmentSpec
from repro.model.plan import Cell
from repro.model.recheck import Issue
from repro.model.record import HistoryRun, RunRecord
from repro.record.campaigns import campaign_named, read_campaign
from repro.record.glance import runs_of
from repro.record.read import find_run, json_file, read_run
from repro.record.states import newest_issue
from repro.redact import Outgoing
from repro.redact.recorded import secrets_of
from repro.settings import Settings

M = TypeVar("M", bound=BaseModel)

#: Campaigns of a case that are looked through for a bisection and for a workaround.
_CAMPAIGNS = 20
#: Verdicts that tell of the issue, by how much.
_TELLING = {"reproduced": 0, "not-reproduced": 1}
#: Every ecosystem orders these alike; all others cost a library that takes long to import.
_NUMBERS = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})*")


class _Found(NamedTuple):
    """A subject before it is redacted."""

    run: RunRecord | None
    campaign: CampaignRecord | None
    case: Case | None


def subject_of(
    settings: Settings, text: str, outgoing: Outgoing, *, against: str | None = None
) -> Subject:
    """The run or campaign that is meant, as ``repro show`` finds it.

    ``against`` is a run to compare the lock with.  Raises NotFoundError, RecordError,
    HistoryError.
    """
    found = _campaign(settings, text) or _run(read_run(find_run(settings, text)))
    related = _related(settings, found) if found.run else Related()
    other = read_run(find_run(settings, against)) if against else None
    for record in filter(None, (found.run, other)):
        outgoing.learn(secrets_of(record.plan))
    made: dict[str, Any] = {
        "run": found.run,
        "campaign": found.campaign,
        "case": found.case,
        "related": related,
        "other": other,
    }
    redacted = {key: outgoing.model(value) for key, value in made.items() if value is not None}
    return Subject.model_construct(**redacted, redacted=outgoing.counts)


def _campaign(settings: Settings, text: str) -> _Found | None:
    """The campaign that is meant; None: a run is."""
    folder = campaign_named(settings, text)
    if folder is None:
        return None
    record = read_campaign(folder)
    case = _only_case(folder, record)
    name = _best(record, case)
    try:
        run = read_run(settings.runs / name) if name else None
    except NotFoundError:
        run = None
    return _Found(run, record, case)


def _best(record: CampaignRecord, case: Case | None) -> str | None:
    """The run that shows the answer best; None for one of many cases, which has no such run.

    One that reproduced comes before all others, one that did not before those that tell nothing;
    of these one on the customer's OS and version; then the first.
    """
    if len(record.header.cases) > 1:
        return None
    asked = case.environment if case else EnvironmentSpec()

    def rank(each: Outcome) -> tuple[int, bool, bool]:
        told = _TELLING.get(each.verdict, len(_TELLING))
        return told, each.cell.os != asked.os, each.cell.version != asked.version

    runs = [each for each in record.outcomes if each.run]
    return min(runs, key=rank).run if runs else None


def _run(record: RunRecord) -> _Found:
    return _Found(record, None, _case(Path(record.folder) / "case.yml"))


def _only_case(folder: Path, record: CampaignRecord) -> Case | None:
    names = list(record.header.cases)
    return _case(folder / "cases" / names[0] / "case.yml") if len(names) == 1 else None


def _case(path: Path) -> Case | None:
    """The recorded case; None where it cannot be read any more."""
    from repro.casefile.loading import read_model

    return read_model(Case, path)[0] if path.is_file() else None


# -- what else is known --------------------------------------------------------------------


def _related(settings: Settings, found: _Found) -> Related:
    assert found.run is not None
    cell = found.run.header.cell
    every = [run for run in runs_of(settings, cell.case) if run.topology == cell.topology]
    here = [run for run in every if run.os == cell.os]
    campaigns = list(dict.fromkeys(run.campaign for run in here if run.campaign))
    versions = _versions(here, found)
    issue = newest_issue(settings, cell.case, cell.os, cell.topology)
    return Related(
        versions=versions,
        first_without=_first_without(versions),
        past_fix=_past_fix(found),
        theirs=_theirs(every, found),
        workaround=_workaround(settings, campaigns, cell),
        bisection=_bisection(settings, campaigns),
        **_state(issue),
    )


def _state(issue: Issue | None) -> dict[str, Any]:
    return {"state": issue.state, "since": issue.since} if issue else {}


def _versions(runs: Sequence[HistoryRun], found: _Found) -> tuple[SeenVersion, ...]:
    """The versions that were run as they are, in order of release.

    Of a steady issue the last run of a version counts.  One that comes and goes is there when any
    run showed it, and is said to be gone only after as many clean runs as the case asks for.
    """
    by_version: dict[str, list[SeenVersion]] = {}
    plain = [run for run in runs if run.version and _is_plain(run)]
    for each in [*_own(found), *map(_seen, plain)]:
        same = by_version.setdefault(each.version, [])
        if each.run not in [one.run for one in same]:
            same.append(each)
    shown = [_together(each, _wanted(found)) for each in by_version.values()]
    return in_order(shown, _kind(found))


def _theirs(runs: Iterable[HistoryRun], found: _Found) -> SeenVersion | None:
    """What the customer's OS and version showed; None where nobody ran them."""
    if found.case is None:
        return None
    asked = found.case.environment
    seen = [
        _seen(run)
        for run in runs
        if run.os == asked.os and asked.version in (None, run.version) and _is_plain(run)
    ]
    return _together(seen, _wanted(found)) if seen else None


def _is_plain(run: HistoryRun) -> bool:
    """Whether it came to a verdict on the issue, without a workaround."""
    return not run.workaround and run.verdict in ("reproduced", "not-reproduced")


def _wanted(found: _Found) -> int:
    """Clean runs after which an issue is said not to show."""
    return found.case.repeat.runs if found.case else 1


def _own(found: _Found) -> list[SeenVersion]:
    """The subject itself: the history may not have been told of it yet."""
    summary = found.run.summary if found.run else None
    if summary is None or summary.cell.version is None or summary.cell.workaround:
        return []
    if summary.verdict.verdict not in ("reproduced", "not-reproduced"):
        return []
    return [
        SeenVersion(
            version=summary.cell.version,
            os=summary.cell.os,
            verdict=summary.verdict.verdict,
            run=summary.run,
            at=summary.started,
        )
    ]


def _seen(run: HistoryRun) -> SeenVersion:
    return SeenVersion.model_validate({
        "version": run.version or "", "os": run.os, "verdict": run.verdict, "run": run.run,
        "at": run.started,
    })  # fmt: skip


def _together(runs: Sequence[SeenVersion], wanted: int) -> SeenVersion:
    newest = max(runs, key=lambda each: each.at)
    if wanted == 1:
        return newest
    shown = next((each for each in runs if each.verdict == "reproduced"), None)
    if shown is not None or len(runs) >= wanted:
        return shown or newest
    return newest.model_copy(update={"verdict": "inconclusive"})


def _kind(found: _Found) -> str:
    """The Package URL type of the product."""
    nodes = found.run.plan.nodes if found.run and found.run.plan else ()
    products = (node.preparation.product for node in nodes)
    return next((product.type for product in products if product), "generic")


def in_order(seen: Sequence[SeenVersion], kind: str) -> tuple[SeenVersion, ...]:
    """By release, as the ecosystem (a Package URL type) orders; by time where it cannot."""
    if all(_NUMBERS.fullmatch(each.version) for each in seen):
        return tuple(sorted(seen, key=lambda each: [int(n) for n in each.version.split(".")]))
    from repro.versions.order import order

    key = order(kind)
    try:
        return tuple(sorted(seen, key=lambda each: key(each.version)))
    except VersionError:
        return tuple(sorted(seen, key=lambda each: each.at))


def _first_without(versions: Sequence[SeenVersion]) -> SeenVersion | None:
    """The first version beyond all affected ones that was seen without the issue."""
    affected = [at for at, each in enumerate(versions) if each.verdict == "reproduced"]
    beyond = versions[affected[-1] + 1 :] if affected else ()
    return next((each for each in beyond if each.verdict == "not-reproduced"), None)


def _past_fix(found: _Found) -> bool:
    """Whether the run is of the release that is said to fix the issue, or of a later one."""
    known = found.case.known if found.case else None
    cell = found.run.header.cell if found.run else None
    if known is None or cell is None or not (known.fixed and cell.version):
        return False
    fixed, own = (
        SeenVersion(version=version, os=cell.os, verdict="inconclusive", run="", at=at)
        for version, at in ((known.fixed, "later"), (cell.version, ""))  # where none can order them
    )
    return in_order((fixed, own), _kind(found))[0] is fixed


# -- campaigns of the case -----------------------------------------------------------------


def _answers(
    settings: Settings, campaigns: Sequence[str], kind: str, answer: type[M]
) -> Iterable[tuple[str, M]]:
    """The answers of finished campaigns of a kind, newest first; others are not even opened."""
    named = sorted((name for name in campaigns if name[15:].startswith(f"-{kind}-")), reverse=True)
    for name in named[:_CAMPAIGNS]:
        try:
            summary = json_file(CampaignSummary, settings.campaigns / name, "summary.json")
        except RecordError:
            continue
        if summary is not None:
            yield name, answer.model_validate(summary.answer)


def _bisection(settings: Settings, campaigns: Sequence[str]) -> BisectAnswer | None:
    answers = _answers(settings, campaigns, "bisect", BisectAnswer)
    return next((answer for _, answer in answers if answer.state == "answered"), None)


def _workaround(settings: Settings, campaigns: Sequence[str], cell: Cell) -> SeenWorkaround | None:
    """The first that helps, of the newest campaign in which one did."""
    for name, answer in _answers(settings, campaigns, "verify", VerifyAnswer):
        for each in answer.workarounds:
            if each.helps and each.with_it.cell.os == cell.os:
                run = each.with_it.runs[-1] if each.with_it.runs else ""
                return SeenWorkaround(name=each.workaround, run=run, campaign=name, why=each.why)
    return None
