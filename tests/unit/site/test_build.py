from __future__ import annotations

import html
import json
import random
import re
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from repro.casefile import load_many
from repro.errors import HistoryError, RecordError
from repro.model.campaign import CampaignHeader, CampaignSummary
from repro.model.recheck import RecheckAnswer, Told
from repro.record.database import Database, table, upsert
from repro.record.history import History
from repro.settings import RedactSettings, Settings
from repro.site import issue_path, pages, run_path
from repro.site.output import digest, notes_path
from tests.support import ROOT
from tests.unit.record import samples as records
from tests.unit.site import histories
from tests.unit.site.samples import built, run
from tests.unit.site.samples import pages as files_of

LINK = re.compile(r'(?:href|src)="([^"]*)"')


def lived(settings: Settings, issues: int = 12, runs: int = 300) -> list[histories.Known]:
    return histories.a_home(settings, issues, 3, runs)


def broken_links(folder: Path) -> set[str]:
    found = set()
    for path in folder.rglob("*.html"):
        for target in map(html.unescape, LINK.findall(path.read_text("utf-8"))):
            inside = not target.startswith(("#", "https://"))
            if inside and not (path.parent / target).resolve().is_file():
                found.add(f"{path}: {target}")
    return found


def test_there_is_a_page_for_each_issue_run_and_product(settings: Settings, tmp_path: Path) -> None:
    known = lived(settings)
    result = built(settings, tmp_path / "out")
    found = files_of(tmp_path / "out")
    assert result.written == len(found)
    assert sum(path.startswith("runs/") for path in found) == 300
    assert {issue_path(each.case) for each in known} <= found.keys()
    assert sum(path.startswith("products/") for path in found) == 3
    with History(settings.history_url) as history:
        newest = history.runs(limit=1)[0]
    page = found[run_path(newest.run)]
    assert newest.verdict in page
    assert newest.os in page
    assert html.escape(newest.reason) in page
    assert not broken_links(tmp_path / "out")


def test_an_issue_page_says_where_it_stands(settings: Settings, tmp_path: Path) -> None:
    known = lived(settings)
    built(settings, tmp_path / "out")
    page = files_of(tmp_path / "out")[issue_path(known[0].case)]
    assert "back in 1.40.0" in page
    assert "2026-11-22" in page
    assert "2 of 2 runs show it" in page
    assert known[0].title in page
    assert "support:0" in page
    assert 'href="https://example.com/issues/0"' in page
    first = files_of(tmp_path / "out")["index.html"]
    assert f"{sum(len(each.oses) for each in known[:3])} changed" in first


def test_the_same_history_makes_the_same_site(settings: Settings, tmp_path: Path) -> None:
    lived(settings)
    built(settings, tmp_path / "one")
    built(settings, tmp_path / "other")
    assert files_of(tmp_path / "one") == files_of(tmp_path / "other")


def test_after_a_night_it_is_as_if_made_anew(settings: Settings, tmp_path: Path) -> None:
    known = lived(settings)
    first = built(settings, tmp_path / "out")
    assert built(settings, tmp_path / "out")[:3] == (0, first.written, 0)
    at = histories.NOW + timedelta(days=1)
    histories.remember(settings, list(histories.night(known[:2], 6, settings.home, at)))
    histories.look(settings, known, known[5:6], at)
    night = built(settings, tmp_path / "out")
    # Six runs, the issues that were run or changed, now or before; products, lists, the rest.
    assert 6 + 2 < night.written < 6 + 6 + 3 + 6
    built(settings, tmp_path / "anew")
    assert files_of(tmp_path / "out") == files_of(tmp_path / "anew")


class Nights:
    """What may happen to a history between two builds, by chance."""

    def __init__(self, settings: Settings, seed: int) -> None:
        self.settings, self.dice, self.day = settings, random.Random(seed), 0
        self.known = lived(settings, issues=8, runs=80)
        for state in settings.campaigns.glob("*"):
            shutil.rmtree(state)

    def pass_one(self) -> None:
        for each in self.dice.sample([self.ran, self.looked, self.forgot, self.judged], 3):
            self.day += 1
            each()

    def ran(self) -> None:
        some = self.dice.sample(self.known, 3)
        at = histories.NOW + timedelta(days=self.day)
        runs = list(histories.night(some, 6, self.settings.home, at))
        histories.remember(self.settings, runs)
        histories.record(self.settings, self.known, {run.case: run for run in runs})

    def looked(self) -> None:
        changed = self.dice.sample(self.known, 2)
        at = histories.NOW + timedelta(days=self.day)
        histories.look(self.settings, self.known, changed, at)

    def forgot(self) -> None:
        """But none that has a folder: what it told of its case stays known."""
        with History(self.settings.history_url) as history:
            told = [run for run in history.runs(limit=None) if not Path(run.folder).is_dir()]
            for run in self.dice.sample(told, 9):
                history.forget(run.run)

    def judged(self) -> None:
        """Again, and otherwise."""
        database = Database(self.settings.history_url)
        runs = self.dice.sample(range(80), 9)
        with database.writing() as connection:
            found = connection.execute(sa.select(table()).order_by(table().c.run)).mappings().all()
            for row in (found[number] for number in runs if number < len(found)):
                upsert(connection, {**row, "verdict": "inconclusive", "reason": f"day {self.day}"})
        database.close()


@pytest.mark.parametrize("seed", range(4))
def test_however_the_nights_pass_it_is_as_if_made_anew(
    settings: Settings, tmp_path: Path, seed: int
) -> None:
    nights = Nights(settings, seed)
    for number in range(3):
        built(settings, tmp_path / "out")
        nights.pass_one()
        kept = built(settings, tmp_path / "out")
        assert kept.written, number
        built(settings, tmp_path / f"anew-{number}")
        assert files_of(tmp_path / "out") == files_of(tmp_path / f"anew-{number}")


def test_what_is_forgotten_disappears(settings: Settings, tmp_path: Path) -> None:
    known = lived(settings)
    built(settings, tmp_path / "out")
    with History(settings.history_url) as history:
        gone = history.runs(case=known[-1].case, limit=None)
        for each in gone:
            history.forget(each.run)
    next((settings.home / "recheck").glob("*.json")).unlink()
    assert built(settings, tmp_path / "out").removed >= len(gone) + 1
    found = files_of(tmp_path / "out")
    assert issue_path(known[-1].case) not in found
    assert not [path for path, text in found.items() if known[-1].case in path + text]
    assert not broken_links(tmp_path / "out")


def test_a_verdict_that_was_decided_again_is_shown(settings: Settings, tmp_path: Path) -> None:
    out = tmp_path / "out"
    recorder = records.whole_run(settings)
    with History(settings.history_url) as history:
        history.add(records.summary(recorder.run), recorder.folder)
        built(settings, out)
        (recorder.folder / "verdict.json").write_text(
            records.verdict("inconclusive", "on second thoughts").model_dump_json()
        )
        history.add(records.summary(recorder.run), recorder.folder)
    built(settings, out)
    assert "on second thoughts" in files_of(out)[run_path(recorder.run)]


def test_another_version_makes_all_of_it_again(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lived(settings)
    first = built(settings, tmp_path / "out")
    monkeypatch.setattr(pages, "__version__", "99")
    assert built(settings, tmp_path / "out")[:3] == (first.written, 0, 0)


def test_no_runs_at_all(settings: Settings, tmp_path: Path) -> None:
    built(settings, tmp_path / "out")
    assert "There are no runs yet" in files_of(tmp_path / "out")["index.html"]
    assert not broken_links(tmp_path / "out")


def test_the_catalogue_adds_issues_that_never_ran(settings: Settings, tmp_path: Path) -> None:
    out = tmp_path / "out"
    cases = load_many([ROOT / "cases"])
    built(settings, out, catalogue=cases)
    found = files_of(out)
    page = found["issues/black-fstring-multiline.html"]
    assert "It was not run yet" in page
    assert "The case names none." in page
    helped = "jinja2-compile-nondeterministic"
    assert "tries the one that the case names" in found[f"issues/{helped}.html"]
    assert 'href="../products/pypi-black.html"' in page
    assert "None of its issues was run yet" in found["products/pypi-black.html"]
    assert "<tbody>\n</tbody>" not in "".join(found.values())
    assert f'<p class="lead">{len(cases)} issues' in found["index.html"]
    assert "0 runs.</p>" in found["index.html"]
    assert len([path for path in found if path.startswith("issues/")]) == len(cases)
    assert not broken_links(out)


def test_one_week_is_named_once(settings: Settings, tmp_path: Path) -> None:
    histories.remember(settings, [run(0)])
    built(settings, tmp_path / "out")
    found = re.findall(r'<p class="axis.*?</p>', files_of(tmp_path / "out")["index.html"])
    assert [axis.count("<span>20") for axis in found] == [1, 1, 1]


# -- nothing leaves, nothing runs -------------------------------------------------------------

HOSTILE = (
    "</td><script>alert(1)</script>\"'><img src=x onerror=alert(1)>\x1b]0;x\x07\u202e{{ 7*7 }}"
)


def everywhere(settings: Settings, text: str) -> None:
    """A run, a state and a night that say this wherever something can be said."""
    values: dict[str, Any] = dict.fromkeys(
        ("case", "title", "os", "version", "topology", "backend", "reason", "version_seen",
         "campaign"), text)  # fmt: skip
    values |= {"run": f"run of {text}", "workaround": text, "verdict": "not-reproduced"}
    control = values | {"run": f"other {text}", "workaround": None, "verdict": "reproduced"}
    histories.remember(settings, [run(1, **values), run(0, **control)])
    issue = histories.Known(text, text, text, (text,), 0, 99, 1.0)
    histories.look(settings, [issue], [issue], histories.NOW)
    said = (Told(case=text, os=text, text=text),)
    answer = RecheckAnswer(issues=1, cells=1, contradictions=said, unchecked=said)
    at = histories.NOW.isoformat()
    folder = settings.campaigns / "20261122-020000-recheck-more-0000"
    folder.mkdir()
    header = CampaignHeader(campaign=folder.name, kind="recheck", title=text, tool="0", started=at)
    summary = CampaignSummary(
        campaign=folder.name, kind="recheck", title=text, started=at, seconds=1.0, exit_status=1,
        headline=text, answer=answer.model_dump(mode="json"),
    )  # fmt: skip
    (folder / "campaign.json").write_text(header.model_dump_json())
    (folder / "summary.json").write_text(summary.model_dump_json())


def test_hostile_text_stays_text(settings: Settings, tmp_path: Path) -> None:
    everywhere(settings, HOSTILE)
    built(settings, tmp_path / "out")
    found = files_of(tmp_path / "out")
    for path, text in found.items():
        if path.endswith(".html"):
            assert "<script>" not in text
            assert "<img" not in text
            assert "&lt;script&gt;alert(1)" in text, path
        assert not re.search("[\x00-\x08\x0e-\x1f\u202e]", text), path
    data = found["search/issues.js"].removeprefix('reproFound("issues",').removesuffix(");\n")
    assert json.loads(data)[0][0].startswith("</td><script>")
    assert not broken_links(tmp_path / "out")


def test_nothing_that_is_secret_leaves(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEPLOY_TOKEN", "s3cr3t-value-of-it")
    names = RedactSettings(hosts=("db7-customer",))
    everywhere(settings, "on db7-customer with s3cr3t-value-of-it")
    result = built(settings.model_copy(update={"redact": names}), tmp_path / "out")
    for path, text in files_of(tmp_path / "out").items():
        for secret in ("s3cr3t", "db7-customer"):
            assert secret not in path
            assert secret not in text, path
    assert sum(result.replaced.values()) > 0


def test_what_became_secret_is_taken_out(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    histories.remember(settings, [run(reason="said s3cr3t-value-of-it")])
    built(settings, tmp_path / "out")
    assert "s3cr3t" in str(files_of(tmp_path / "out"))
    monkeypatch.setenv("DEPLOY_TOKEN", "s3cr3t-value-of-it")
    built(settings, tmp_path / "out")
    assert "s3cr3t" not in str(files_of(tmp_path / "out"))


def test_where_reports_make_secrets_known_nothing_is_taken_for_clean(
    settings: Settings, tmp_path: Path
) -> None:
    histories.remember(settings, [run()])
    notes = notes_path(settings.home, tmp_path / "out")
    clean = []
    for reports in (0, 1):
        built(settings, tmp_path / "out", reports=reports)
        clean.append(json.loads(notes.read_bytes())["facts"]["clean"])
    assert digest("the symptom holds") in clean[0]
    assert clean[1] == []


# -- what cannot be read ----------------------------------------------------------------------


def test_a_damaged_state_is_told(settings: Settings, tmp_path: Path) -> None:
    lived(settings)
    next((settings.home / "recheck").glob("*.json")).write_text("{")
    with pytest.raises(RecordError):
        built(settings, tmp_path / "out")


def test_a_damaged_history_is_told_and_the_site_stays(settings: Settings, tmp_path: Path) -> None:
    lived(settings)
    built(settings, tmp_path / "out")
    before = files_of(tmp_path / "out")
    (settings.home / "history.sqlite").write_bytes(b"no database" * 1000)
    with pytest.raises(HistoryError):
        built(settings, tmp_path / "out")
    assert files_of(tmp_path / "out") == before


def test_a_damaged_run_folder_leaves_only_its_facts_out(settings: Settings, tmp_path: Path) -> None:
    known = lived(settings, issues=2, runs=4)
    for path in settings.runs.glob("*/case.yml"):
        path.write_text("- no case")
    for path in settings.runs.glob("*/plan.json"):
        path.write_text("{")
    built(settings, tmp_path / "out")
    assert known[0].title in files_of(tmp_path / "out")[issue_path(known[0].case)]
