from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from repro.errors import InputError
from repro.model.account import Related, Subject
from repro.model.bisection import BisectAnswer, Boundary, Stretch, VersionSeen
from repro.model.campaign import CellAnswer, CellsAnswer, VerifiedWorkaround, VerifyAnswer
from repro.model.observation import Rate
from repro.model.recheck import Change, RecheckAnswer, State, Told
from repro.report.markdown import render
from repro.report.words import Words
from tests.unit.report.subjects import (
    ODD,
    SICK,
    TROUBLE,
    WELL,
    campaign,
    case,
    outcome,
    related,
    seen,
    step,
    subject,
    unfinished,
)
from tests.unit.report.test_escape import PIECES


def told(found: Subject, language: str = "en") -> str:
    return render(found, Words(language))


def answer(version: str, verdict: Any = "reproduced", **rest: Any) -> CellAnswer:
    cell = outcome(version, os=rest.pop("os", "debian-12")).cell
    return CellAnswer(cell=cell, verdict=verdict, reason="because", runs=("r1",), **rest)


class TestARun:
    def test_the_verdict_comes_first_then_facts_evidence_advice_and_the_command(self) -> None:
        text = told(subject(SICK))
        assert text.startswith(
            "**Reproduced**: The reported issue shows on debian-12 with version 1.2.\n"
        )
        parts = [
            "### Facts",
            "### What was observed",
            "### What follows",
            "### Run it again",
            "---",
        ]
        assert [row for row in text.split("\n") if row in parts] == parts
        assert "```sh\nrepro run 20261121-224155-demo-1-0a1b\n```" in text
        assert "`repro run demo-1.yml --os debian-12 --version 1.2`" in text

    def test_the_line_with_the_match_is_pointed_at(self) -> None:
        block = (
            "```text\n$ client --get\n    connecting\n>>> ProtocolError: got 7 bytes\n    bye\n```"
        )
        assert f"Step `client` on `node` (exit status 1):\n\n{block}" in told(subject(SICK))

    def test_a_step_that_printed_nothing_is_said_to_have(self) -> None:
        of = case(symptom=[{"step": "client", "exit": 1, "stdout": {"equals": ""}}])
        text = told(subject(step(), of=of))
        assert "```text\n$ client --get\n```\n\nIt printed nothing.\n\n###" in text
        assert "printed nothing" not in told(subject(SICK))

    def test_fidelity_is_told_point_by_point(self) -> None:
        text = told(subject(WELL, version="1.3"))
        assert "| Point | Customer | Here | Grade |\n|---|---|---|---|\n" in text
        assert "| pkg:pypi/demo | 1.2 | 1.3 | different |" in text
        assert "matters where the issue depends on the kernel" in text

    def test_upgrade_names_the_run_that_saw_it(self) -> None:
        text = told(subject(SICK, related=related(seen("1.2", "reproduced"), seen("1.4"))))
        assert "- Upgrade to 1.4, the first release that was seen here" in text
        assert "(run `run-1.4`)" in text

    def test_what_is_believed_is_told_apart_from_what_was_seen(self) -> None:
        text = told(subject(SICK, of=case(known={"fixed": "1.3"})))
        assert "said to be fixed in 1.3. That was not seen here yet" in text
        assert "`repro run 20261121-224155-demo-1-0a1b --version 1.3`" in text

    def test_what_the_os_carries_cannot_be_asked_for_in_another_version(self) -> None:
        of = case(
            environment={"os": "debian-12", "product": "pkg:deb/debian/demo"},
            known={"fixed": "1.3"},
        )
        text = told(subject(SICK, of=of, version=None))
        assert text.startswith("**Reproduced**: The reported issue shows on debian-12.\n")
        assert "said to be fixed in 1.3. That was not seen here yet; another release" in text
        assert "--version" not in text

    def test_new_goes_to_development(self) -> None:
        assert "`repro export 20261121-224155-demo-1-0a1b`" in told(subject(SICK))

    def test_not_reproduced_asks_three_questions(self) -> None:
        text = told(subject(WELL))
        assert text.startswith("**Not reproduced**: ")
        assert "differs from the customer's, or may differ, in: kernel (" in text
        assert [row[:5] for row in text.split("\n") if row.startswith("  ")] == [
            "  1. ", "  2. ", "  3. ",
        ]  # fmt: skip

    def test_where_theirs_shows_it_the_run_is_named_and_nobody_is_asked(self) -> None:
        known = Related(theirs=seen("1.2", "reproduced", run="run-a"))
        text = told(subject(WELL, version="1.3", related=known))
        assert "- On the customer's OS and version it shows (run `run-a`)." in text
        assert "differs from the customer's, or may differ, in: pkg:pypi/demo (" in text
        assert "asked of the customer" not in text

    def test_the_first_line_names_the_workaround_that_was_tried(self) -> None:
        found = subject(
            WELL,
            of=case(workarounds=[{"name": "a seed", "env": {"SEED": "0"}}]),
            workaround="a seed",
        )
        assert told(found).startswith(
            "**Not reproduced**: The reported issue does not show on debian-12 with version 1.2"
            " (with the workaround “a seed”).\n"
        )
        assert "回避策「a seed」を適用" in told(found, "ja").split("\n")[0]

    def test_trouble_says_nothing_of_the_issue(self) -> None:
        text = told(subject(TROUBLE))
        assert text.startswith("**The environment failed**: ")
        assert "This says nothing about the issue." in text
        assert "at the stage preparation:\n\n```text\npip could not install demo 1.2\n```" in text
        assert "Cause: no such version\n" in text
        assert "- Next: correct the version" in text

    def test_another_failure_and_no_answer_name_what_to_correct(self) -> None:
        assert "Look at the step above." in told(subject(ODD))
        assert "Correct the symptom or the healthy state" in told(
            subject(step(stdout="other", code=0))
        )

    def test_what_is_next_is_shown_as_the_command_that_it_is(self) -> None:
        trouble = TROUBLE.model_copy(update={"action": "correct `setup`; see *there*"})
        assert "- Next: correct `setup`; see \\*there\\*\n" in told(subject(trouble))

    def test_a_run_without_a_verdict_leaves_no_gap(self) -> None:
        text = told(unfinished())
        assert text.startswith("**Unfinished**: The run on debian-12 with version 1.2 came to no ")
        assert "- Run it again. What was prepared" in text
        assert "\n\n\n" not in text

    def test_nothing_is_said_to_be_new_where_the_case_cannot_be_read(self) -> None:
        text = told(subject(SICK).model_copy(update={"case": None}))
        assert "This issue is new" not in text
        assert "### What follows" not in text
        assert "\n\n\n" not in text

    def test_redactions_are_counted(self) -> None:
        found = subject(SICK).model_copy(update={"redacted": {"known": 2, "email": 1}})
        assert told(found).endswith("repro 0.1.0 · redacted: known secrets 2, e-mail addresses 1\n")
        assert told(subject(SICK)).endswith("· nothing was redacted\n")

    def test_the_state_is_told_where_a_recheck_knows_it(self) -> None:
        known = related().model_copy(
            update={"state": State(name="back", version="1.9"), "since": "2026-11-20T01:02:03"}
        )
        assert "- State: back in 1.9, since 2026-11-20" in told(subject(SICK, related=known))


class TestACampaign:
    def test_that_has_not_ended_says_how_to_go_on(self) -> None:
        text = told(campaign("matrix", None, outcome("1.2")))
        assert "runs made so far: 1. `repro resume" in text
        assert "`repro resume 20261121-224155-matrix-demo-1-0a1b`" in text

    def test_a_matrix_is_a_table(self) -> None:
        rate = Rate(runs=10, reproduced=3, low=0.1, high=0.6)
        cells = (
            answer("1.2", rate=rate),
            answer("1.2", "environment-failed", os="rocky-9"),
            answer("1.3", "not-reproduced"),
        )
        text = told(campaign("matrix", CellsAnswer(cells=cells)))
        assert "Combinations that show the issue: 1 of 3." in text
        assert "| Version | debian-12 | rocky-9 |\n|---|---|---|\n" in text
        assert "| 1.2 | ● Reproduced (3 of 10 runs) | ✗ The environment failed |" in text
        assert "| 1.3 | ○ Not reproduced |  |" in text
        assert "- rocky-9 1.2: The environment failed: because" in text

    def test_what_has_no_version_is_named_by_its_os_alone(self) -> None:
        made = answer("1.2", "environment-failed")
        bare = made.model_copy(update={"cell": made.cell.model_copy(update={"version": None})})
        text = told(campaign("matrix", CellsAnswer(cells=(bare,))))
        assert "- debian-12: The environment failed: because" in text

    def test_a_large_matrix_leaves_room_for_what_follows(self) -> None:
        cells = tuple(answer(f"1.{n}", "environment-failed") for n in range(100))
        text = told(campaign("matrix", CellsAnswer(cells=cells)))
        assert len(text.splitlines()) < 90
        assert "| 1.59 | ✗ The environment failed |\n\nMore in the record: 40.\n" in text
        assert "- debian-12 1.9: The environment failed: because\n\nMore in the record: 90." in text

    def test_a_bisection_tells_its_boundaries(self) -> None:
        text = told(campaign("bisect", BISECTED))
        assert "- The issue appears first in 1.1; 1.0 is without it (99.98 %)." in text
        assert "- It is fixed in 1.3; 1.1 is affected (95 %). Between the two lie 1.2," in text
        assert "Confidence 94 %, from 5 runs." in text
        assert "| 1.1 | ● affected | 2 / 2 |" in text
        assert "| 1.2 | could not be run: no wheel | 0 / 0 |" in text

    def test_a_bisection_that_abstains_says_why(self) -> None:
        made = BisectAnswer(
            state="abstained", headline="cannot tell", cause="few runs", action="use `--good`"
        )
        text = told(campaign("bisect", made))
        assert "could not be told. cannot tell" in text
        assert "Cause: few runs\nNext: use `--good`" in text

    @pytest.mark.parametrize(
        ("helps", "words"),
        [(True, "“a seed” helps: without"), (False, "“a seed” does not help. Reason: why"),
         (None, "Whether “a seed” helps could not be told. Reason: why")],
    )  # fmt: skip
    def test_a_workaround_helps_or_not(self, helps: bool | None, words: str) -> None:
        made = VerifiedWorkaround(
            workaround="a seed", helps=helps, why="why", control=answer("1.2"),
            with_it=answer("1.2", "not-reproduced"), changed=("SEED: none → 0",),
        )  # fmt: skip
        text = told(campaign("verify", VerifyAnswer(workarounds=(made,))))
        assert f"- {words}" in text
        assert "  - SEED: none → 0" in text

    def test_a_recheck_tells_what_changed(self) -> None:
        change = Change(
            case="demo-1", title="a title", os="debian-12", topology="single", before=None,
            after=State(name="fixed", version="1.9"), since="2026-11-20",
        )  # fmt: skip
        made = RecheckAnswer(
            issues=9, cells=12, changed=(change,), left=3,
            unchecked=(Told(case="demo-2", os="rocky-9", text="no image"),),
        )  # fmt: skip
        text = told(campaign("recheck", made, case=None))
        assert "Issues that changed: 1 of 9; runs: 12." in text
        assert "| `demo-1`: a title | debian-12 | first look | fixed in 1.9 |" in text
        assert "Could not be checked:\n\n- `demo-2` (rocky-9): no image" in text
        assert "left for the next look: 3." in text

    def test_a_quiet_night_is_one_line(self) -> None:
        text = told(campaign("recheck", RecheckAnswer(issues=9, cells=12), case=None))
        assert "Nothing changed. Issues looked at: 9; runs: 12." in text

    def test_a_workaround_says_in_how_many_runs_it_was_seen_to_help(self) -> None:
        control = answer("1.2", rate=Rate(runs=3, reproduced=2, low=0.2, high=0.9))
        with_it = answer("1.2", "not-reproduced", rate=Rate(runs=10, reproduced=0, low=0, high=0.3))
        made = VerifiedWorkaround(
            workaround="a seed", helps=True, why="why", control=control, with_it=with_it
        )
        text = told(campaign("verify", VerifyAnswer(workarounds=(made,))))
        assert "  - Runs that show the issue: without it 2 / 3, with it 0 / 10.\n" in text

    def test_the_run_that_shows_it_follows(self) -> None:
        found = campaign("bisect", BISECTED).model_copy(update={"run": subject(SICK).run})
        text = told(found)
        assert text.index("appears first") < text.index("### The run that shows it")
        assert "**Reproduced**: " in text


BISECTED = BisectAnswer(
    state="answered",
    headline="x",
    boundaries=(
        Boundary(kind="introduced", before="1.0", after="1.1", confidence=0.9998),
        Boundary(kind="fixed", before="1.1", after="1.3", between=("1.2",), confidence=0.95),
    ),
    stretches=(
        Stretch(first="1.0", last="1.0", state="clean"),
        Stretch(first="1.1", last="1.1", state="affected"),
        Stretch(first="1.2", last="1.3", state="clean"),
    ),
    versions=(
        VersionSeen(version="1.1", runs=2, reproduced=2),
        VersionSeen(version="1.2", runs=0, reproduced=0, skipped="no wheel"),
        VersionSeen(version="1.3", runs=3, reproduced=0),
    ),
    confidence=0.94,
    evaluations=5,
)


class TestInJapanese:
    def test_everything_of_ours_is(self) -> None:
        text = told(subject(SICK), "ja")
        assert text.startswith("**再現**: debian-12、バージョン 1.2 で、ご報告の事象が発生する")
        for heading in ("### 検証内容", "### 確認した内容", "### 今後の対応", "### 再実行の方法"):
            assert f"\n{heading}\n" in text
        assert "| カーネル | Debian-12 のもの | 検証機のもの" in text
        assert ">>> ProtocolError: got 7 bytes" in text

    def test_questions_are(self) -> None:
        text = told(subject(WELL), "ja")
        assert "- お客様への確認事項\n  1. 既定値から変更されている設定" in text


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=6).map("".join), st.text(max_size=30))
def test_hostile_texts_make_no_markup_anywhere(title: str, output: str) -> None:
    of = case(title=f"x{title}"[:300], workarounds=[{"name": f"w{title}", "env": {"A": "b"}}])
    found = subject(step(f"{output}\nProtocolError: {title}"), of=of)
    for language in ("en", "ja"):
        tokens = MarkdownIt("commonmark").enable(["table"]).parse(told(found, language))
        inside = {child.type for token in tokens for child in token.children or ()}
        assert inside <= {"text", "text_special", "code_inline", "strong_open", "strong_close",
                          "softbreak"}  # fmt: skip
        assert not {"html_block"} & {token.type for token in tokens}
        assert [token.content.split("\n")[0] for token in tokens if token.type == "fence"] == [
            "$ client --get", "repro run 20261121-224155-demo-1-0a1b",
        ]  # fmt: skip


class TestATeamsTemplates:
    def test_come_first_file_by_file(self, tmp_path: Path) -> None:
        (tmp_path / "report.md.j2").write_text("OUR HEAD {{ account.title }}")
        (tmp_path / "ja").mkdir()
        (tmp_path / "ja" / "report.md.j2").write_text("日本語 {{ account.cell.case }}", "utf-8")
        found = subject(SICK)
        assert render(found, Words("en", tmp_path)).startswith("OUR HEAD the client stops")
        assert render(found, Words("ja", tmp_path)) == "日本語 demo-1\n"

    def test_part_of_ours_may_be_replaced(self, tmp_path: Path) -> None:
        (tmp_path / "campaign.md.j2").write_text("our campaign")
        assert render(campaign("matrix"), Words("en", tmp_path)).startswith("our campaign\n")

    def test_all_that_they_print_is_escaped(self, tmp_path: Path) -> None:
        (tmp_path / "report.md.j2").write_text("{{ case.title }}")
        found = subject(SICK, of=case(title="<b>*x*</b> @all"))
        assert render(found, Words("en", tmp_path)) == r"\<b\>\*x\*\</b\> `@all`" + "\n"

    @pytest.mark.parametrize(
        ("text", "line"),
        [
            ("a\nb {{ nothing }}\n", 2),
            ("a\n\n{% if %}\n", 3),
            ("{{ account.nothing.more }}", 1),
            ("{{ 1 / 0 }}", 1),
            ("x\n{{ ''.__class__.__mro__ }}", 2),
            ("{% include 'none.md.j2' %}", 1),
            ("{{ say('no.such.key') }}", None),
        ],
    )
    def test_a_wrong_one_is_named_with_its_line(
        self, tmp_path: Path, text: str, line: int | None
    ) -> None:
        path = tmp_path / "report.md.j2"
        path.write_text(text)
        with pytest.raises(InputError) as caught:
            render(subject(SICK), Words("en", tmp_path))
        wanted = f"{path}, line {line}" if line else "has no no.such.key"
        assert wanted in caught.value.what

    def test_compiled_ones_are_kept_and_seen_to_change(self, tmp_path: Path) -> None:
        cache, ours = tmp_path / "cache", tmp_path / "ours"
        ours.mkdir()
        for text in ("one", "two"):
            (ours / "report.md.j2").write_text(text)
            assert render(subject(SICK), Words("en", ours, cache)) == f"{text}\n"
        assert [path for path in cache.rglob("*.cache") if path.is_file()]

    def test_a_cache_that_cannot_be_made_is_done_without(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        assert render(subject(SICK), Words("en", None, tmp_path / "file" / "x"))
