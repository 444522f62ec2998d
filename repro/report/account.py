"""What a run comes to and what follows from it, in codes; templates word it.  Pure."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from repro.model.account import Account, Advice, Question, Subject, Trouble
from repro.model.case import Case
from repro.model.observation import TroubleObservation
from repro.model.plan import FidelityPoint
from repro.model.record import RunRecord
from repro.report.quotes import quotes_of

#: Questions that a customer is asked at once.
_QUESTIONS = 3


def account_of(subject: Subject) -> Account | None:
    """The answer of the subject's run; None where it has none, as a recheck of many cases."""
    record = subject.run
    if record is None:
        return None
    return Account.made(
        verdict=record.verdict.verdict if record.verdict else "unfinished",
        reason=record.verdict.said("reason") if record.verdict else "",
        cell=record.header.cell,
        title=record.header.title,
        run=record.header.run,
        product=_product(record),
        customer_version=subject.case.environment.version if subject.case else None,
        version_seen=record.summary.version_seen if record.summary else None,
        trouble=_trouble(record),
        fidelity=record.plan.fidelity if record.plan else (),
        quotes=quotes_of(record),
        advice=tuple(_advice(subject, record)),
        again=_again(record),
        from_case=_from_case(record, subject.case),
    )


def _again(record: RunRecord, *options: str) -> str:
    """From the record: the same case, cell and variables, wherever one stands."""
    return shlex.join(["repro", "run", record.header.run, *options])


def _verify(record: RunRecord) -> str:
    """The command that tries the workarounds of the case, on the same cell."""
    return shlex.join(["repro", "verify", record.header.run, *_cell(record)])


def _from_case(record: RunRecord, case: Case | None) -> str:
    """The same run where there is no record of it; the case file is called as its case is."""
    cell = record.header.cell
    command = ["repro", "verify" if cell.workaround else "run", f"{cell.case}.yml", *_cell(record)]
    if case is not None and cell.topology != (case.environment.topology or "single"):
        command += ["--topology", cell.topology]
    return shlex.join(command)


def _cell(record: RunRecord) -> Iterator[str]:
    """The OS, version and variables of a run as options."""
    cell = record.header.cell
    yield from ("--os", cell.os)
    if cell.version:
        yield from ("--version", cell.version)
    for key, value in record.header.overrides.items():
        if key.startswith("vars."):
            yield from ("--set", f"{key.removeprefix('vars.')}={value}")


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


def _advice(subject: Subject, record: RunRecord) -> Iterator[Advice]:
    verdict = record.verdict.verdict if record.verdict else "unfinished"
    name = record.header.cell.workaround
    if name and verdict == "not-reproduced":
        yield _tried(subject, record, name)
    elif verdict == "reproduced":
        yield from _reproduced(subject, record)
    elif verdict == "not-reproduced":
        yield from _not_reproduced(subject, record)
    elif verdict in ("environment-failed", "unfinished"):
        trouble = _trouble(record)
        yield Advice(kind="rerun", again=_again(record), action=trouble.action if trouble else "")
    else:
        yield Advice(kind="correct", again=f"repro judge {record.header.run} --case CASE.yml")


def _reproduced(subject: Subject, record: RunRecord) -> Iterator[Advice]:
    upgrade = _upgrade(subject, record)
    if upgrade is not None:
        yield upgrade
    workaround = _workaround(subject, record)
    if workaround is not None:
        yield workaround
    if subject.case is None:  # it cannot be read any more: nobody can tell what is known
        return
    fix = subject.case.known.fixed if subject.case.known and _outlived(subject) else None
    if upgrade is None and (fix or not _is_known(subject.case)):
        run = record.header.run
        yield Advice(kind="hand-over", version=fix, again=f"repro export {run}", run=run)
    elif upgrade is None and workaround is None:
        yield Advice(kind="workaround")


def _upgrade(subject: Subject, record: RunRecord) -> Advice | None:
    """To what was seen; else to what is believed, with the command that would look."""
    seen = subject.related.first_without
    if seen is not None:
        return Advice(kind="upgrade", version=seen.version, run=seen.run)
    known = subject.case.known if subject.case else None
    if known is None or known.fixed is None or _outlived(subject):
        return None
    if (
        record.header.cell.version is None
    ):  # the OS carries the product: no other version can be asked for
        return Advice(kind="upgrade", version=known.fixed)
    look = _again(record, "--version", known.fixed)
    return Advice(kind="upgrade", version=known.fixed, again=look)


def _outlived(subject: Subject) -> bool:
    """Whether the issue was seen in the release that is said to fix it, or in a later one."""
    known = subject.case.known if subject.case else None
    shown = [each.version for each in subject.related.versions if each.verdict == "reproduced"]
    return subject.related.past_fix or (known is not None and known.fixed in shown)


def _workaround(subject: Subject, record: RunRecord) -> Advice | None:
    """One that was seen to work; else those that could be tried; None: the case has none."""
    seen = subject.related.workaround
    if seen is not None:
        return Advice(kind="workaround", workaround=seen.name, run=seen.run)
    choices = tuple(each.name for each in subject.case.workarounds) if subject.case else ()
    if not choices:
        return None
    return Advice(kind="workaround", choices=choices, again=_verify(record))


def _tried(subject: Subject, record: RunRecord, name: str) -> Advice:
    """A workaround is seen to work only beside its control."""
    seen = subject.related.workaround
    if seen is not None and seen.name == name:
        return Advice(kind="workaround", workaround=name, run=record.header.run)
    return Advice(kind="workaround", choices=(name,), again=_verify(record))


def _is_known(case: Case) -> bool:
    """Whether somebody has looked into the issue before."""
    return bool(case.known or case.references)


def _not_reproduced(subject: Subject, record: RunRecord) -> Iterator[Advice]:
    """The customer's version shows it and this one does not: that is an answer, too."""
    asked = subject.case.environment.version if subject.case else None
    seen = subject.related.first_without
    affected = [each for each in subject.related.versions if each.verdict == "reproduced"]
    elsewhere = asked is not None and asked != record.header.cell.version
    if elsewhere and seen is not None and asked in [each.version for each in affected]:
        yield Advice(kind="upgrade", version=seen.version, run=seen.run)
        return
    theirs = subject.related.theirs
    if theirs is None and (look := _on_theirs(subject, record)):
        yield look
    points = record.plan.fidelity if record.plan else ()
    differs = tuple(point for point in points if point.grade != "same")
    again = _again(record)
    if theirs is not None and theirs.verdict == "reproduced":
        yield Advice(kind="compare", differs=differs, run=theirs.run, again=again)
        return
    asks = tuple(_questions(differs, subject.case))[:_QUESTIONS]
    yield Advice(kind="compare", differs=differs, questions=asks, again=again)


def _on_theirs(subject: Subject, record: RunRecord) -> Advice | None:
    """The command that runs the customer's OS and version, where this was another one."""
    case, cell = subject.case, record.header.cell
    if case is None:
        return None
    asked = case.environment
    options = ["--os", asked.os] if asked.os != cell.os else []
    if cell.version is not None and asked.version not in (None, "latest", cell.version):
        options += ["--version", str(asked.version)]
    return Advice(kind="rerun", again=_again(record, *options)) if options else None


def _questions(differs: tuple[FidelityPoint, ...], case: Case | None) -> Iterator[Question]:
    """What would tell most, first: what is not the customer's here, then what is not known."""
    grades = {point.point: point.grade for point in differs}
    own = {"OS", "topology", "kernel", "init", "resources"}
    if any(name not in own and grade == "unknown" and not name.startswith("companions")
           for name, grade in grades.items()):  # fmt: skip
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
