"""``repro run``: from case files to verdicts."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from repro.cli.groups import Changes, Repeats, Telling, Work, grouped
from repro.cli.options import LOCAL, AsJson, Fresh

if TYPE_CHECKING:
    from repro.casefile import LoadedCase
    from repro.cli.given import Given
    from repro.cli.progress import Progress
    from repro.model.campaign import CampaignOptions
    from repro.model.plan import Plan
    from repro.model.record import RunSummary
    from repro.stages import Keep, Tools

KEEP = ("never", "on-reproduced", "on-failure", "always")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        epilog="Examples:\n\n  repro run cases/redis-py-cancel-off-by-one.yml\n\n"
        "  repro run cases/black-fstring-multiline.yml --version 24.8.0\n\n"
        "  repro run cases/ --json\n\n"
        "  repro run cases/jinja2-compile-nondeterministic.yml --runs 50 --until decided\n\n"
        "  repro run cases/black-fstring-multiline.yml --ticket redmine:123"
    )(grouped(run))


def run(
    cases: Annotated[
        list[Path],
        typer.Argument(help="Case files, or folders of them; or a run; or an archive of one."),
    ],
    *,
    changes: Changes,
    fresh: Fresh = False,
    keep: Annotated[
        str, typer.Option("--keep", help=f"Leave the environment up: {', '.join(KEEP)}.")
    ] = "never",
    repeats: Repeats,
    work: Work,
    trust: Annotated[
        bool,
        typer.Option("--trust", help="Use an archive's own playbooks and OS profiles, as root."),
    ] = False,
    telling: Telling,
    json: AsJson = False,
) -> int:
    """Replay cases and say whether their issues reproduce.

    Exit status: 0 reproduced, 1 not reproduced, 3 different failure, 4 inconclusive,
    5 environment failed, 2 the case or the command line is wrong, 130 interrupted.
    A ticket system that fails changes none of these.
    """
    from repro.cli import conduct
    from repro.cli.given import what_is_given
    from repro.errors import InputError
    from repro.model.campaign import CampaignOptions

    if keep not in KEEP:
        raise InputError(f"--keep {keep!r} should be one of {', '.join(KEEP)}")
    given = what_is_given(cases, changes.overrides(), engine=work.engine, fresh=fresh, trust=trust)
    plans = _planned(given)
    options = CampaignOptions(
        cells=tuple(plan.cell for _, plan in plans),
        repeat={each.case.id: repeats.of(each) for each in given.cases},
        vars=dict(given.overrides.vars),
        jobs=work.jobs,
        engine=work.engine,
        keep=keep,
        fresh=fresh,
        audience=telling.audience(),
        origin=given.session.origin,
    )
    if _is_one_run(options):
        return _alone(given, *plans[0], options, as_json=json)
    cases_by_id = {each.case.id: each for each in given.cases}
    return conduct.begin(given.session, "run", options, cases_by_id, as_json=json)


def _is_one_run(options: CampaignOptions) -> bool:
    once = all(each.runs == 1 for each in options.repeat.values())
    return options.engine == LOCAL and len(options.cells) == 1 and once


def _alone(
    given: Given, case: LoadedCase, plan: Plan, options: CampaignOptions, *, as_json: bool
) -> int:
    """One run, without a campaign around it; its exit status."""
    from repro.cli.progress import Progress
    from repro.cli.tell import whom

    tell = whom(given.session.settings, given.cases, options.audience)
    progress = Progress(as_json=as_json)
    tools = given.session.tools(cast("Keep", options.keep), progress.event, fresh=options.fresh)
    with progress, closing(tools.preparer):
        summary = _once(given, tools, progress, case, plan)
    given.compare(summary, as_json=as_json)
    tell(summary.run)
    return summary.verdict.exit_status


def _planned(given: Given) -> list[tuple[LoadedCase, Plan]]:
    """Each case with its plan, once none of them is to be refused.  Raises InputError."""
    from repro.flow import refuse_unsupported

    session = given.session
    plans = [(case, session.plan(case, given.overrides)) for case in given.cases]
    for case, plan in plans:
        refuse_unsupported(plan, session.powers(plan.cell.backend))
        session.check_version(case, plan)
    return plans


def _once(
    given: Given, tools: Tools, progress: Progress, case: LoadedCase, plan: Plan
) -> RunSummary:
    """One run; the history is told of it by the process that also cleans up."""
    from repro.flow import run_case
    from repro.record import new_header, open_run

    header = new_header(plan, given.overrides.described())
    recorder = open_run(given.session.settings, header, case.text, case.sources, plan)
    progress.begin(plan, recorder.run)
    try:
        summary = recorder.redactor.model(run_case(plan, tools, recorder))
    except BaseException:
        progress.interrupted(recorder.run, case.path)
        raise
    progress.end(summary)
    return summary
