from __future__ import annotations

from typing import Any

from repro import flow
from repro.model.observation import LogObservation, ModuleObservation, ProbeObservation
from repro.provider.memory import MemoryProvider, Reply
from tests.support import MemoryRecord, a_case, planned, tools


def observed(provider: MemoryProvider, **keys: Any) -> tuple[MemoryRecord, str]:
    record = MemoryRecord()
    summary = flow.run_case(planned(a_case(**keys)), tools(provider), record)
    return record, summary.verdict.verdict


def test_one_question_is_asked_once_however_often_it_is_judged() -> None:
    provider = MemoryProvider()
    provider.answer("count", Reply(stdout=b"7"))
    record, verdict = observed(
        provider,
        symptom=[{"on": "node", "run": "count", "stdout": "7"}],
        healthy=[{"on": "node", "run": "count", "stdout": {"equals": "8"}}],
    )
    assert len([o for o in record.observations if isinstance(o, ProbeObservation)]) == 1
    assert verdict == "reproduced"


def test_only_what_a_log_got_since_the_steps_began_counts() -> None:
    provider = MemoryProvider()
    provider.answer("wc -c", Reply(stdout=b"100"), Reply(stdout=b"140"))
    provider.answer("+101", Reply(stdout=b"new line\n"))
    record, verdict = observed(
        provider, symptom=[{"log": "/var/log/x", "on": "node", "matches": "^new line$"}]
    )
    log = next(o for o in record.observations if isinstance(o, LogObservation))
    assert log.text == "new line\n"
    assert verdict == "reproduced"


def test_a_log_that_was_begun_anew_is_read_from_its_start() -> None:
    provider = MemoryProvider()
    provider.answer("wc -c", Reply(stdout=b"100"), Reply(stdout=b"9"))
    provider.answer("+1", Reply(stdout=b"new line\n"))
    _, verdict = observed(
        provider, symptom=[{"log": "/var/log/x", "on": "node", "matches": "^new line$"}]
    )
    assert verdict == "reproduced"


def test_a_module_that_cannot_tell_decides_nothing() -> None:
    provider = MemoryProvider()
    provider.answer("uname", Reply(stdout=b"Linux\n"))
    record, verdict = observed(
        provider, symptom=[{"on": "node", "file": {"path": "/x", "no_such_attribute": True}}]
    )
    seen = next(o for o in record.observations if isinstance(o, ModuleObservation))
    assert "no_such_attribute" in seen.error
    assert verdict == "inconclusive"


def test_values_of_a_module_are_kept_as_they_were() -> None:
    provider = MemoryProvider()
    provider.answer("uname", Reply(stdout=b"Linux\n"))
    provider.answer("test -e", Reply())
    record, verdict = observed(
        provider, symptom=[{"on": "node", "file": {"path": "/etc/x", "exists": True}}]
    )
    seen = next(o for o in record.observations if isinstance(o, ModuleObservation))
    assert seen.values == {"exists": True}
    assert verdict == "reproduced"
