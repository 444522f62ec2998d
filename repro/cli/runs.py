"""``repro run``: from case files to verdicts."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from repro.cli.tell import Attach, Public, Tickets

if TYPE_CHECKING:
    from repro.casefile import LoadedCase
    from repro.cli.given import Given
    from repro.cli.progress import Progress
    from repro.cli.session import Session
    from repro.model.case import Repeat
    from repro.model.plan import Plan
    from repro.model.record import RunSummary
    from repro.plan import Overrides
    from repro.stages import Keep, Tools

KEEP = ("never", "on-reproduced", "on-failure", "always")
UNTIL = ("first", "decided", "all")
#: The engine that is this machine.
LOCAL = "local"

Cases = Annotated[
    list[Path], typer.Argument(help="Case files, or folders of them; or an archive of a run.")
]
Os = Annotated[str | None, typer.Option("--os", help="Another OS profile, e.g. debian-13.")]
Version = Annotated[str | None, typer.Option("--version", help="Another version of the product.")]
Topology = Annotated[str | None, typer.Option("--topology", help="Another topology profile.")]
Variables = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="A variable of the playbook.")
]
Runs = Annotated[
    int | None, typer.Option("--runs", min=1, max=10_000, help="Runs of each cell at most.")
]
Until = Annotated[str | None, typer.Option("--until", help=f"Stop at: {', '.join(UNTIL)}.")]
Jobs = Annotated[
    int | None,
    typer.Option("--jobs", "-j", min=1, help="Cells at a time; left out: by cores and memory."),
]
Engine = Annotated[
    str,
    typer.Option("--engine", help="local, or a Dask scheduler: tcp://HOST:PORT, tls://HOST:PORT."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        epilog="Examples:\n\n  repro run cases/redis-py-cancel-off-by-one.yml\n\n"
        "  repro run cases/black-fstring-multiline.yml --version 24.8.0\n\n"
        "  repro run cases/ --json\n\n"
        "  repro run cases/jinja2-compile-nondeterministic.yml --runs 50 --until decided\n\n"
        "  repro run cases/black-fstring-multiline.yml --ticket redmine:123"
    )(run)


def run(
    cases: Cases,
    os: Os = None,
    version: Version = None,
    topology: Topology = None,
    set: Variables = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Do not use prepared images.")] = False,
    keep: Annotated[
        str, typer.Option("--keep", help=f"Leave the environment up: {', '.join(KEEP)}.")
    ] = "never",
    runs: Runs = None,
    until: Until = None,
    jobs: Jobs = None,
    engine: Engine = LOCAL,
    trust: Annotated[
        bool,
        typer.Option("--trust", help="Use an archive's own playbooks and OS profiles, as root."),
    ] = False,
    attach: Attach = False,
    ticket: Tickets = None,
    public: Public = False,
    json: AsJson = False,
) -> int:
    """Replay cases and say whether their issues reproduce.

    Exit status: 0 reproduced, 1 not reproduced, 3 different failure, 4 inconclusive,
    5 environment failed, 2 the case or the command line is wrong, 130 interrupted.
    Of several cases, the highest.  Several runs are a campaign: `repro resume` goes on with one
    that was interrupted.  A ticket system that fails changes none of these.
    """
    from repro.cli import conduct
    from repro.cli.given import what_is_given
    from repro.cli.progress import Progress
    from repro.cli.session import parse_set
    from repro.cli.tell import whom
    from repro.errors import InputError
    from repro.model.campaign import CampaignOptions
    from repro.plan import Overrides

    if keep not in KEEP:
        raise InputError(f"--keep {keep!r} should be one of {', '.join(KEEP)}")
    overrides = Overrides(os=os, version=version, topology=topology, vars=parse_set(set or ()))
    given = what_is_given(cases, overrides, engine=engine, fresh=fresh, trust=trust)
    session, loaded, overrides = given.session, given.cases, given.overrides
    named = [each.case for each in loaded]
    tell = whom(session.settings, named, attach=attach, tickets=ticket, public=public)
    repeats = {case.case.id: repeat_of(case, runs, until) for case in loaded}
    plans = _planned(given)
    if engine == LOCAL and len(plans) == 1 and all(each.runs == 1 for each in repeats.values()):
        progress = Progress(as_json=json)
        tools = session.tools(cast("Keep", keep), progress.event, fresh=fresh)
        with progress, closing(tools.preparer):
            summary = _once(session, tools, overrides, progress, *plans[0])
        given.compare(summary, as_json=json)
        tell(summary.run)
        return summary.verdict.exit_status
    options = CampaignOptions(
        cells=tuple(plan.cell for _, plan in plans),
        repeat=repeats,
        vars=dict(overrides.vars),
        jobs=jobs,
        engine=engine,
        keep=keep,
        fresh=fresh,
    )
    cases_by_id = {case.case.id: case for case in loaded}
    return conduct.begin(session, "run", options, cases_by_id, as_json=json, told=tell)


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
    session: Session,
    tools: Tools,
    overrides: Overrides,
    progress: Progress,
    case: LoadedCase,
    plan: Plan,
) -> RunSummary:
    """One run; the history is told of it by the process that also cleans up."""
    from repro.flow import run_case
    from repro.record import new_header, open_run

    header = new_header(plan, overrides.described())
    recorder = open_run(session.settings, header, case.text, case.sources, plan)
    progress.begin(plan, recorder.run)
    try:
        summary = recorder.redactor.model(run_case(plan, tools, recorder))
    except BaseException:
        progress.interrupted(recorder.run, case.path)
        raise
    progress.end(summary)
    return summary


def repeat_of(loaded: LoadedCase, runs: int | None, until: str | None) -> Repeat:
    """How often a case is run: as the command line says, else as the case does.

    Raises InputError.
    """
    from repro.errors import InputError

    if until is not None and until not in UNTIL:
        raise InputError(f"--until {until!r} should be one of {', '.join(UNTIL)}")
    own = loaded.case.repeat
    asked = {"runs": runs or own.runs, "until": until or own.until}
    return own.model_copy(update=asked)


def listed(text: str | None) -> tuple[str, ...]:
    """Names with commas between them, each once; none where the option is left out.

    Raises InputError for a text that names nothing.
    """
    from repro.errors import InputError

    if text is None:
        return ()
    names = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    if not names:
        raise InputError(f"{text!r} names nothing", action="write names with commas between them")
    return names
