from __future__ import annotations

from pathlib import Path
from typing import Any

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from repro.errors import NotFoundError
from repro.model.account import Subject
from repro.model.campaign import CellsAnswer, VerifiedWorkaround, VerifyAnswer
from repro.model.recheck import Issue, State, States
from repro.publish import in_order, subject_of
from repro.redact import Outgoing
from repro.redact.known import Redactor
from repro.report.formats import FORMATS, render
from repro.settings import Settings
from tests.unit.kept import keep, keep_campaign
from tests.unit.report import subjects
from tests.unit.report.subjects import ILL, SICK, WELL, campaign, case, outcome, run, seen, step
from tests.unit.report.test_markdown import BISECTED, answer

ELSEWHERE = case(environment={"os": "debian-13", "product": "pkg:pypi/demo"})
SEED: list[dict[str, Any]] = [{"name": "a seed", "env": {"SEED": "0"}}]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", cache=tmp_path / "cache")


def published(settings: Settings, text: str = "last", **rest: Any) -> Subject:
    return subject_of(settings, text, Outgoing.of(settings, environ={}), **rest)


def keep_versions(settings: Settings, *shown: tuple[str, Any], **rest: Any) -> None:
    """Runs of several versions, one a second."""
    of = rest.pop("of", case())
    for number, (version, observation) in enumerate(shown):
        name = f"20261121-2242{number:02}-demo-1-{number:04x}"
        made = run(observation, of=of, version=version, name=name, **rest)
        at = f"2026-11-21T22:42:{number:02}+00:00"
        assert made.summary is not None
        summary = made.summary.model_copy(update={"started": at})
        keep(settings, made.model_copy(update={"summary": summary}), of)


class TestWhatIsMeant:
    def test_a_run_with_its_case(self, settings: Settings) -> None:
        keep(settings, run(SICK), case())
        found = published(settings)
        assert found.run is not None
        assert found.run.header.cell.case == "demo-1"
        assert found.case == case()
        assert (found.campaign, found.other) == (None, None)

    def test_a_case_that_cannot_be_read_any_more_is_none(self, settings: Settings) -> None:
        folder = keep(settings, run(SICK), case())
        (folder / "case.yml").chmod(0o600)
        (folder / "case.yml").write_text("a: [")
        assert published(settings).case is None

    def test_a_run_to_compare_with(self, settings: Settings) -> None:
        keep_versions(settings, ("1.2", SICK), ("1.3", WELL))
        found = published(settings, against="20261121-224200")
        assert found.other is not None
        assert found.other.header.cell.version == "1.2"

    def test_a_value_that_is_secret_by_its_name_leaves_nowhere(self, settings: Settings) -> None:
        of = case(environment={"os": "debian-12", "env": {"API_TOKEN": "k3j4h5g6f7d8"}})
        keep(settings, run(step(ILL + "sent k3j4h5g6f7d8 to the server\n"), of=of), of)
        found = published(settings)
        assert "sent [redacted] to the server" in str(found.run)
        for name in FORMATS:
            assert "k3j4h5g6f7d8" not in render(found, name)

    def test_what_is_not_there_says_so(self, settings: Settings) -> None:
        with pytest.raises(NotFoundError, match="no single run is called 'nothing'"):
            published(settings, "nothing")

    def test_a_campaign_with_the_run_that_shows_it(self, settings: Settings) -> None:
        keep_versions(settings, ("1.1", WELL), ("1.2", SICK))
        outcomes = [
            outcome("1.1", "not-reproduced").model_copy(
                update={"run": "20261121-224200-demo-1-0000"}
            ),
            outcome("1.2").model_copy(update={"run": "20261121-224201-demo-1-0001"}),
        ]
        found = campaign("matrix", CellsAnswer(cells=(answer("1.2"),)), *outcomes)
        name = keep_campaign(settings, found, case())
        made = published(settings, name)
        assert made.campaign is not None
        assert made.run is not None
        assert made.run.header.cell.version == "1.2"
        assert made.case == case()

    def test_of_those_that_reproduced_the_customers_own_is_shown(self, settings: Settings) -> None:
        outcomes = [
            outcome("1.2", "not-reproduced"), outcome("1.3"), outcome("1.2", os="debian-13"),
            outcome("1.2"), outcome("1.2"),
        ]  # fmt: skip
        named = [
            each.model_copy(update={"key": f"{number}", "run": f"run-{number}"})
            for number, each in enumerate(outcomes)
        ]
        for each in named:
            keep(settings, run(SICK, name=each.run), case())
        name = keep_campaign(settings, campaign("matrix", None, *named), case())
        made = published(settings, name)
        assert made.run is not None
        assert made.run.header.run == "run-3"

    def test_a_campaign_whose_runs_are_gone_keeps_its_case(self, settings: Settings) -> None:
        name = keep_campaign(settings, campaign("matrix", None, outcome("1.2")), case())
        made = published(settings, name)
        assert (made.run, made.case) == (None, case())

    def test_a_campaign_of_many_cases_has_no_run_of_its_own(self, settings: Settings) -> None:
        keep(settings, run(SICK, name="run-1.2"), case())
        found = campaign("recheck", None, outcome("1.2"))
        name = keep_campaign(settings, found, case(), case(id="demo-2"))
        made = published(settings, name)
        assert (made.run, made.case) == (None, None)


class TestOtherVersions:
    def test_are_in_order_of_release_each_by_its_last_run(self, settings: Settings) -> None:
        keep_versions(settings, ("1.10", WELL), ("1.2", WELL), ("1.9", SICK), ("1.2", SICK))
        related = published(settings).related
        assert [(each.version, each.verdict) for each in related.versions] == [
            ("1.2", "reproduced"), ("1.9", "reproduced"), ("1.10", "not-reproduced"),
        ]  # fmt: skip
        assert related.first_without is not None
        assert related.first_without.version == "1.10"
        assert related.first_without.run == "20261121-224200-demo-1-0000"

    def test_before_the_affected_ones_are_no_upgrade(self, settings: Settings) -> None:
        keep_versions(settings, ("1.0", WELL), ("1.2", SICK))
        assert published(settings).related.first_without is None

    def test_the_first_is_beyond_all_affected_ones(self, settings: Settings) -> None:
        keep_versions(settings, ("1.2", SICK), ("1.3", WELL), ("1.4", SICK), ("1.5", WELL))
        without = published(settings, "20261121-224200").related.first_without
        assert without is not None
        assert without.version == "1.5"

    def test_what_was_no_verdict_says_nothing(self, settings: Settings) -> None:
        keep_versions(settings, ("1.2", SICK), ("1.3", subjects.ODD), ("1.4", subjects.TROUBLE))
        related = published(settings, "20261121-224200").related
        assert [each.version for each in related.versions] == ["1.2"]

    def test_a_run_with_a_workaround_says_nothing_of_its_version(self, settings: Settings) -> None:
        of = case(workarounds=SEED)
        keep_versions(settings, ("1.2", SICK), of=of)
        keep(settings, run(WELL, of=of, version="1.3", workaround="a seed"), of)
        assert [each.version for each in published(settings).related.versions] == ["1.2"]

    def test_another_os_or_topology_does_not_count(self, settings: Settings) -> None:
        keep(settings, run(WELL, of=ELSEWHERE, version="1.4"), ELSEWHERE)
        keep_versions(settings, ("1.2", SICK))
        assert [each.version for each in published(settings).related.versions] == ["1.2"]

    def test_what_the_customers_own_os_and_version_showed(self, settings: Settings) -> None:
        keep_versions(settings, ("1.2", WELL), ("1.2", SICK), ("1.3", WELL))
        keep(settings, run(WELL, of=ELSEWHERE, name="20261121-224300-a-1"), case())
        theirs = published(settings).related.theirs
        assert theirs is not None
        assert (theirs.os, theirs.version, theirs.verdict) == ("debian-12", "1.2", "reproduced")

    def test_nobody_ran_the_customers_own(self, settings: Settings) -> None:
        keep(settings, run(SICK, of=ELSEWHERE), ELSEWHERE)
        keep(settings, run(WELL, version="1.3", name="20261121-224300-a-1"), case())
        assert published(settings).related.theirs is None

    def test_one_that_comes_and_goes_is_gone_only_after_enough_runs(
        self, settings: Settings
    ) -> None:
        of = case(repeat={"runs": 2})
        keep_versions(
            settings, ("1.2", SICK), ("1.2", WELL), ("1.3", WELL), ("1.4", WELL), ("1.4", WELL),
            of=of,
        )  # fmt: skip
        related = published(settings).related
        assert [each.verdict for each in related.versions] == [
            "reproduced", "inconclusive", "not-reproduced",
        ]  # fmt: skip
        assert related.first_without is not None
        assert related.first_without.version == "1.4"

    def test_the_run_itself_counts_though_the_history_was_not_told(
        self, settings: Settings
    ) -> None:
        keep(settings, run(SICK), case())
        (settings.home / "history.sqlite").unlink()
        assert [each.version for each in published(settings).related.versions] == ["1.2"]

    @hypothesis.settings(deadline=None)
    @given(st.lists(st.tuples(*[st.integers(0, 99)] * 3), min_size=1, unique=True))
    def test_plain_numbers_order_as_every_ecosystem_orders_them(self, numbers: Any) -> None:
        found = [seen(".".join(map(str, each))) for each in numbers]
        ordered = [each.version for each in in_order(found, "pypi")]
        # A pre-release is no plain number: then the ecosystem's own rules are asked.
        asked = in_order([*found, seen("1.0rc1")], "pypi")
        assert ordered == [each.version for each in asked if each.version != "1.0rc1"]

    def test_what_is_no_version_is_ordered_by_time(self) -> None:
        later = seen("1.0").model_copy(update={"at": "2026-11-22T00:00:00+00:00"})
        found = in_order([later, seen("no version!")], "pypi")
        assert [each.version for each in found] == ["no version!", "1.0"]


@pytest.mark.parametrize(
    ("version", "past"),
    [("1.2", False), ("1.10", True), ("1.3", True), ("1.3rc1", False), ("no version", False)],
)
def test_a_fix_is_compared_as_the_ecosystem_orders(
    settings: Settings, version: str, past: bool
) -> None:
    of = case(known={"fixed": "1.3"})
    keep(settings, run(SICK, of=of, version=version), of)
    assert published(settings).related.past_fix is past


class TestCampaignsOfTheCase:
    def verify(self, helps: bool | None, os: str = "debian-12") -> Subject:
        with_it = answer("1.2", "not-reproduced", os=os)
        made = VerifiedWorkaround(
            workaround="a seed", helps=helps, why="", control=answer("1.2"), with_it=with_it
        )
        return campaign("verify", VerifyAnswer(workarounds=(made,)))

    def kept(self, settings: Settings, found: Subject) -> None:
        name = keep_campaign(settings, found, case(workarounds=SEED))
        keep(settings, run(SICK, name=f"20261121-224255-{name[-4:]}"), case(), campaign=name)

    def test_a_workaround_that_was_seen_to_help(self, settings: Settings) -> None:
        self.kept(settings, self.verify(helps=True))
        seen_to_help = published(settings).related.workaround
        assert seen_to_help is not None
        assert (seen_to_help.name, seen_to_help.run) == ("a seed", "r1")

    @pytest.mark.parametrize(
        ("helps", "os"), [(False, "debian-12"), (None, "debian-12"), (True, "rocky-9")]
    )
    def test_one_that_does_not_or_elsewhere_is_none(
        self, settings: Settings, helps: bool | None, os: str
    ) -> None:
        self.kept(settings, self.verify(helps, os))
        assert published(settings).related.workaround is None

    def test_the_bisection_that_was_answered(self, settings: Settings) -> None:
        self.kept(settings, campaign("bisect", BISECTED))
        abstained = BISECTED.model_copy(update={"state": "abstained"})
        self.kept(settings, campaign("bisect", abstained))
        assert published(settings).related.bisection == BISECTED

    def test_one_that_is_damaged_or_goes_on_is_left_out(self, settings: Settings) -> None:
        self.kept(settings, campaign("bisect", None))
        self.kept(settings, self.verify(helps=True))
        for path in settings.campaigns.glob("*/summary.json"):
            path.write_text("{")
        related = published(settings).related
        assert (related.bisection, related.workaround) == (None, None)


def issue(name: Any, looked: str, os: str = "debian-12") -> Issue:
    return Issue(
        case="demo-1", os=os, topology="single", digest="0", state=State(name=name),
        since="2026-11-20T01:00:00+00:00", looked=looked,
    )  # fmt: skip


class TestState:
    def write(self, settings: Settings, name: str, *issues: Issue) -> None:
        states = States(catalogue=name, issues={each.key: each for each in issues})
        path = settings.home / "recheck" / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(states.model_dump_json())

    def test_is_that_of_the_last_look_at_any_catalogue(self, settings: Settings) -> None:
        keep(settings, run(SICK), case())
        self.write(settings, "a", issue("open", "2026-11-20"), issue("back", "2026-11-22", "x-1"))
        self.write(settings, "b", issue("flaky", "2026-11-21"))
        related = published(settings).related
        assert related.state == State(name="flaky")
        assert related.since == "2026-11-20T01:00:00+00:00"

    def test_damaged_files_and_other_issues_say_nothing(self, settings: Settings) -> None:
        keep(settings, run(SICK), case())
        self.write(settings, "a", issue("open", "2026-11-20", "rocky-9"))
        broken = settings.home / "recheck" / "b.json"
        broken.write_text('{"schema_":1,"issues":{"demo-1 debian-12 single":{')
        (settings.home / "recheck" / "c.json").write_bytes(b"\xff")
        assert published(settings).related.state is None


def test_all_of_it_is_redacted(settings: Settings) -> None:
    of = case(title="stops at hunter22-secret", tickets=["desk:hunter22-secret"])
    keep(settings, run(step("ProtocolError: hunter22-secret"), of=of), of)
    outgoing = Outgoing(Redactor(["hunter22-secret"]))
    found = subject_of(settings, "last", outgoing)
    assert "hunter22" not in repr(found)
    assert found.redacted == outgoing.counts
    assert sum(found.redacted.values()) >= 4
