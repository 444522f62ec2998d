"""``repro recheck``: what last night's releases changed about the known issues."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from repro.cli.groups import Work, grouped
from repro.cli.options import LOCAL, AsJson, Attach, Budget, Notify, listed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from repro.campaign.recheck import Recheck
    from repro.casefile import LoadedCase
    from repro.cli.session import Session
    from repro.model.campaign import CampaignOptions
    from repro.model.plan import Cell
    from repro.plan import Overrides
    from repro.record.campaigns import CampaignLog
    from repro.record.states import StateFile


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        epilog="Examples:\n\n  repro recheck cases/ --budget 2h\n\n"
        "  repro recheck cases/ --states\n\n"
        "  repro recheck cases/ --install-timer --at 02:30"
    )(grouped(recheck))


def recheck(
    catalogue: Annotated[
        list[Path] | None,
        typer.Argument(help="Case files, or folders of them; left out: ./cases."),
    ] = None,
    *,
    os: Annotated[str | None, typer.Option("--os", help="Only these OSes, by commas.")] = None,
    budget: Budget = None,
    notify: Notify = None,
    states: Annotated[
        bool, typer.Option("--states", help="Show each issue's state; look at nothing.")
    ] = False,
    install_timer: Annotated[
        bool, typer.Option("--install-timer", help="Do this every night: systemd, else cron.")
    ] = False,
    at: Annotated[str, typer.Option("--at", help="The timer's time of day.")] = "02:30",
    attach: Attach = False,
    work: Work,
    json: AsJson = False,
) -> int:
    """Look at the known issues again on what was released since the last look.

    Exit status: 0 nothing to tell, 1 something changed or speaks against what is known, 5 something
    could not be checked, 4 the budget of time was used up.
    """
    from repro.cli.session import Session
    from repro.model.campaign import Audience, CampaignOptions

    session = Session()
    options = CampaignOptions(
        catalogue=tuple(str(path.resolve()) for path in catalogue or [Path("cases")]),
        oses=listed(os),
        jobs=work.jobs,
        engine=work.engine,
        budget=seconds_of(budget),
        workspace=str(Path.cwd()),
        audience=Audience(attach=attach, notify=bool(notify)),
    )
    if states:
        return _show_states(session, options.catalogue)
    for name in options.oses:
        session.catalog.os(name)
    session.check_engine(options)
    if install_timer:
        return _install(options, at, budget)
    return look(session, options, notify or (), as_json=json)


def look(
    session: Session, options: CampaignOptions, addresses: Sequence[str], *, as_json: bool
) -> int:
    """Look at a catalogue once; what an earlier look was ended in is gone on with.

    ``addresses``, and those in the settings, are told of what changed.
    """
    from repro.campaign.recheck import Recheck
    from repro.casefile import load_many
    from repro.cli import conduct
    from repro.cli.tell import whom
    from repro.flow import refuse_unsupported

    until = None if options.budget is None else time.monotonic() + options.budget
    loaded = load_many([Path(each) for each in options.catalogue], session.catalog)
    kept = _state_file(session, options.catalogue)
    tell = whom(session.settings, loaded, options.audience)

    def cell_of(case: LoadedCase, overrides: Overrides) -> Cell:
        plan = session.plan(case, overrides)
        refuse_unsupported(plan, session.powers(plan.cell.backend))
        return plan.cell

    question = Recheck(loaded, kept, session.catalog, session.settings, cell_of, options.oses)
    if not question.looks:
        status = _quiet(question, as_json=as_json)
    else:
        cases = {each.case.id: each for each in loaded}
        with _log(session, options, cases, question) as log:
            status = conduct.conduct(session, log, question, cases, as_json=as_json, until=until)
    answer = question.answer()
    kept.told(answer.changed, answer.contradictions)
    _notify(session, question, addresses)
    tell.of_changes(answer.changed)
    return status


def _log(
    session: Session,
    options: CampaignOptions,
    cases: Mapping[str, LoadedCase],
    question: Recheck,
) -> CampaignLog:
    """The look that was ended early, if there is one; else a new one."""
    from repro.record.campaigns import open_campaign, unfinished

    kept = options.kept()
    digests = {name: each.digest for name, each in cases.items()}
    wanted = dict.fromkeys(cell.case for cell in question.cells)
    log = unfinished(session.settings, "recheck", kept, digests)
    if log is None:
        given = [Path(each).name for each in options.catalogue]
        title = given[0] if len(given) == 1 else f"{len(cases)}-cases"
        log = open_campaign(session.settings, "recheck", title, kept, digests)
    for name in wanted:
        log.add_case(name, cases[name].text, cases[name].kept_sources)
    return log


def _quiet(question: Recheck, *, as_json: bool) -> int:
    """Nothing was released: there is no campaign."""
    from repro.cli.output import show
    from repro.report.digest import show_digest

    if as_json:
        print(question.answer().model_dump_json())
    else:
        show(show_digest(question.answer()))
    return question.exit_status()


def _notify(session: Session, question: Recheck, more: Sequence[str]) -> None:
    addresses = (*session.settings.notify, *more)
    if not addresses or question.answer().is_quiet:
        return
    from repro.notify import notify
    from repro.report.digest import show_digest
    from repro.report.text import plain

    notify(
        addresses, f"repro recheck: {question.headline()}", plain(show_digest(question.answer()))
    )


def _state_file(session: Session, folders: Sequence[str]) -> StateFile:
    from repro.record.states import StateFile

    return StateFile(session.settings, " ".join(folders))


def _show_states(session: Session, folders: Sequence[str]) -> int:
    from repro.cli.output import show
    from repro.report.digest import show_states

    show(show_states(_state_file(session, folders).issues.values()))
    return 0


def _install(options: CampaignOptions, at: str, budget: str | None) -> int:
    from repro.errors import InputError
    from repro.schedule import install

    if options.audience.notify:
        raise InputError(
            "--notify would stand where others can read it, in the timer",
            cause="an address of apprise's often holds a password",
            action="write it under `notify` in the settings",
        )
    given = {
        "--os": ",".join(options.oses),
        "--budget": budget,
        "--jobs": options.jobs and str(options.jobs),
        "--engine": options.engine if options.engine != LOCAL else None,
    }
    more = [word for name, value in given.items() if value for word in (name, value)]
    more += ["--attach"] if options.audience.attach else []
    for told in install(["recheck", *options.catalogue, *more], at):
        print(told)
    return 0


def seconds_of(budget: str | None) -> float | None:
    """What ``--budget`` says, in seconds.  Raises InputError."""
    from pydantic import TypeAdapter, ValidationError

    from repro.errors import InputError
    from repro.model.base import Duration, Scalar

    if budget is None:
        return None
    try:
        seconds: float = TypeAdapter(Duration).validate_python(Scalar(budget))
    except ValidationError:
        seconds = 0
    if seconds <= 0:
        raise InputError(
            f"--budget {budget!r} leaves no time to look at anything",
            action="write a time like 30min or 2h, or leave it out",
        )
    return seconds
