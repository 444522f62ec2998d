"""What a run comes to and what follows from it, in codes; templates word it.  Pure."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from repro.model.account import Account, Advice, Question, Subject, Trouble
from repro.model.case import Case
from repro.model.observation import TroubleObservation
from repro.model.plan import Cell, FidelityPoint
from repro.model.record import RunRecord
from repro.report.quotes import quotes_of

#: Questions that a customer is asked at once.
_QUESTIONS = 3


def account_of(subject: Subject) -> Account | None:
    """The answer of the subject's run; None where it has none, as a recheck of many cases."""
    record = subject.run
    if record is None:
        return None
    again = command_of(record, subject.case)
    return Account(
        verdict=record.verdict.verdict if record.verdict else "unfinished",
        reason=record.verdict.reason if record.verdict else "",
        cell=record.header.cell,
        title=record.header.title,
        run=record.header.run,
        product=_product(record),
        customer_version=subject.case.environment.version if subject.case else None,
        version_seen=record.summary.version_seen if record.summary else None,
        trouble=_trouble(record),
        fidelity=record.plan.fidelity if record.plan else (),
        quotes=quotes_of(record),
        advice=tuple(_advice(subject, record, again)),
        again=again,
    )


def command_of(record: RunRecord, case: Case | None) -> str:
    """The command that runs it again, from the case file."""
    cell = record.header.cell
    command = ["repro", "verify" if cell.workaround else "run", f"{cell.case}.yml"]
    command += ["--os", cell.os]
    if cell.version:
        command += ["--version", cell.version]
    if case is not None and cell.topology != (case.environment.topology or "single"):
        command += ["--topology", cell.topology]
    for key, value in record.header.overrides.items():
        if key.startswith("vars."):
            command += ["--set", f"{key.removeprefix('vars.')}={value}"]
    return shlex.join(command)


def _product(record: RunRecord) -> str | None:
    nodes = record.plan.nodes if record.plan else ()
    products = (node.preparation.product for node in nodes)
    return next((product.purl for product in products if product), None)


def _trouble(record: RunRecord) -> Trouble | None:
    found = [item for item in record.observations if isinstance(item, TroubleObservation)]
    if not found:
        return None
    first = found[0]
    return Trouble(stage=first.stage, what=first.what, cause=first.cause, action=first.action)


# -- what follows --------------------------------------------------------------------------


def _advice(subject: Subject, record: RunRecord, again: str) -> Iterator[Advice]:
    verdict = record.verdict.verdict if record.verdict else "unfinished"
    name = record.header.cell.workaround
    if name and verdict == "not-reproduced":
        yield _tried(subject, name, again)
    elif verdict == "reproduced":
        yield from _reproduced(subject, record.header.cell)
    elif verdict == "not-reproduced":
        yield from _not_reproduced(subject, record, again)
    elif verdict in ("environment-failed", "unfinished"):
        trouble = _trouble(record)
        yield Advice(kind="rerun", again=again, action=trouble.action if trouble else "")
    else:
        yield Advice(kind="correct", again=f"repro judge {record.header.run} --case CASE.yml")


def _reproduced(subject: Subject, cell: Cell) -> Iterator[Advice]:
    upgrade = _upgrade(subject, cell)
    if upgrade is not None:
        yield upgrade
    workaround = _workaround(subject, cell)
    if workaround is not None:
        yield workaround
    if upgrade is None and not _is_known(subject.case):
        yield Advice(kind="hand-over", again=f"repro export {_run(subject)}", run=_run(subject))
    elif upgrade is None and workaround is None:
        yield Advice(kind="workaround")


def _upgrade(subject: Subject, cell: Cell) -> Advice | None:
    """To what was seen; else to what is believed, with the command that would look."""
    seen = subject.related.first_without
    if seen is not None:
        return Advice(kind="upgrade", version=seen.version, run=seen.run)
    known = subject.case.known if subject.case else None
    if known is None or known.fixed is None:
        return None
    if cell.version is None:  # the OS carries the product: no other version can be asked for
        return Advice(kind="upgrade", version=known.fixed)
    look = ["repro", "run", f"{cell.case}.yml", "--os", cell.os, "--version", known.fixed]
    return Advice(kind="upgrade", version=known.fixed, again=shlex.join(look))


def _workaround(subject: Subject, cell: Cell) -> Advice | None:
    """One that was seen to work; else those that could be tried; None: the case has none."""
    seen = subject.related.workaround
    if seen is not None:
        return Advice(kind="workaround", workaround=seen.name, run=seen.run)
    choices = tuple(each.name for each in subject.case.workarounds) if subject.case else ()
    if not choices:
        return None
    look = ["repro", "verify", f"{cell.case}.yml", "--os", cell.os]
    look += ["--version", cell.version] if cell.version else []
    return Advice(kind="workaround", choices=choices, again=shlex.join(look))


def _tried(subject: Subject, name: str, again: str) -> Advice:
    """A workaround is seen to work only beside its control."""
    seen = subject.related.workaround
    if seen is not None and seen.name == name:
        return Advice(kind="workaround", workaround=name, run=_run(subject))
    return Advice(kind="workaround", choices=(name,), again=again)


def _is_known(case: Case | None) -> bool:
    """Whether somebody has looked into the issue before."""
    return case is not None and bool(case.known or case.references)


def _run(subject: Subject) -> str:
    return subject.run.header.run if subject.run else ""


def _not_reproduced(subject: Subject, record: RunRecord, again: str) -> Iterator[Advice]:
    """The customer's version shows it and this one does not: that is an answer, too."""
    asked = subject.case.environment.version if subject.case else None
    seen = subject.related.first_without
    affected = [each for each in subject.related.versions if each.verdict == "reproduced"]
    elsewhere = asked is not None and asked != record.header.cell.version
    if elsewhere and seen is not None and asked in [each.version for each in affected]:
        yield Advice(kind="upgrade", version=seen.version, run=seen.run)
        return
    points = record.plan.fidelity if record.plan else ()
    differs = tuple(point for point in points if point.grade != "same")
    asks = tuple(_questions(differs, subject.case))[:_QUESTIONS]
    yield Advice(kind="compare", differs=differs, questions=asks, again=again)


def _questions(differs: tuple[FidelityPoint, ...], case: Case | None) -> Iterator[Question]:
    """What would tell most, first: what is not the customer's here, then what is not known."""
    grades = {point.point: point.grade for point in differs}
    own = {"OS", "topology", "kernel", "init", "resources"}
    if any(name not in own and not name.startswith("companions") for name in grades):
        yield "version"
    if "topology" in grades:
        yield "topology"
    if "OS" in grades:
        yield "os"
    if any(name.startswith("companions") for name in grades):
        yield "packages"
    if case is not None and case.repeat.runs > 1:
        yield "frequency"
    yield from ("configuration", "output", "steps")
