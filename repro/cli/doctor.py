"""``repro doctor``: what works here, and what to do about the rest."""

from __future__ import annotations

from typing import Annotated

import typer

from repro.cli.options import AsJson

_MARKS = {"ok": "✓", "warning": "!", "trouble": "✗"}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Examples:\n\n  repro doctor\n\n  repro doctor --fix")(doctor)


def doctor(
    fix: Annotated[
        bool, typer.Option("--fix", help="Carry out the remedies that can be carried out.")
    ] = False,
    json: AsJson = False,
) -> int:
    """Look at the engine, disk, mirrors, CA, Python, Ansible, and what each backend can do here.

    Exit status 5 when there is trouble left.
    """
    import json as encoder

    from repro.cli.session import Session
    from repro.doctor import examine
    from repro.doctor.finding import Finding
    from repro.errors import ReproError
    from repro.provider.docker import connect
    from repro.report.text import printable

    settings = Session().settings

    def tell(finding: Finding) -> None:
        if json:
            row = {key: getattr(finding, key) for key in ("name", "state", "seen", "remedy")}
            print(encoder.dumps({**row, "fixable": finding.fix is not None}), flush=True)
            return
        print(f"{_MARKS[finding.state]} {finding.name}: {printable(finding.seen)}", flush=True)
        if finding.remedy:
            can = " (repro doctor --fix does it)" if finding.fix and not fix else ""
            print(f"    {finding.remedy}{can}", flush=True)

    def mend(finding: Finding) -> Finding:
        if not fix or finding.fix is None:
            return finding
        try:
            finding.fix(lambda text: None if json else print(f"    {text}", flush=True))
        except ReproError as error:
            if not json:
                print(printable(f"    {error.what}\n    {error.cause}\n    {error.action}"))
            return finding
        again = examine(settings, lambda: connect(settings))
        mended = next((each for each in again if each.name == finding.name), finding)
        tell(mended)
        return mended

    troubles = 0
    for finding in examine(settings, lambda: connect(settings)):
        tell(finding)
        troubles += mend(finding).state == "trouble"
    return 5 if troubles else 0
