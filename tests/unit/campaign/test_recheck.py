from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from repro.campaign import recheck as module
from repro.campaign.recheck import Recheck
from repro.campaign.releases import releases_of
from repro.casefile import LoadedCase
from repro.errors import EngineError, ServiceError, VersionError
from repro.model.campaign import Outcome
from repro.model.plan import Cell
from repro.model.profile import ProductProfile
from repro.plan import Overrides
from repro.provider.memory import MemoryProvider, Reply
from repro.record.campaigns import open_campaign, reopen_campaign
from repro.record.states import StateFile
from repro.settings import Settings
from tests.campaigns import SICK, WELL, Log, Versions, Watch, a_loaded, driven, planning
from tests.support import Shelf

GONE = EngineError("the engine went away")


class Site(Shelf):
    """Products with the releases that a test names."""

    def __init__(self, *versions: str) -> None:
        self.versions = list(versions)

    def product(self, name: str) -> ProductProfile:
        return ProductProfile.model_validate(
            {"name": name, "title": name, "purl": f"pkg:generic/{name}",
             "releases": self.versions}
        )  # fmt: skip


def asked(settings: Settings, site: Site, *cases: LoadedCase, oses: Sequence[str] = ()) -> Recheck:
    planner = planning(*cases)

    def cell_of(loaded: LoadedCase, overrides: Overrides) -> Cell:
        return planner.plan(loaded, overrides).cell

    return Recheck(cases, StateFile(settings, "/cases"), site, settings, cell_of, oses)


def night(
    settings: Settings, site: Site, provider: MemoryProvider, *cases: LoadedCase, **more: Any
) -> Recheck:
    """One look, told."""
    question = asked(settings, site, *cases, oses=more.pop("oses", ()))
    log = more.pop("log", None) or Log()
    driven(settings, provider, question.strategy, log, planner=planning(*cases), **more)
    answer = question.answer()
    StateFile(settings, "/cases").told(answer.changed, answer.contradictions)
    return question


def states(settings: Settings) -> dict[str, str]:
    issues = StateFile(settings, "/cases").issues
    return {each.case: str(each.state) for each in issues.values()}


def changed(question: Recheck) -> list[tuple[str, str | None, str]]:
    return [
        (each.case, str(each.before) if each.before else None, str(each.after))
        for each in question.answer().changed
    ]


def test_nights_of_an_issue(settings: Settings) -> None:
    site, case = Site("1.0"), a_loaded()
    provider = Versions({"1.0": [SICK], "2.0": [WELL], "3.0": [SICK], "4.0": [WELL, SICK]})
    first = night(settings, site, provider, case)
    assert (changed(first), first.exit_status()) == ([("a-case", None, "open")], 1)
    nights = []
    for released in (None, "2.0", None, "3.0", "4.0"):
        site.versions += [released] if released else []
        nights.append(night(settings, site, provider, case))
    assert [changed(each) for each in nights] == [
        [],
        [("a-case", "open", "fixed in 2.0")],
        [],
        [("a-case", "fixed in 2.0", "back in 3.0")],
        [("a-case", "back in 3.0", "flaky")],
    ]
    assert [each.exit_status() for each in nights] == [0, 1, 0, 1, 1]
    assert provider.ran == ["1.0", "2.0", "2.0", "3.0", "3.0", "4.0", "4.0"]


def test_a_source_in_trouble_changes_no_state(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    site, case = Site("1.0"), a_loaded()
    night(settings, site, Versions({"1.0": [SICK]}), case)
    before = StateFile(settings, "/cases").path.read_bytes()

    def down(*_given: Any, **_more: Any) -> Any:
        raise ServiceError("the registry did not answer", cause="timed out")

    monkeypatch.setattr(module, "releases_of", down)
    question = night(settings, site, Versions({}), case)
    (told,) = question.answer().unchecked
    assert told.text == "the registry did not answer: timed out"
    assert (question.exit_status(), question.looks) == (5, [])
    assert StateFile(settings, "/cases").path.read_bytes() == before


def test_a_case_whose_version_cannot_be_asked_for_stops_no_other(settings: Settings) -> None:
    good, bad = a_loaded(id="good"), a_loaded(id="bad")

    def cell_of(loaded: LoadedCase, overrides: Overrides) -> Cell:
        if loaded is bad:
            raise ServiceError("the registry did not answer")
        return planning(good).plan(loaded, overrides).cell

    question = Recheck((bad, good), StateFile(settings, "/cases"), Site("1.0"), settings, cell_of)
    assert [look.case.id for look in question.looks] == ["good"]
    assert [told.case for told in question.answer().unchecked] == ["bad"]


def test_an_environment_that_fails_changes_no_state_and_is_tried_again(
    settings: Settings,
) -> None:
    site, case = Site("1.0"), a_loaded()
    night(settings, site, Versions({"1.0": [SICK]}), case)
    site.versions.append("2.0")
    failed = night(settings, site, Versions({"2.0": [GONE]}), case)
    assert (changed(failed), failed.exit_status(), states(settings)) == ([], 5, {"a-case": "open"})
    assert failed.answer().unchecked[0].text.startswith("2.0: ")
    assert changed(night(settings, site, Versions({"2.0": [WELL]}), case)) == [
        ("a-case", "open", "fixed in 2.0")
    ]


def test_a_first_look_at_which_all_failed_keeps_nothing(settings: Settings) -> None:
    question = night(settings, Site("1.0"), Versions({"1.0": [GONE]}), a_loaded())
    assert (question.exit_status(), states(settings)) == (5, {})


def test_what_fails_for_good_is_told_once(settings: Settings) -> None:
    site, case = Site("1.0"), a_loaded(setup=[{"run": "start-client"}])
    provider = Versions({"1.0": [Reply(), SICK], "2.0": [Reply(exit=1, stderr=b"no such option")]})
    night(settings, site, provider, case)
    site.versions.append("2.0")
    assert night(settings, site, provider, case).exit_status() == 5
    assert StateFile(settings, "/cases").issues["a-case debian-12 single"].seen["2.0"].lasting
    quiet = night(settings, site, Versions({}), case)
    assert (quiet.exit_status(), quiet.looks) == (0, [])


def test_a_corrected_case_is_looked_at_anew(settings: Settings) -> None:
    site = Site("1.0", "2.0")
    night(settings, site, Versions({"1.0": [SICK], "2.0": [WELL]}), a_loaded())
    corrected = a_loaded(title="another title")
    provider = Versions({"1.0": [SICK], "2.0": [SICK]})
    question = night(settings, site, provider, corrected)
    assert changed(question) == [("a-case", "fixed in 2.0", "open")]
    assert sorted(provider.ran) == ["1.0", "2.0"]


def test_a_corrected_case_with_an_environment_that_fails_keeps_its_state(
    settings: Settings,
) -> None:
    site = Site("1.0", "2.0")
    night(settings, site, Versions({"1.0": [SICK], "2.0": [WELL]}), a_loaded())
    corrected = a_loaded(title="another title")
    question = night(settings, site, Versions({"1.0": [SICK], "2.0": [GONE]}), corrected)
    assert (changed(question), question.exit_status()) == ([], 5)
    assert states(settings) == {"a-case": "fixed in 2.0"}
    again = night(settings, site, Versions({"1.0": [SICK], "2.0": [WELL]}), corrected)
    assert changed(again) == []


def bare(**keys: Any) -> LoadedCase:
    """A case that names no product."""
    return a_loaded(environment={"product": None, "version": None}, **keys)


def test_a_case_without_a_product_is_run_at_each_look(settings: Settings) -> None:
    """It has no releases: nobody can say when there is something new to look at."""
    provider, site = Versions({"": [SICK, SICK, WELL, WELL, SICK]}), Site()
    nights = [night(settings, site, provider, bare()) for _ in range(4)]
    assert [changed(each) for each in nights] == [
        [("a-case", None, "open")],
        [],
        [("a-case", "open", "fixed")],
        [("a-case", "fixed", "back")],
    ]
    assert [each.exit_status() for each in nights] == [1, 0, 1, 1]
    (issue,) = StateFile(settings, "/cases").issues.values()
    assert (issue.newest, issue.contradictions) == (None, ())
    assert len(provider.ran) == 6  # a change is confirmed


def test_no_registry_is_asked_for_a_case_without_a_product(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked_for: list[str] = []
    monkeypatch.setattr(module, "releases_of", lambda loaded, *_: asked_for.append(loaded.case.id))
    question = asked(settings, Site(), bare())
    assert (len(question.looks), asked_for) == (1, [])


def test_a_case_without_a_product_that_cannot_be_run_is_told_of_once(settings: Settings) -> None:
    case = bare(setup=[{"run": "start-client"}])
    broken = [Reply(exit=1)]
    first = night(settings, Site(), Versions({"": broken}), case)
    assert (first.exit_status(), states(settings)) == (1, {"a-case": "cannot tell"})
    (told,) = first.answer().unchecked
    assert told.text == "setup: setup step setup-1 on node: exit 1, expected 0"
    again = night(settings, Site(), Versions({"": broken}), case)
    assert (again.exit_status(), again.answer().is_quiet) == (0, True)
    other = night(settings, Site(), Versions({"": [Reply(exit=2)]}), case)
    assert (other.exit_status(), len(other.answer().unchecked)) == (5, 1)
    mended = Versions({"": [WELL, SICK, WELL, SICK]})
    assert changed(night(settings, Site(), mended, case)) == [("a-case", "cannot tell", "open")]


def test_what_speaks_against_the_known_is_told_once(settings: Settings) -> None:
    site, case = Site("1.0", "2.0"), a_loaded(known={"fixed": "2.0"})
    provider = Versions({"1.0": [SICK], "2.0": [SICK], "3.0": [SICK]})
    question = night(settings, site, provider, case)
    assert [each.text for each in question.answer().contradictions] == [
        "known.fixed is 2.0, but 2.0 shows it"
    ]
    assert night(settings, site, provider, case).answer().contradictions == ()


def test_known_versions_that_are_none_are_told_before_anything_runs(settings: Settings) -> None:
    case = a_loaded(known={"fixed": "not a version"})

    class Python(Site):
        def product(self, name: str) -> ProductProfile:
            found = super().product(name)
            return found.model_copy(update={"purl": f"pkg:pypi/{name}"})

    question = asked(settings, Python("1.0"), case)
    assert question.looks == []
    assert "'not a version'" in question.answer().unchecked[0].text


def test_the_worst_comes_first_then_what_waits_for_longest(settings: Settings) -> None:
    cases = [
        a_loaded(id=name, severity=severity)
        for name, severity in (
            ("b-low", "low"), ("a-low", "low"), ("old", "normal"), ("new", "normal"),
            ("worst", "critical"), ("bad", "high"),
        )
    ]  # fmt: skip
    site = Site("1.0")
    night(settings, site, Versions({"1.0": [SICK]}), cases[3])
    file = StateFile(settings, "/cases")
    (issue,) = file.issues.values()
    file.keep(issue.model_copy(update={"looked": "2026-11-01"}))
    night(settings, site, Versions({"1.0": [SICK]}), cases[2])
    site.versions.append("2.0")
    order = [look.case.id for look in asked(settings, site, *cases).looks]
    assert order == ["worst", "bad", "new", "old", "a-low", "b-low"]


def test_what_the_budget_does_not_reach_is_left_for_next_time(settings: Settings) -> None:
    cases = [a_loaded(id=name) for name in ("a", "b", "c")]
    until = time.monotonic() + 0.7
    provider = Versions({"1.0": [Reply(exit=1, seconds=1)]})
    first = night(settings, Site("1.0"), provider, *cases, until=until, jobs=1)
    assert (first.answer().left, first.exit_status()) == (2, 1)
    assert states(settings) == {"a": "open"}
    again = asked(settings, Site("1.0"), *cases)
    assert [look.case.id for look in again.looks] == ["b", "c"]
    late = night(settings, Site("1.0"), Versions({}), *cases, until=time.monotonic() - 1)
    assert (late.answer().left, late.exit_status()) == (2, 4)


def test_a_look_that_was_ended_is_gone_on_with_and_tells_all(settings: Settings) -> None:
    cases = [a_loaded(id=name) for name in ("a", "b", "c")]
    provider, site = Versions({"1.0": [SICK]}), Site("1.0")
    question = asked(settings, site, *cases)

    def end(outcome: Outcome) -> None:
        if outcome.cell.case == "b":
            raise KeyboardInterrupt

    watch = Watch(when=end)
    with (
        open_campaign(settings, "recheck", "cases", {}, {}) as log,
        pytest.raises(KeyboardInterrupt),
    ):
        driven(settings, provider, question.strategy, log, jobs=1, watch=watch,
               planner=planning(*cases))  # fmt: skip
    assert states(settings) == {"a": "open", "b": "open"}
    with reopen_campaign(settings, log.folder) as again:
        second = night(settings, site, provider, *cases, log=again)
    assert [case for case, _, _ in changed(second)] == ["a", "b", "c"]
    assert len(provider.ran) == 3
    assert changed(night(settings, site, provider, *cases)) == []


def test_a_registry_is_asked_once_for_a_product(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked_for: list[str] = []

    def counting(loaded: LoadedCase, *given: Any, **more: Any) -> Any:
        spec = loaded.case.environment.product
        assert spec is not None
        asked_for.append(spec.purl or spec.name or "")
        if spec.purl:
            raise VersionError("there is no such package")
        return releases_of(loaded, *given, **more)

    monkeypatch.setattr(module, "releases_of", counting)
    more = {"recheck": {"os": ["debian-12", "debian-13"]}}
    cases = [
        *(a_loaded(id=f"named-{number}", **more) for number in range(3)),
        *(a_loaded(id=f"purl-{n}", environment={"product": "pkg:pypi/x"}, **more)
          for n in range(2)),
        a_loaded(id="deb", environment={"product": "pkg:deb/debian/x", "version": "1"}, **more),
    ]  # fmt: skip
    question = asked(settings, Site("1.0"), *cases)
    assert sorted(asked_for) == ["pkg:deb/debian/x"] * 2 + ["pkg:pypi/x", "thing"]
    assert len(question.looks) == 6
    assert len(question.answer().unchecked) == 6


def test_only_the_oses_that_were_asked_for(settings: Settings) -> None:
    case = a_loaded(recheck={"os": ["debian-12", "debian-13"], "versions": "latest"})
    question = night(
        settings, Site("1.0", "2.0"), Versions({"2.0": [SICK]}), case, oses=["debian-13"]
    )
    assert [cell.os for cell in question.cells] == ["debian-13"]
    assert list(StateFile(settings, "/cases").issues) == ["a-case debian-13 single"]


def test_a_text_that_means_nothing_is_told_and_stops_no_other(settings: Settings) -> None:
    cases = [a_loaded(id="bad", recheck={"versions": "9.9"}), a_loaded(id="good")]
    question = night(settings, Site("1.0"), Versions({"1.0": [SICK]}), *cases)
    assert [each.case for each in question.answer().unchecked] == ["bad"]
    assert states(settings) == {"good": "open"}
    assert question.headline() == "2 issues, 1 runs, 1 changed, 1 could not be checked"


def test_two_catalogues_do_not_meet(settings: Settings, tmp_path: Path) -> None:
    night(settings, Site("1.0"), Versions({"1.0": [SICK]}), a_loaded())
    assert StateFile(settings, "/other").issues == {}
