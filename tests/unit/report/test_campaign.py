from __future__ import annotations

from typing import Any

from repro.model.bisection import BisectAnswer
from repro.model.campaign import (
    CampaignHeader,
    CampaignKind,
    CampaignRecord,
    CampaignSummary,
    CellAnswer,
    CellsAnswer,
    VerifiedWorkaround,
    VerifyAnswer,
)
from repro.model.observation import VerdictName
from repro.model.plan import Cell
from repro.model.recheck import Change, RecheckAnswer, State, Told
from repro.report.campaign import (
    show_bisection,
    show_campaigns,
    show_failures,
    show_grid,
    show_rates,
)
from repro.report.campaign_answer import show_answer, show_campaign
from repro.report.digest import show_digest, show_states
from repro.report.text import plain
from repro.stats import rate_of
from tests.campaigns import a_cell, an_outcome
from tests.unit.record.test_states import issue


def answer(cell: Cell, verdict: VerdictName = "reproduced", **more: Any) -> CellAnswer:
    return CellAnswer(cell=cell, verdict=verdict, reason="so it was", runs=("run-1",), **more)


def rows(lines: Any) -> list[list[str]]:
    return [line.split() for line in plain(lines).splitlines()]


def summary(kind: CampaignKind, found: Any) -> CampaignSummary:
    return CampaignSummary(
        campaign="c", kind=kind, title="t", started="", seconds=1.0, exit_status=0, headline="all",
        answer=found.model_dump(mode="json"),
    )  # fmt: skip


def test_a_grid_has_versions_downwards_and_oses_across() -> None:
    cells = [a_cell(v, os=os) for v in ("1.0", "2.0") for os in ("debian-12", "debian-13")]
    answers = {
        cells[0]: answer(cells[0]),
        cells[1]: answer(cells[1], "not-reproduced", rate=rate_of(0, 3)),
    }
    assert rows(show_grid(cells, answers, [cells[2]])) == [
        ["debian-12", "debian-13"],
        ["1.0", "●", "reproduced", "○", "not-reproduced", "0/3"],
        ["2.0", "…", "·"],
    ]


def test_a_grid_names_only_what_differs() -> None:
    base = a_cell(None)
    calm = base.model_copy(update={"workaround": "calm"})
    other = a_cell(None, case="another")
    (head, *_) = rows(show_grid([base, calm], {}))
    assert head == ["debian-12", "debian-12", "calm"]
    assert [row[0] for row in rows(show_grid([base, other], {}))[1:]] == ["a-case", "another"]


def test_failures_stand_last_and_name_a_run() -> None:
    cells = [a_cell(v) for v in ("1.0", "2.0", "3.0")]
    answers = CellsAnswer(
        cells=(
            answer(cells[0], "environment-failed"),
            answer(cells[1], rate=rate_of(1, 3), replaced=1, clean_runs=8),
            answer(cells[2], "different-failure"),
        )
    )
    shown = plain(show_answer(summary("matrix", answers))).splitlines()
    failed = [n for n, line in enumerate(shown) if "repro show run-1" in line]
    rates = next(n for n, line in enumerate(shown) if "you need 8 clean runs" in line)
    assert len(failed) == 2
    assert rates < failed[0]
    assert "1 replaced" in shown[rates]
    assert show_failures([answers.cells[1]]) == []
    assert show_rates([answers.cells[0]]) == []


def test_workarounds() -> None:
    control = answer(a_cell())
    found = [
        VerifiedWorkaround(
            workaround=f"w{helps}", helps=helps, why="because", control=control, with_it=control,
            changed=("setting: a: 1 → 2",) if helps else (),
        )
        for helps in (True, False, None)
    ]  # fmt: skip
    shown = plain(show_answer(summary("verify", VerifyAnswer(workarounds=tuple(found)))))
    for words in ("✓ helps", "✗ does not help", "? cannot be told", "setting: a: 1 → 2"):
        assert shown.count(words) == 1


def test_a_campaign_says_how_to_go_on_with_it() -> None:
    header = CampaignHeader(
        campaign="20261122-x", kind="matrix", title="t", tool="0", started="2026-11-22"
    )
    replaced = an_outcome(a_cell(), "environment-failed", counted=False)
    record = CampaignRecord(folder="f", header=header, outcomes=(replaced,), notes=("torn",))
    shown = plain(show_campaign(record))
    assert "go on with: repro resume 20261122-x" in shown
    assert "so it was (replaced)" in shown
    assert "torn" in shown
    finished = record.model_copy(update={"summary": summary("matrix", CellsAnswer(cells=()))})
    assert "repro resume" not in plain(show_campaign(finished))
    listed = show_campaigns([finished, record, record.model_copy(update={"goes_on": True})])
    text = plain(listed)
    assert [text.count(state) for state in ("finished", "ended early", "goes on")] == [1, 1, 1]
    assert plain(show_campaigns([])) == "no campaigns\n"


def test_a_quiet_night_is_one_line() -> None:
    assert plain(show_digest(RecheckAnswer(issues=7, cells=3))) == (
        "7 issues, 3 runs: nothing changed\n"
    )


def test_a_digest_tells_what_changed_first_and_what_is_left_last() -> None:
    change = Change(
        case="black", title="it breaks", os="debian-12", topology="single",
        before=State(name="open"), after=State(name="fixed", version="24.8"), since="2026",
    )  # fmt: skip
    told = Told(case="black", os="debian-12", text="known.fixed is 1, but 2 shows it")
    failed = Told(case="redis", os="debian-13", text="the registry did not answer")
    found = RecheckAnswer(
        issues=2, cells=2, changed=(change,), contradictions=(told,), unchecked=(failed,), left=4
    )
    lines = plain(show_digest(found)).splitlines()
    places = [
        next(n for n, line in enumerate(lines) if words in line)
        for words in ("fixed in 24.8", "known.fixed is 1", "did not answer", "4 issues are left")
    ]
    assert places == sorted(places)
    assert places[-1] == len(lines) - 1
    assert lines[0].strip()
    first = found.model_copy(update={"changed": (change.model_copy(update={"before": None}),)})
    assert "first look" in plain(show_digest(first))


def test_states_are_sorted_with_since_when() -> None:
    shown = plain(show_states([issue("b"), issue("a", "flaky")])).splitlines()
    assert [line.split()[0] for line in shown] == ["a", "b"]
    assert "since 2026-11-21" in shown[0]
    assert plain(show_states([])) == "nothing was looked at yet\n"


def test_what_is_refused_says_what_to_do() -> None:
    refused = BisectAnswer(
        state="refused", headline="2.0, named as good, is affected", cause="it reproduced in 1 run",
        action="name another release with --good",
    )  # fmt: skip
    shown = plain(show_bisection(refused))
    assert "2.0, named as good, is affected" in shown
    assert "cause: it reproduced in 1 run" in shown
    assert "next: name another release with --good" in shown
