"""JUnit XML for CI systems, which show whether an issue is there.

A suite is a case or a campaign, a test case is a cell (of ``repro verify``: a workaround).  The
issue being there is the failure: a pipeline turns green when it is gone.

========================  ==========  ================================
verdict                   test case   workaround
========================  ==========  ================================
not-reproduced            passed      helps
reproduced                failure     does not help
inconclusive              skipped     cannot be told
different-failure         error
environment-failed        error
unfinished                error
========================  ==========  ================================
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite

from repro.model.account import Account, Quote, Subject
from repro.model.campaign import CampaignRecord, CellsAnswer, VerifiedWorkaround, VerifyAnswer
from repro.model.observation import StepObservation
from repro.model.phrase import plain
from repro.model.plan import Cell
from repro.model.record import RunRecord
from repro.report.account import account_of
from repro.report.answers import answer_of, cells_of
from repro.report.text import printable
from repro.report.words import Words

#: Characters of one output, at most.
_OUTPUT = 20_000


def render(subject: Subject, words: Words) -> str:
    """The suite as XML."""
    suite = TestSuite(printable(_name(subject)))
    for key, value in _properties(subject):
        suite.add_property(key, printable(value))
    suite.add_testcases(_cases(subject, words))
    suite.update_statistics()  # type: ignore[no-untyped-call]
    report = JUnitXml("repro")
    report.add_testsuite(suite)
    # Jenkins' schema knows no `skipped` here, which `update_statistics` would write.
    report.tests, report.failures, report.errors = suite.tests, suite.failures, suite.errors
    report.time = suite.time
    xml: bytes = report.tostring()  # type: ignore[no-untyped-call]
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{xml.decode()}\n'


def _name(subject: Subject) -> str:
    if subject.campaign is not None:
        return f"{subject.campaign.header.kind} {subject.campaign.header.title}"
    return subject.run.header.cell.case if subject.run else ""


def _properties(subject: Subject) -> Iterator[tuple[str, str]]:
    header = subject.campaign.header if subject.campaign else None
    if header is not None:
        yield from (("campaign", header.campaign), ("tool", header.tool))
    elif subject.run is not None:
        yield from (("run", subject.run.header.run), ("tool", subject.run.header.tool))
        yield "title", subject.run.header.title
    for kind, count in subject.redacted.items():
        yield f"redacted {kind}", str(count)


def _cases(subject: Subject, words: Words) -> list[TestCase]:
    if subject.campaign is not None:
        return list(_of_campaign(subject.campaign, words))
    account = account_of(subject)
    return [_of_run(subject.run, account, words)] if subject.run and account else []


def _of_run(record: RunRecord, account: Account, words: Words) -> TestCase:
    seconds = record.summary.seconds if record.summary else 0.0
    reason = plain(words.worded(account, "reason"))
    made = _test(account.cell, account.verdict, reason, seconds, words)
    for result in made.result:
        result.text = printable("\n".join(_evidence(account.quotes)))
    steps = [item for item in record.observations if isinstance(item, StepObservation)]
    made.system_out = printable("\n".join(map(_step, steps)))
    return made


def _of_campaign(record: CampaignRecord, words: Words) -> Iterator[TestCase]:
    answer = answer_of(record)
    if isinstance(answer, VerifyAnswer):
        yield from (_of_workaround(each, words) for each in answer.workarounds)
        return
    for each in answer.cells if isinstance(answer, CellsAnswer) else cells_of(record.outcomes):
        reason = plain(words.worded(each, "reason"))
        made = _test(each.cell, each.verdict, reason, each.seconds, words)
        made.system_out = printable("\n".join([reason, *each.runs]))
        yield made


def _of_workaround(verified: VerifiedWorkaround, words: Words) -> TestCase:
    shown = {True: "not-reproduced", False: "reproduced", None: "inconclusive"}
    tried, why = verified.with_it, plain(words.worded(verified, "why"))
    made = _test(tried.cell, shown[verified.helps], why, tried.seconds, words)
    made.system_out = printable("\n".join([why, *verified.control.runs, *tried.runs]))
    return made


def _test(cell: Cell, verdict: str, reason: str, seconds: float, words: Words) -> TestCase:
    parts = (cell.os, cell.version, cell.topology, cell.workaround)
    made = TestCase(printable(", ".join(filter(None, parts))), cell.case, round(seconds, 3))
    kinds = {"reproduced": Failure, "inconclusive": Skipped, "not-reproduced": None}
    kind = kinds.get(verdict, Error)
    if kind is not None:
        told = ": ".join(filter(None, (words.name("verdict", verdict), reason)))
        made.result = [kind(printable(told), verdict)]
    return made


def _evidence(quotes: Iterable[Quote]) -> Iterator[str]:
    for quote in quotes:
        yield f"{quote.step or quote.command} ({quote.node}):"
        yield quote.text
        yield ""


def _step(step: StepObservation) -> str:
    shown = [f"$ {step.command}", step.result.stdout.text, step.result.stderr.text]
    return "\n".join(text[-_OUTPUT:].rstrip("\n") for text in shown if text)
