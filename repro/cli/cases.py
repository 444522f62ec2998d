"""``repro plan``, ``validate``, ``schema``: what a case file says, without starting anything."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from repro.cli.groups import Changes, grouped
from repro.cli.options import AsJson, CaseFile


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(
        epilog="Examples:\n\n  repro plan cases/redis-py-cancel-off-by-one.yml\n\n"
        "  repro plan cases/black-fstring-multiline.yml --os debian-13 --json"
    )(grouped(plan))
    app.command(epilog="Example:\n\n  repro validate cases/")(validate)
    app.command(epilog="Example:\n\n  repro schema > case.schema.json")(schema)


def plan(
    case: CaseFile,
    *,
    changes: Changes,
    offline: Annotated[
        bool, typer.Option("--offline", help="Do not ask whether the version was released.")
    ] = False,
    json: AsJson = False,
) -> int:
    """Show what would be done, and how well it fits the customer's environment.

    Starts nothing.  Exit status 2 when the case needs what cannot be carried out here.
    """
    from repro.casefile import load
    from repro.cli.output import show
    from repro.cli.session import Session
    from repro.flow import refuse_unsupported
    from repro.redact.known import Redactor
    from repro.report.plan import show_plan

    session = Session()
    loaded = load(case, session.catalog)
    planned = session.plan(loaded, changes.overrides(), offline=offline)
    if not offline:
        session.check_version(loaded, planned)
    planned = Redactor(planned.secrets).model(planned)
    if json:
        print(planned.model_dump_json(indent=2))
    else:
        show(show_plan(planned))
    refuse_unsupported(planned, session.powers(planned.cell.backend))
    return 0


def validate(
    cases: Annotated[list[Path], typer.Argument(help="Case files, or folders of them.")],
    json: AsJson = False,
) -> int:
    """Check case files: every error of every file, with its place.

    Exit status 2 when a file has errors.
    """
    from repro.casefile import load_many
    from repro.cli.session import Session
    from repro.errors import CaseError

    try:
        loaded = load_many(cases, Session().catalog)
    except CaseError as error:
        if not json:
            raise
        import json as encoder

        print(encoder.dumps({"valid": False, "problems": [str(each) for each in error.problems]}))
        return error.exit_status
    if json:
        import json as encoder

        print(encoder.dumps({"valid": True, "cases": [each.case.id for each in loaded]}))
    else:
        print(f"{len(loaded)} case file{'s' if len(loaded) != 1 else ''}, no errors")
    return 0


def schema(
    markdown: Annotated[
        bool, typer.Option("--markdown", help="The reference tables of the format instead.")
    ] = False,
    report: Annotated[
        bool, typer.Option("--report", help="The schema of `repro report --format json` instead.")
    ] = False,
) -> None:
    """Print the JSON Schema of case files; an editor completes and checks keys with it."""
    import json as encoder

    if report:
        from repro.report import data

        print(encoder.dumps(data.schema(), indent=2))
        return
    from repro import casefile

    print(casefile.markdown() if markdown else encoder.dumps(casefile.schema(), indent=2))
