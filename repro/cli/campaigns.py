"""``repro matrix``, ``bisect``, ``verify``, and what is kept of them: ``campaigns``, ``resume``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from repro.cli.groups import Changes, Released, Repeats, Telling, Work, grouped
from repro.cli.options import (
    AsJson,
    Budget,
    CaseFile,
    Fresh,
    Notify,
    Os,
    Runs,
    Topology,
    Variables,
    listed,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from repro.model.campaign import CampaignOptions, CampaignRecord
    from repro.settings import Settings


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(
        epilog="Examples:\n\n"
        "  repro matrix cases/black-fstring-multiline.yml --os debian-12,debian-13 "
        "--version latest:5\n\n"
        "  repro matrix cases/redis-py-cancel-off-by-one.yml --version 'vers:pypi/>=4.4|<4.6'"
    )(grouped(matrix))
    app.command(
        epilog="Examples:\n\n  repro bisect cases/black-fstring-multiline.yml\n\n"
        "  repro bisect cases/redis-py-cancel-off-by-one.yml --good 4.3.6 --bad 4.5.1"
    )(grouped(bisect))
    app.command(epilog="Example:\n\n  repro verify cases/redis-py-cancel-off-by-one.yml")(
        grouped(verify)
    )
    app.command(epilog="Example:\n\n  repro campaigns --json")(campaigns)
    app.command(epilog="Examples:\n\n  repro resume\n\n  repro resume 20261122-0214")(resume)


def matrix(
    case: CaseFile,
    *,
    os: Annotated[str | None, typer.Option("--os", help="OS profiles, by commas.")] = None,
    released: Released,
    topology: Annotated[
        str | None, typer.Option("--topology", help="Topology profiles, by commas.")
    ] = None,
    set: Variables = None,
    repeats: Repeats,
    work: Work,
    fresh: Fresh = False,
    telling: Telling,
    json: AsJson = False,
) -> int:
    """Run a case on several OSes, versions and topologies: a grid of verdicts.

    Exit status: 0 when every cell came to reproduced or not-reproduced, else that of the worst.
    """
    from repro.campaign.planning import grid
    from repro.cli import conduct
    from repro.cli.again import case_given
    from repro.cli.session import Session
    from repro.model.campaign import CampaignOptions

    session = Session()
    loaded = case_given(session, case)
    overrides = Changes(set=set).overrides()
    base = session.plan(loaded, overrides).cell
    options = CampaignOptions(
        cells=grid(base, listed(os), released.chosen(session, loaded), listed(topology)),
        repeat={base.case: repeats.of(loaded)},
        vars=dict(overrides.vars),
        jobs=work.jobs,
        engine=work.engine,
        fresh=fresh,
        audience=telling.audience(),
    )
    return conduct.begin(session, "matrix", options, {base.case: loaded}, as_json=json)


def bisect(
    case: CaseFile,
    *,
    good: Annotated[str | None, typer.Option("--good", help="A release without the issue.")] = None,
    bad: Annotated[str | None, typer.Option("--bad", help="A release that has it.")] = None,
    released: Released,
    os: Os = None,
    topology: Topology = None,
    set: Variables = None,
    runs: Runs = None,
    confidence: Annotated[
        float, typer.Option("--confidence", min=0.5, max=0.9999, help="Abstain below this.")
    ] = 0.99,
    probes: Annotated[
        int, typer.Option("--probes", min=0, help="Looks where a bisection would not look.")
    ] = 1,
    work: Work,
    telling: Telling,
    json: AsJson = False,
) -> int:
    """Find the first affected and the first unaffected release.

    Exit status: 0 answered, 4 the doubt is too great, 2 the ends are not as they were said to be.
    """
    from repro.cli import conduct
    from repro.cli.again import case_given
    from repro.cli.session import Session
    from repro.model.campaign import CampaignOptions

    session = Session()
    loaded = case_given(session, case)
    overrides = Changes(os=os, topology=topology, set=set).overrides()
    cell = session.plan(loaded, overrides).cell
    ends = (good, bad, loaded.case.environment.version)
    options = CampaignOptions(
        cells=(cell,),
        versions=released.chosen(session, loaded, "all", beside=ends),
        good=good,
        bad=bad,
        repeat={cell.case: Repeats(runs).of(loaded)},
        confidence=confidence,
        probes=probes,
        vars=dict(overrides.vars),
        jobs=work.jobs,
        engine=work.engine,
        audience=telling.audience(),
    )
    return conduct.begin(session, "bisect", options, {cell.case: loaded}, as_json=json)


def verify(
    case: CaseFile,
    *,
    changes: Changes,
    repeats: Repeats,
    work: Work,
    telling: Telling,
    json: AsJson = False,
) -> int:
    """Try the workarounds of a case, each beside the case without it, at an affected version.

    A workaround helps when the issue is there without it and healthy holds with it.
    Exit status: 0 all help, 1 one does not, 4 of one it cannot be told.
    """
    from repro.cli import conduct
    from repro.cli.again import case_given
    from repro.cli.session import Session
    from repro.errors import InputError
    from repro.model.campaign import CampaignOptions

    session = Session()
    loaded = case_given(session, case)
    if not loaded.case.workarounds:
        raise InputError(
            f"{loaded.case.id} has no workarounds", action="write one under `workarounds`"
        )
    overrides = changes.overrides()
    cell = session.plan(loaded, overrides).cell
    names = [None, *(each.name for each in loaded.case.workarounds)]
    options = CampaignOptions(
        cells=tuple(cell.model_copy(update={"workaround": name}) for name in names),
        repeat={cell.case: repeats.of(loaded)},
        vars=dict(overrides.vars),
        jobs=work.jobs,
        engine=work.engine,
        audience=telling.audience(),
    )
    return conduct.begin(session, "verify", options, {cell.case: loaded}, as_json=json)


def campaigns(json: AsJson = False) -> None:
    """List the campaigns, the newest first: matrices, bisections, rechecks."""
    from repro.cli.output import show
    from repro.cli.session import Session
    from repro.report.campaign import show_campaigns

    records = list(_readable(Session().settings))
    if json:
        for each in records:
            print(each.model_dump_json(exclude={"outcomes"}))
    else:
        show(show_campaigns(records))


def resume(
    campaign: Annotated[
        str | None,
        typer.Argument(help="Its id or the beginning of it; left out: the last one ended early."),
    ] = None,
    attach: Annotated[
        bool | None,
        typer.Option("--attach/--no-attach", help="Tell tickets, or none; left out: as asked."),
    ] = None,
    budget: Budget = None,
    notify: Notify = None,
    json: AsJson = False,
) -> int:
    """Go on with a campaign that was ended: no run that had ended is made again.

    What it was started with holds, but for what is said anew.  A budget begins again.
    """
    from repro.cli import conduct
    from repro.cli.archived import session_of
    from repro.cli.recheck import look as recheck
    from repro.cli.session import Session
    from repro.record.campaigns import read_campaign

    settings = Session().settings
    folder = _to_resume(settings, campaign)
    if folder is None:
        print("no campaign was ended early")
        return 0
    record = read_campaign(folder)
    options = _asked_again(record, attach, budget, notify)
    session = session_of(folder, options)
    if record.header.kind == "recheck" and record.summary is None:
        return recheck(session, options, notify or (), as_json=json)
    return conduct.go_on(session, folder, options, as_json=json)


def _asked_again(
    record: CampaignRecord, attach: bool | None, budget: str | None, notify: list[str] | None
) -> CampaignOptions:
    """What a campaign was asked for, but for what is said anew.  Raises InputError."""
    from repro.cli.recheck import seconds_of
    from repro.errors import InputError
    from repro.model.campaign import Audience, CampaignOptions

    header = record.header
    options = CampaignOptions.model_validate(header.options)
    if header.kind != "recheck" and (budget or notify):
        raise InputError(
            f"{header.campaign} is a {header.kind}; --budget and --notify are said of a recheck"
        )
    if options.audience.notify and not notify and record.summary is None:
        raise InputError(
            f"{header.campaign} was asked to tell somebody by --notify",
            cause="such an address often holds a password, so it was not kept",
            action="say it again: --notify ADDRESS; or go on without: `repro recheck`",
        )
    audience = options.audience
    if attach is not None:
        audience = audience.model_copy(update={"attach": True}) if attach else Audience()
    seconds = seconds_of(budget) or options.budget
    return options.model_copy(update={"audience": audience, "budget": seconds})


def _to_resume(settings: Settings, campaign: str | None) -> Path | None:
    """The one that is named, else the last one that was ended early.  Raises NotFoundError."""
    from repro.record.campaigns import find_campaign

    if campaign is not None:
        return find_campaign(settings, campaign)
    for record in _readable(settings):
        if record.summary is None and not record.goes_on:
            return Path(record.folder)
    return None


def _readable(settings: Settings) -> Iterator[CampaignRecord]:
    """All campaigns, the newest first; those that cannot be read are told of."""
    import sys

    from repro.errors import RecordError
    from repro.record.campaigns import campaign_folders, read_campaign

    for folder in reversed(campaign_folders(settings)):
        try:
            yield read_campaign(folder)
        except RecordError as error:
            print(f"repro: {error.what}", file=sys.stderr)
