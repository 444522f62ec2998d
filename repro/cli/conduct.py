"""Carries a campaign out for a command: engine, driver, progress, and the answer."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from typing import TYPE_CHECKING

from repro.errors import InterruptedRunError, ServiceError

if TYPE_CHECKING:
    from repro.campaign.question import Question
    from repro.casefile import LoadedCase
    from repro.cli.session import Session
    from repro.model.campaign import CampaignKind, CampaignOptions
    from repro.record.campaigns import CampaignLog


def begin(
    session: Session,
    kind: CampaignKind,
    options: CampaignOptions,
    cases: Mapping[str, LoadedCase],
    *,
    as_json: bool,
    told: Callable[[str], None] | None = None,
) -> int:
    """Open a campaign and carry it out; the exit status.  ``told`` is called with its id then."""
    from repro.campaign.question import ask
    from repro.record.campaigns import open_campaign

    session.check_engine(options)
    session.check_cells(options, cases)
    question = ask(kind, options, session.look)  # what cannot be asked opens nothing
    title = next(iter(cases)) if len(cases) == 1 else f"{len(cases)}-cases"
    kept = options.model_dump(mode="json", exclude_defaults=True)
    digests = {name: loaded.digest for name, loaded in cases.items()}
    with open_campaign(session.settings, kind, title, kept, digests) as log:
        for name, loaded in cases.items():
            log.add_case(name, loaded.text, loaded.kept_sources)
        status = conduct(session, log, question, cases, as_json=as_json)
    if told is not None:
        told(log.campaign)
    return status


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
    from repro.model.campaign import CampaignOptions, CampaignSummary

    gc.enable()
    began = time.monotonic()
    options = CampaignOptions.model_validate(log.header.options)
    limits = session.settings.limits
    planning = Planning(cases, session.catalog, limits, log.campaign, options.vars)
    with CampaignProgress(question, options.cells, as_json=as_json) as progress:
        try:
            with closing(session.engine(options, progress.event)) as engine:
                Drive(question.strategy, engine, log, planning, progress, until).run()
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
        finally:
            session.tidy()
    summary = CampaignSummary(
        campaign=log.campaign,
        kind=log.header.kind,
        title=log.header.title,
        started=log.header.started,
        seconds=round(time.monotonic() - began, 3),
        exit_status=question.exit_status(),
        headline=question.headline(),
        answer=question.answer().model_dump(mode="json"),
    )
    log.close(summary)
    progress.finish(summary)
    return summary.exit_status
