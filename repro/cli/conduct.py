"""Carries a campaign out for a command: engine, driver, progress, and the answer."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from repro.errors import CaseError, InputError, InterruptedRunError, ServiceError

if TYPE_CHECKING:
    from repro.campaign.question import Question
    from repro.casefile import LoadedCase
    from repro.cli.session import Session
    from repro.model.campaign import CampaignKind, CampaignOptions, CampaignSummary
    from repro.record.campaigns import CampaignLog


def begin(
    session: Session,
    kind: CampaignKind,
    options: CampaignOptions,
    cases: Mapping[str, LoadedCase],
    *,
    as_json: bool,
) -> int:
    """Open a campaign, carry it out and tell who is to be told; the exit status."""
    from repro.campaign.question import ask
    from repro.cli.tell import whom
    from repro.record.campaigns import open_campaign

    tell = whom(session.settings, cases.values(), options.audience)
    session.check_engine(options)
    session.check_cells(options, cases)
    question = ask(kind, options, session.look)  # what cannot be asked opens nothing
    title = next(iter(cases)) if len(cases) == 1 else f"{len(cases)}-cases"
    digests = {name: loaded.digest for name, loaded in cases.items()}
    places = {name: str(loaded.path.resolve()) for name, loaded in cases.items()}
    where = {"files": places, "workspace": str(Path.cwd())}
    kept = options.model_copy(update=where).kept()
    with open_campaign(session.settings, kind, title, kept, digests) as log:
        log.add_catalog(session.brought)
        for name, loaded in cases.items():
            log.add_case(name, loaded.text, loaded.kept_sources)
        status = conduct(session, log, question, cases, as_json=as_json)
    tell(log.campaign)
    return status


def go_on(session: Session, folder: Path, options: CampaignOptions, *, as_json: bool) -> int:
    """Go on with a campaign that was ended, and tell who is to be told; the exit status."""
    from repro.campaign.question import ask
    from repro.cli.tell import whom
    from repro.record.campaigns import reopen_campaign

    session.check_engine(options)
    with reopen_campaign(session.settings, folder) as log:
        cases = _kept_cases(session, log, options)
        tell = whom(session.settings, cases.values(), options.audience)
        question = ask(log.header.kind, options, session.look)
        status = conduct(session, log, question, cases, as_json=as_json)
    tell(log.campaign)
    return status


def _kept_cases(
    session: Session, log: CampaignLog, options: CampaignOptions
) -> dict[str, LoadedCase]:
    """A campaign's cases as they were.

    A secret is not kept: a case with one is read again from where it was.  Raises InputError where
    it is not there, or not as it was.  One of an archive never had its secrets.
    """
    from repro.casefile import load_many

    # What a case refers to lies beside it, and may end in .yml too.
    loaded = load_many(sorted(log.folder.glob("cases/*/case.yml")), session.catalog)
    cases = {each.case.id: each for each in loaded}
    digests = log.header.cases
    changed = [name for name, each in cases.items() if each.digest != digests.get(name)]
    if digests and options.origin is None:
        cases |= {name: _whole(session, log, name, options.files.get(name)) for name in changed}
    return cases


def _whole(session: Session, log: CampaignLog, name: str, path: str | None) -> LoadedCase:
    from repro.casefile import load

    with suppress(CaseError):
        found = load(path, session.catalog) if path else None
        if found and found.digest == log.header.cases.get(name):
            return found
    raise InputError(
        f"{name} has secrets, which are not kept with a campaign",
        cause=f"{path or 'its file'} is not there, or not as it was",
        action="put it back, or begin anew; `{env: NAME, secret: true}` needs no file",
    )


@contextmanager
def _kept(log: CampaignLog) -> Iterator[None]:
    """Say of what ends a campaign early how to go on with it."""
    try:
        yield
    except (KeyboardInterrupt, InterruptedRunError):
        raise InterruptedRunError(
            f"interrupted; every run that had ended is kept in {log.campaign}",
            action=f"go on with: repro resume {log.campaign}",
        ) from None
    except ServiceError as error:
        raise ServiceError(
            f"{error.what}; every run that had ended is kept in {log.campaign}",
            cause=error.cause,
            action=f"{error.action}; go on with: repro resume {log.campaign}",
        ) from error


def conduct(
    session: Session,
    log: CampaignLog,
    question: Question,
    cases: Mapping[str, LoadedCase],
    *,
    as_json: bool,
    until: float | None = None,
) -> int:
    """Go on with a campaign until it is answered; the exit status.

    ``until``: the moment (``time.monotonic``) after which nothing more is started.  Raises
    InterruptedRunError, which names the command that goes on.
    """
    from repro.campaign.drive import Drive
    from repro.campaign.planning import Planning
    from repro.cli.campaign_progress import CampaignProgress
    from repro.model.campaign import CampaignOptions

    gc.enable()
    began = time.monotonic()
    options = CampaignOptions.model_validate(log.header.options)
    limits = session.settings.limits
    planning = Planning(cases, session.catalog, limits, log.campaign, options.vars)
    with CampaignProgress(question, options.cells, as_json=as_json) as progress:
        try:
            with _kept(log), closing(session.engine(options, progress.event)) as engine:
                Drive(question.strategy, engine, log, planning, progress, until).run()
        finally:
            session.tidy()
    summary = _summary(log, question, time.monotonic() - began)
    log.close(summary)
    progress.finish(summary)
    return summary.exit_status


def _summary(log: CampaignLog, question: Question, seconds: float) -> CampaignSummary:
    from repro.model.campaign import CampaignSummary

    return CampaignSummary(
        campaign=log.campaign,
        kind=log.header.kind,
        title=log.header.title,
        started=log.header.started,
        seconds=round(seconds, 3),
        exit_status=question.exit_status(),
        headline=question.headline(),
        answer=question.answer().model_dump(mode="json"),
    )
