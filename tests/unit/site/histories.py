"""Histories that were never lived: for tests of the site, and to measure it by."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from repro.model.campaign import CampaignHeader, CampaignSummary
from repro.model.plan import Cell, Product
from repro.model.recheck import Change, Issue, RecheckAnswer, State, States, issue_key
from repro.record.database import Database, table
from repro.record.history import RunLine
from repro.record.states import StateFile
from repro.settings import Settings
from tests.support import a_case, planned

OSES = ("debian-12", "debian-13", "ubuntu-24.04", "rocky-9", "alpine-3.22")
NOW = datetime(2026, 11, 22, 2, 30, tzinfo=UTC)
_WORDS = ("lock", "timeout", "parse", "cancel", "header", "replica", "cache", "index", "login")
_CASE = """\
schema: 1
id: {case}
title: {title}
severity: {severity}
tickets: ["support:{number}"]
references: ["https://example.com/issues/{number}"]
known: {{introduced: 1.2.0}}
environment: {{os: debian-12, product: "{purl}", version: 1.2.0}}
steps: [{{name: client, run: "./client"}}]
symptom: [{{step: client, exit: 1}}]
"""


@dataclass(frozen=True)
class Known:
    """A known issue: from version number ``begin`` on, until before number ``end``."""

    case: str
    title: str
    purl: str
    oses: tuple[str, ...]
    begin: int
    end: int
    rate: float

    def shows(self, version: int, dice: random.Random) -> bool:
        return self.begin <= version < self.end and dice.random() < self.rate


def known_issues(count: int, products: int) -> list[Known]:
    dice = random.Random(4)
    kinds = ("pypi", "pypi", "npm", "deb/debian", "generic")
    return [
        Known(
            case=f"product-{number % products}-{dice.choice(_WORDS)}-{number}",
            title=f"{dice.choice(_WORDS).title()} of the {dice.choice(_WORDS)} fails {number}",
            purl=f"pkg:{kinds[number % products % 5]}/product-{number % products}",
            oses=tuple(sorted(dice.sample(OSES, dice.randint(1, 5)))),
            begin=dice.randint(0, 20),
            end=dice.choice((99, 99, dice.randint(20, 30))),
            rate=dice.choice((1.0, 1.0, 1.0, 0.4)),
        )
        for number in range(count)
    ]


def version_of(number: int) -> str:
    return f"1.{number}.0"


def run_of(issue: Known, at: datetime, version: int, dice: random.Random, folder: Path) -> RunLine:
    verdict = "reproduced" if issue.shows(version, dice) else "not-reproduced"
    reason = (
        f"step client: exit is {1 if verdict == 'reproduced' else 0} with {version_of(version)}"
    )
    if dice.random() < 0.04:
        verdict, reason = dice.choice((
            ("environment-failed", f"apt-get: cannot reach 192.0.2.7, after {dice.random()} s"),
            ("inconclusive", "too few valid runs: 1 of 3"),
            ("different-failure", f"step client: exit is 139, core dumped at {dice.random()}"),
        ))  # fmt: skip
    elif dice.random() < 0.2:
        reason += f" after {dice.random():.6f} s"
    run = f"{at:%Y%m%d-%H%M%S}-{issue.case[:60]}-{dice.randrange(2**16):04x}"
    values: dict[str, Any] = {
        "run": run, "case": issue.case, "title": issue.title, "os": dice.choice(issue.oses),
        "version": version_of(version), "topology": "single", "backend": "docker",
        "verdict": verdict, "reason": reason, "started": at.isoformat(timespec="microseconds"),
        "seconds": round(dice.uniform(0.8, 30), 2), "version_seen": version_of(version),
        "interrupted": False, "folder": str(folder / run), "workaround": None, "campaign": "",
    }  # fmt: skip
    return RunLine(**values)


def lived(issues: Sequence[Known], count: int, home: Path, days: int = 540) -> Iterator[RunLine]:
    """So many runs over so many days, the oldest first."""
    dice = random.Random(5)
    for number in range(count):
        at = NOW - timedelta(days=days) * (1 - number / count)
        version = min(39, max(0, int(40 * number / count) - dice.randint(0, 12)))
        reported = min(len(issues), int(len(issues) * (0.4 + 0.61 * number / count)) + 1)
        yield run_of(issues[dice.randrange(reported)], at, version, dice, home / "runs")


def night(issues: Sequence[Known], count: int, home: Path, at: datetime) -> Iterator[RunLine]:
    """So many runs of these issues on a new version, a second after one another."""
    dice = random.Random(6)
    for number in range(count):
        began = at + timedelta(seconds=number)
        yield run_of(issues[number % len(issues)], began, 40, dice, home / "runs")


def remember(settings: Settings, runs: Iterable[RunLine]) -> None:
    """Add runs to the history without folders, at once."""
    database = Database(settings.history_url)
    rows = []
    for run in runs:
        row = run._asdict()
        row["case_id"] = row.pop("case")
        rows.append(row)
    with database.writing() as connection:
        connection.execute(sa.insert(table()), rows)
    database.close()


def record(settings: Settings, issues: Sequence[Known], newest: dict[str, RunLine]) -> None:
    """Folders of the newest runs, with what tells an issue's product and title."""
    plan = planned(a_case())
    node = plan.nodes[0]
    for number, issue in enumerate(issues):
        if (run := newest.get(issue.case)) is None:
            continue
        kind = issue.purl.removeprefix("pkg:").partition("/")[0]
        product = Product(
            purl=issue.purl, type=kind, name=issue.case, version=run.version, playbook=None
        )
        prepared = node.preparation.model_copy(update={"product": product})
        cell = Cell(**{name: getattr(run, name) for name in Cell.model_fields})
        made = plan.model_copy(
            update={"cell": cell, "nodes": (node.model_copy(update={"preparation": prepared}),)}
        )
        folder = Path(run.folder)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "plan.json").write_text(made.model_dump_json(), "utf-8")
        text = _CASE.format(
            case=issue.case, title=issue.title, severity="high", number=number, purl=issue.purl
        )
        (folder / "case.yml").write_text(text, "utf-8")


def look(
    settings: Settings, issues: Sequence[Known], changed: Sequence[Known], at: datetime
) -> None:
    """States of all issues, and a recheck that found some of them changed."""
    stamp = at.isoformat()
    states, changes = {}, []
    for issue in issues:
        for os in issue.oses:
            fixed = issue.end < 40
            state = (
                State(name="fixed", version=version_of(issue.end)) if fixed else State(name="open")
            )
            before = state
            if issue in changed:
                state = State(name="back", version=version_of(40), why="2 of 2 runs show it")
                changes.append(
                    Change(case=issue.case, title=issue.title, os=os, topology="single",
                           before=before, after=state, since=stamp)
                )  # fmt: skip
            since = stamp if issue in changed else f"2026-0{1 + issue.begin % 9}-11T02:30:00+00:00"
            states[issue_key(issue.case, os, "single")] = Issue(
                case=issue.case, os=os, topology="single", digest="0", state=state,
                since=since, looked=stamp, newest=version_of(40),
            )  # fmt: skip
    file = StateFile(settings, "/cases").path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(States(catalogue="/cases", issues=states).model_dump_json(), "utf-8")
    answer = RecheckAnswer(issues=len(states), cells=2000, changed=tuple(changes))
    name = f"{at:%Y%m%d-%H%M%S}-recheck-cases-0000"
    folder = settings.campaigns / name
    folder.mkdir(parents=True)
    header = CampaignHeader(campaign=name, kind="recheck", title="cases", tool="0", started=stamp)
    summary = CampaignSummary(
        campaign=name, kind="recheck", title="cases", started=stamp, seconds=60.0, exit_status=1,
        headline="", answer=answer.model_dump(mode="json"),
    )  # fmt: skip
    (folder / "campaign.json").write_text(header.model_dump_json(), "utf-8")
    (folder / "summary.json").write_text(summary.model_dump_json(), "utf-8")


def a_home(settings: Settings, issues: int, products: int, runs: int) -> list[Known]:
    """A home with all of it."""
    known = known_issues(issues, products)
    told = list(lived(known, runs, settings.home))
    remember(settings, told)
    record(settings, known, {run.case: run for run in told})
    look(settings, known, known[:3], NOW)
    return known
