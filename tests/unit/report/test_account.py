from __future__ import annotations

from typing import Any

import pytest

from repro.model.account import Account, Advice, Related, Subject
from repro.model.observation import VersionObservation
from repro.report.account import account_of
from tests.unit.report import subjects
from tests.unit.report.subjects import ODD, SICK, TROUBLE, WELL, case, related, seen, subject

WORKAROUND: list[dict[str, Any]] = [{"name": "a fixed seed", "env": {"SEED": "0"}}]


def account(found: Subject) -> Account:
    made = account_of(found)
    assert made is not None
    return made


def advice(found: Subject) -> list[Advice]:
    return list(account(found).advice)


def test_a_campaign_without_a_run_of_its_own_has_no_account() -> None:
    assert account_of(subjects.campaign("recheck")) is None


def test_the_facts_are_those_of_the_run() -> None:
    made = account(subject(SICK))
    assert (made.verdict, made.title) == ("reproduced", "the client stops with a protocol error")
    assert (made.product, made.customer_version, made.version_seen) == (
        "pkg:pypi/demo", "1.2", "1.2",
    )  # fmt: skip
    assert [point.point for point in made.fidelity][:3] == ["OS", "pkg:pypi/demo", "topology"]


class TestTheCommandThatRunsItAgain:
    def test_names_the_run_which_holds_all_that_it_takes(self) -> None:
        assert account(subject(SICK)).again == "repro run 20261121-224155-demo-1-0a1b"

    def test_from_the_case_file_it_names_the_cell(self) -> None:
        again = account(subject(SICK, version="1.3")).from_case
        assert again == "repro run demo-1.yml --os debian-12 --version 1.3"

    def test_has_the_variables_that_were_set(self) -> None:
        found = subject(SICK)
        assert found.run is not None
        header = found.run.header.model_copy(
            update={"overrides": {"version": "1.2", "vars.mode": "a b"}}
        )
        changed = found.run.model_copy(update={"header": header})
        again = account(found.model_copy(update={"run": changed})).from_case
        assert again.endswith("--version 1.2 --set 'mode=a b'")

    def test_verifies_where_the_run_had_a_workaround(self) -> None:
        of = case(workarounds=WORKAROUND)
        made = account(subject(WELL, of=of, workaround="a fixed seed"))
        assert made.again == "repro run 20261121-224155-demo-1-0a1b"
        assert made.from_case == "repro verify demo-1.yml --os debian-12 --version 1.2"


class TestReproduced:
    def test_upgrade_to_the_first_version_that_was_seen_without_it(self) -> None:
        known = related(seen("1.2", "reproduced"), seen("1.4"), seen("1.5"))
        of = case(known={"fixed": "1.3"})
        assert advice(subject(SICK, of=of, related=known)) == [
            Advice(kind="upgrade", version="1.4", run="run-1.4")
        ]

    def test_what_is_only_believed_says_which_command_would_look(self) -> None:
        (only,) = advice(subject(SICK, of=case(known={"fixed": "1.3"})))
        assert only == Advice(
            kind="upgrade",
            version="1.3",
            again="repro run 20261121-224155-demo-1-0a1b --version 1.3",
        )

    def test_a_workaround_that_was_seen_to_work(self) -> None:
        of = case(workarounds=WORKAROUND, references=["https://example.com/1"])
        found = subject(SICK, of=of, related=related(workaround="a fixed seed"))
        assert advice(found) == [Advice(kind="workaround", workaround="a fixed seed", run="run-w")]

    def test_workarounds_that_nobody_tried(self) -> None:
        of = case(workarounds=WORKAROUND, known={"introduced": "1.1"})
        (only,) = advice(subject(SICK, of=of))
        assert (only.workaround, only.choices) == (None, ("a fixed seed",))
        assert only.again == (
            "repro verify 20261121-224155-demo-1-0a1b --os debian-12 --version 1.2"
        )

    def test_known_and_nothing_helps(self) -> None:
        assert advice(subject(SICK, of=case(known={"introduced": "1.1"}))) == [
            Advice(kind="workaround")
        ]

    def test_new_is_handed_over(self) -> None:
        (only,) = advice(subject(SICK))
        assert only.kind == "hand-over"
        assert only.again == "repro export 20261121-224155-demo-1-0a1b"

    @pytest.mark.parametrize(
        "known",
        [related(seen("1.2", "reproduced"), seen("1.3", "reproduced")), Related(past_fix=True)],
        ids=["seen in the fix", "run on a later one"],
    )
    def test_a_fix_that_did_not_end_it_is_no_advice(self, known: Related) -> None:
        (only,) = [
            each
            for each in advice(subject(SICK, of=case(known={"fixed": "1.3"}), related=known))
            if each.kind != "workaround"
        ]
        assert (only.kind, only.version) == ("hand-over", "1.3")

    def test_upgrade_and_workaround_together(self) -> None:
        of = case(workarounds=WORKAROUND)
        known = related(seen("1.2", "reproduced"), seen("1.4"), workaround="a fixed seed")
        assert [each.kind for each in advice(subject(SICK, of=of, related=known))] == [
            "upgrade", "workaround",
        ]  # fmt: skip


class TestNotReproduced:
    def test_what_differs_and_three_questions(self) -> None:
        (only,) = advice(subject(WELL))
        assert only.kind == "compare"
        assert [point.point for point in only.differs] == ["kernel", "init", "resources"]
        assert only.questions == ("configuration", "output", "steps")

    def test_what_differs_most_is_asked_first(self) -> None:
        environment = {"os": "debian-12", "product": "pkg:pypi/demo"}
        of = case(repeat={"runs": 5}, environment=environment)
        (only,) = advice(subject(WELL, of=of, version="1.3"))
        assert only.questions == ("version", "frequency", "configuration")

    def test_what_the_case_says_already_is_not_asked_but_run(self) -> None:
        theirs, compared = advice(subject(WELL, version="1.3"))
        assert theirs == Advice(
            kind="rerun", again="repro run 20261121-224155-demo-1-0a1b --version 1.2"
        )
        assert "version" not in compared.questions

    def test_the_customers_version_on_another_os_does_not_count(self) -> None:
        elsewhere = subject(WELL, of=case(), version="1.2")
        assert elsewhere.run is not None
        header = elsewhere.run.header
        cell = header.cell.model_copy(update={"os": "debian-13"})
        moved = elsewhere.run.model_copy(
            update={"header": header.model_copy(update={"cell": cell})}
        )
        theirs, _ = advice(elsewhere.model_copy(update={"run": moved}))
        assert theirs.again.endswith(" --os debian-12")

    def test_the_version_of_the_customer_shows_it_and_this_one_does_not(self) -> None:
        known = related(seen("1.2", "reproduced"), seen("1.3", run="run-a"))
        assert advice(subject(WELL, version="1.3", related=known)) == [
            Advice(kind="upgrade", version="1.3", run="run-a")
        ]

    def test_where_theirs_shows_it_nobody_is_asked(self) -> None:
        known = Related(theirs=seen("1.2", "reproduced", run="run-a"))
        (only,) = advice(subject(WELL, version="1.3", related=known))
        assert (only.kind, only.run, only.questions) == ("compare", "run-a", ())
        assert only.differs

    def test_where_theirs_does_not_show_it_either_it_is_not_run_again(self) -> None:
        known = Related(theirs=seen("1.2"))
        (only,) = advice(subject(WELL, version="1.3", related=known))
        assert (only.kind, only.run) == ("compare", "")
        assert only.questions

    def test_with_a_workaround_it_helps_only_beside_its_control(self) -> None:
        of = case(workarounds=WORKAROUND)
        found = subject(WELL, of=of, workaround="a fixed seed")
        assert advice(found)[0].choices == ("a fixed seed",)
        beside = found.model_copy(update={"related": related(workaround="a fixed seed")})
        assert advice(beside)[0].workaround == "a fixed seed"


def test_trouble_asks_for_another_run_and_keeps_its_own_action() -> None:
    made = account(subject(TROUBLE))
    assert made.trouble is not None
    assert (made.trouble.stage, made.trouble.cause) == ("prepare", "no such version")
    assert [(each.kind, each.action) for each in made.advice] == [("rerun", "correct the version")]


@pytest.mark.parametrize(
    ("observations", "verdict"),
    [((ODD,), "different-failure"), ((subjects.step(stdout="other", code=0),), "inconclusive")],
    ids=["odd", "neither"],
)
def test_what_the_case_cannot_tell_is_to_be_corrected(observations: Any, verdict: str) -> None:
    made = account(subject(*observations))
    assert made.verdict == verdict
    assert [each.kind for each in made.advice] == ["correct"]


def test_a_run_that_was_ended_is_unfinished() -> None:
    found = subjects.run(SICK, verdict=None, summary=None, plan=None)
    made = account(Subject(run=found, related=Related()))
    assert (made.verdict, made.fidelity, made.quotes) == ("unfinished", (), ())
    assert [each.kind for each in made.advice] == ["rerun"]


def test_no_question_is_asked_of_a_point_that_is_the_customers() -> None:
    found = subject(VersionObservation(node="node", text="1.2"), WELL)
    (only,) = advice(found)
    assert not {"version", "os", "topology"} & set(only.questions)
