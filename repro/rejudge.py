"""Deciding a recorded run again, from its observations alone."""

from __future__ import annotations

from pathlib import Path

from repro.casefile import load
from repro.errors import InputError, RecordError
from repro.model.observation import Verdict
from repro.patterns import Matcher
from repro.record.history import History
from repro.record.read import case_text, read_run
from repro.record.rejudge import keep_judgement
from repro.settings import Settings
from repro.verdict import decide


def judge_again(folder: Path, settings: Settings, corrected: Path | None = None) -> Verdict:
    """The verdict by the recorded case, or by a corrected one of the same id; it is kept.

    Raises InputError for another case, CaseError for one with errors, RecordError.
    """
    record = read_run(folder)
    if record.plan is None:
        raise RecordError(f"the run {folder.name} was ended before its plan was kept")
    if corrected is None:
        symptom, healthy, text = record.plan.symptom, record.plan.healthy, case_text(folder)
    else:
        loaded = load(corrected)
        if loaded.case.id != record.header.cell.case:
            raise InputError(
                f"the run is one of {record.header.cell.case}, the file is {loaded.case.id}",
                action="give the case file that the run was made from, corrected",
            )
        symptom, healthy, text = loaded.case.symptom, loaded.case.healthy, loaded.text
    matcher = Matcher()
    try:
        names = [step.name for step in record.plan.steps]
        verdict = decide(symptom, healthy, record.observations, matcher.search, names)
    finally:
        matcher.close()
    summary = keep_judgement(folder, verdict, text)
    if summary is not None:
        with History(settings.history_url) as history:
            history.add(summary.model_copy(update={"verdict": verdict}), folder)
    return verdict
