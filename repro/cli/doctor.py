"""``repro doctor``: what works here, and what to do about the rest."""

from __future__ import annotations

import json as encoder
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from repro.cli.options import AsJson

if TYPE_CHECKING:
    from repro.doctor import Finding

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
    from repro.cli.session import Session
    from repro.doctor import examine
    from repro.provider.docker import connect

    settings = Session().settings
    return examined(
        lambda: examine(settings, lambda: connect(settings)), Words(as_json=json, fixing=fix)
    )


@dataclass(frozen=True)
class Words:
    """How findings are told: to a person, or as lines of JSON.  ``fixing``: remedies are tried."""

    as_json: bool
    fixing: bool

    def finding(self, found: Finding) -> None:
        """Tell what a check saw, and its remedy."""
        if self.as_json:
            row = {key: getattr(found, key) for key in ("name", "state", "seen", "remedy")}
            print(encoder.dumps({**row, "fixable": found.fix is not None}), flush=True)
            return
        from repro.report.text import printable

        print(f"{_MARKS[found.state]} {found.name}: {printable(found.seen)}", flush=True)
        if found.remedy:
            offered = found.fix is not None and not self.fixing
            self.note(found.remedy + (" (repro doctor --fix does it)" if offered else ""))

    def note(self, text: str) -> None:
        """Tell a person what is done, or why not."""
        if self.as_json:
            return
        from repro.report.text import printable

        for line in text.splitlines():
            print(printable(f"    {line}"), flush=True)


def examined(look: Callable[[], Iterable[Finding]], words: Words) -> int:
    """Tell each finding of a look, and what its remedy made of it; the exit status."""
    troubles = 0
    for found in look():
        words.finding(found)
        left = _fixed(found, look, words) if words.fixing else found
        troubles += left.state == "trouble"
    return 5 if troubles else 0


def _fixed(found: Finding, look: Callable[[], Iterable[Finding]], words: Words) -> Finding:
    """What is found after the remedy; the same where there is none, or where it fails."""
    from repro.errors import ReproError

    if found.fix is None:
        return found
    try:
        found.fix(words.note)
    except ReproError as error:
        words.note(f"{error.what}\n{error.cause}\n{error.action}")
        return found
    again = next((each for each in look() if each.name == found.name), found)
    words.finding(again)
    return again
