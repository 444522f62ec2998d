"""``repro run``: from case files to verdicts."""

from __future__ import annotations

import gc
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

if TYPE_CHECKING:
    from repro.casefile import LoadedCase
    from repro.cli.progress import Progress
    from repro.cli.session import Session
    from repro.model.observation import Verdict
    from repro.model.plan import Plan
    from repro.model.record import RunSummary
    from repro.plan import Overrides
    from repro.stages import Keep, Tools

KEEP = ("never", "on-reproduced", "on-failure", "always")
#: Of several runs, so many more are tried in place of those where the environment failed.
_REPLACEMENTS = 3

Cases = Annotated[list[Path], typer.Argument(help="Case files, or folders of them.")]
Os = Annotated[str | None, typer.Option("--os", help="Another OS profile, e.g. debian-13.")]
Version = Annotated[str | None, typer.Option("--version", help="Another version of the product.")]
Topology = Annotated[str | None, typer.Option("--topology", help="Another topology profile.")]
Variables = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="A variable of the playbook.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        epilog="Examples:\n\n  repro run cases/redis-py-cancel-off-by-one.yml\n\n"
        "  repro run cases/black-fstring-multiline.yml --version 24.8.0\n\n"
        "  repro run cases/ --json"
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
    json: AsJson = False,
) -> int:
    """Replay cases and say whether their issues reproduce.

    Exit status: 0 reproduced, 1 not reproduced, 3 different failure, 4 inconclusive,
    5 environment failed, 2 the case or the command line is wrong, 130 interrupted.
    Of several cases, the highest.
    """
    from repro.casefile import load_many
    from repro.cli.progress import Progress
    from repro.cli.session import Session, parse_set
    from repro.errors import InputError
    from repro.flow import refuse_unsupported
    from repro.plan import Overrides

    if keep not in KEEP:
        raise InputError(f"--keep {keep!r} should be one of {', '.join(KEEP)}")
    session = Session()
    overrides = Overrides(os=os, version=version, topology=topology, vars=parse_set(set or ()))
    loaded = load_many(cases, session.catalog)
    plans = [(case, session.plan(case, overrides)) for case in loaded]
    for _, plan in plans:
        refuse_unsupported(plan, session.powers(plan.cell.backend))
        session.check_version(plan)
    if len(plans) > 1 or any(case.case.repeat.runs > 1 for case in loaded):
        gc.enable()
    progress = Progress(as_json=json)
    tools = session.tools(cast("Keep", keep), progress.event, fresh=fresh)
    batch = _Batch(session, tools, overrides, progress)
    with progress, closing(tools.preparer):
        return max(batch.repeated(case, plan).exit_status for case, plan in plans)


@dataclass(frozen=True)
class _Batch:
    """What the runs of one command share."""

    session: Session
    tools: Tools
    overrides: Overrides
    progress: Progress

    def repeated(self, case: LoadedCase, plan: Plan) -> Verdict:
        """As many runs as the case asks for, and their verdict together."""
        from repro.stats import combine, rate

        wanted = case.case.repeat
        verdicts: list[Verdict] = []
        replaced = 0
        while True:
            verdicts.append(self.once(case, plan).verdict)
            replaced += verdicts[-1].verdict == "environment-failed"
            seen = rate(verdicts)
            shown = bool(seen and seen.reproduced) and wanted.until != "all"
            enough = len(verdicts) - replaced >= wanted.runs
            if shown or enough or replaced > min(_REPLACEMENTS, wanted.runs - 1):
                break
        together = combine(verdicts, wanted.runs)
        if wanted.runs > 1:
            self.progress.together(case.case.id, together)
        return together

    def once(self, case: LoadedCase, plan: Plan) -> RunSummary:
        """One run; the history is told of it by the process that also cleans up."""
        from repro.flow import run_case
        from repro.record import new_header, open_run

        header = new_header(plan, self.overrides.described())
        recorder = open_run(self.session.settings, header, case.text, case.sources, plan)
        self.progress.begin(plan, recorder.run)
        try:
            summary = run_case(plan, self.tools, recorder)
        except BaseException:
            self.progress.interrupted(recorder.run, case.path)
            raise
        self.progress.end(summary)
        return summary
