from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from repro.record import keep_judgement, read_run, verify
from repro.record.folder import open_run
from repro.redact.known import MARK, Redactor
from repro.settings import Settings
from tests.unit.record import samples


def test_a_later_judgement_stands_beside_the_first(settings: Settings) -> None:
    folder = samples.whole_run(settings, "inconclusive").folder
    summary = keep_judgement(folder, samples.verdict("reproduced"), b"corrected")
    record = read_run(folder)
    assert summary is not None
    assert summary.verdict.verdict == "reproduced"
    assert record.verdict is not None
    assert record.verdict.verdict == "reproduced"
    assert record.summary is not None
    assert record.summary.verdict.verdict == "inconclusive"
    (judgement,) = record.judgements
    assert judgement.case_text == "corrected"
    assert verify(folder) == []


def test_without_another_case_the_runs_own_is_kept(settings: Settings) -> None:
    folder = samples.whole_run(settings).folder
    keep_judgement(folder, samples.verdict())
    assert read_run(folder).judgements[0].case_text == samples.CASE.decode()


def test_secrets_of_the_corrected_case_are_not_kept(settings: Settings) -> None:
    folder = samples.whole_run(settings).folder
    keep_judgement(folder, samples.verdict(), b"pw: hunter2hunter2", Redactor(["hunter2hunter2"]))
    assert read_run(folder).judgements[0].case_text == f"pw: {MARK}"


def test_an_unfinished_run_can_be_judged_and_stays_unfinished(settings: Settings) -> None:
    plan = samples.plan()
    with open_run(settings, samples.header(), samples.CASE, {}, plan) as recorder:
        recorder.observe(samples.observation())
    assert keep_judgement(recorder.folder, samples.verdict()) is None
    record = read_run(recorder.folder)
    assert record.verdict == samples.verdict()
    assert not record.finished


def test_judgements_at_once_are_all_kept(settings: Settings) -> None:
    folder = samples.whole_run(settings).folder
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda _: keep_judgement(folder, samples.verdict()), range(12)))
    assert [item.number for item in read_run(folder).judgements] == list(range(1, 13))
    assert verify(folder) == []
