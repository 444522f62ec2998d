"""``repro matrix``, ``bisect``, ``verify``, and what is kept of them: ``campaigns``, ``resume``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from repro.cli.runs import (
    LOCAL,
    AsJson,
    Engine,
    Jobs,
    Os,
    Runs,
    Topology,
    Until,
    Variables,
    listed,
    repeat_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from repro.model.campaign import CampaignRecord
    from repro.settings import Settings

CaseFile = Annotated[Path, typer.Argument(help="A case file.")]
Fresh = Annotated[bool, typer.Option("--fresh", help="Do not use prepared images.")]
Versions = Annotated[
    str | None,
    typer.Option("--version", help="A list, latest:5, all, or a range like 'vers:pypi/>=4.0|<6'."),
]
Prereleases = Annotated[bool, typer.Option("--pre", help="Pre-releases too.")]
Yanked = Annotated[bool, typer.Option("--yanked", help="Withdrawn releases too.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(
        epilog="Examples:\n\n"
        "  repro matrix cases/black-fstring-multiline.yml --os debian-12,debian-13 "
        "--version latest:5\n\n"
        "  repro matrix cases/redis-py-cancel-off-by-one.yml --version 'vers:pypi/>=4.4|<4.6'"
    )(matrix)
    app.command(
        epilog="Examples:\n\n  repro bisect cases/black-fstring-multiline.yml\n\n"
        "  repro bisect cases/redis-py-cancel-off-by-one.yml --good 4.3.6 --bad 4.5.1"
    )(bisect)
    app.command(epilog="Example:\n\n  repro verify cases/redis-py-cancel-off-by-one.yml")(verify)
    app.command(epilog="Example:\n\n  repro campaigns --json")(campaigns)
    app.command(epilog="Examples:\n\n  repro resume\n\n  repro resume 20261122-0214")(resume)


def matrix(
    case: CaseFile,
    os: Annotated[str | None, typer.Option("--os", help="OS profiles, by commas.")] = None,
    version: Versions = None,
    topology: Annotated[
        str | None, typer.Option("--topology", help="Topology profiles, by commas.")
    ] = None,
    set: Variables = None,
    runs: Runs = None,
    until: Until = None,
    pre: Prereleases = False,
    yanked: Yanked = False,
    jobs: Jobs = None,
    engine: Engine = LOCAL,
    fresh: Fresh = False,
    json: AsJson = False,
) -> int:
    """Run a case on several OSes, versions and topologies: a grid of verdicts.

    Exit status: 0 when every cell came to reproduced or not-reproduced, else that of the worst.
    """
    from repro.campaign.planning import grid
    from repro.casefile import load
    from repro.cli import conduct
    from repro.cli.session import Session, parse_set
    from repro.model.campaign import CampaignOptions
    from repro.plan import Overrides

    session = Session()
    loaded = load(case, session.catalog)
    base = session.plan(loaded, Overrides(vars=parse_set(set or ()))).cell
    versions = session.choose(loaded, version, pre=pre, yanked=yanked) if version else ()
    options = CampaignOptions(
        cells=grid(base, listed(os), versions, listed(topology)),
        repeat={base.case: repeat_of(loaded, runs, until)},
        vars=dict(parse_set(set or ())),
        jobs=jobs,
        engine=engine,
        fresh=fresh,
    )
    return conduct.begin(session, "matrix", options, {base.case: loaded}, as_json=json)


def bisect(
    case: CaseFile,
    good: Annotated[str | None, typer.Option("--good", help="A release without the issue.")] = None,
    bad: Annotated[str | None, typer.Option("--bad", help="A release that has it.")] = None,
    version: Versions = None,
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
    pre: Prereleases = False,
    yanked: Yanked = False,
    jobs: Jobs = None,
    engine: Engine = LOCAL,
    json: AsJson = False,
) -> int:
    """Find the first affected and the first unaffected release.

    Exit status: 0 answered, 4 the doubt is too great, 2 the ends are not as they were said to be.
    """
    from repro.casefile import load
    from repro.cli import conduct
    from repro.cli.session import Session, parse_set
    from repro.model.campaign import CampaignOptions
    from repro.plan import Overrides

    session = Session()
    loaded = load(case, session.catalog)
    overrides = Overrides(os=os, topology=topology, vars=parse_set(set or ()))
    cell = session.plan(loaded, overrides).cell
    options = CampaignOptions(
        cells=(cell,),
        versions=session.choose(loaded, version or "all", pre=pre, yanked=yanked,
                                beside=(good, bad, loaded.case.environment.version)),
        good=good,
        bad=bad,
        repeat={cell.case: repeat_of(loaded, runs, None)},
        confidence=confidence,
        probes=probes,
        vars=dict(parse_set(set or ())),
        jobs=jobs,
        engine=engine,
    )  # fmt: skip
    return conduct.begin(session, "bisect", options, {cell.case: loaded}, as_json=json)


def verify(
    case: CaseFile,
    os: Os = None,
    version: Annotated[str | None, typer.Option("--version", help="An affected version.")] = None,
    topology: Topology = None,
    set: Variables = None,
    runs: Runs = None,
    until: Until = None,
    jobs: Jobs = None,
    engine: Engine = LOCAL,
    json: AsJson = False,
) -> int:
    """Try the workarounds of a case, each beside the case without it.

    A workaround helps when the issue is there without it and healthy holds with it.
    Exit status: 0 all help, 1 one does not, 4 of one it cannot be told.
    """
    from repro.casefile import load
    from repro.cli import conduct
    from repro.cli.session import Session, parse_set
    from repro.errors import InputError
    from repro.model.campaign import CampaignOptions
    from repro.plan import Overrides

    session = Session()
    loaded = load(case, session.catalog)
    if not loaded.case.workarounds:
        raise InputError(
            f"{loaded.case.id} has no workarounds", action="write one under `workarounds`"
        )
    overrides = Overrides(os=os, version=version, topology=topology, vars=parse_set(set or ()))
    cell = session.plan(loaded, overrides).cell
    names = [None, *(each.name for each in loaded.case.workarounds)]
    options = CampaignOptions(
        cells=tuple(cell.model_copy(update={"workaround": name}) for name in names),
        repeat={cell.case: repeat_of(loaded, runs, until)},
        vars=dict(parse_set(set or ())),
        jobs=jobs,
        engine=engine,
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
    json: AsJson = False,
) -> int:
    """Go on with a campaign that was ended: no run that had ended is made again."""
    from repro.campaign.question import ask
    from repro.casefile import load_many
    from repro.cli import conduct
    from repro.cli.recheck import look as recheck
    from repro.cli.session import Session
    from repro.model.campaign import CampaignOptions
    from repro.record.campaigns import read_campaign, reopen_campaign

    session = Session()
    folder = _to_resume(session.settings, campaign)
    if folder is None:
        print("no campaign was ended early")
        return 0
    record = read_campaign(folder)
    header = record.header
    options = CampaignOptions.model_validate(header.options)
    session.check_engine(options)
    if header.kind == "recheck" and record.summary is None:
        return recheck(session, options, as_json=json)
    with reopen_campaign(session.settings, folder) as log:
        # What a case refers to lies beside it, and may end in .yml too.
        loaded = load_many(sorted(folder.glob("cases/*/case.yml")), session.catalog)
        cases = {each.case.id: each for each in loaded}
        question = ask(header.kind, options, session.look)
        return conduct.conduct(session, log, question, cases, as_json=json)


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
