"""``repro run RUN``: a run of one's own once more, by its recorded case and cell."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from repro.cli.session import Session

if TYPE_CHECKING:
    from repro.casefile import LoadedCase
    from repro.model.case import Case
    from repro.model.record import RunRecord
    from repro.plan import Overrides

#: ``last``, and how identifiers of runs begin; a file of that name comes first.
_RUN = re.compile(r"last(~[0-9]+)?|[0-9]{8}-.*")


def run_named(session: Session, path: Path) -> RunRecord | None:
    """The run that is meant where a case file could stand, its folder included; None: none is.

    Raises NotFoundError, RecordError.
    """
    from repro.record import find_run, read_run
    from repro.record.read import is_run

    if is_run(path):
        return read_run(path)
    if not _RUN.fullmatch(str(path)) or path.exists():
        return None
    return read_run(find_run(session.settings, str(path)))


def case_given(session: Session, path: Path) -> LoadedCase:
    """The case of a file, or that of a run.  Raises CaseError, NotFoundError, RecordError."""
    from repro.casefile import load

    record = run_named(session, path)
    return load(path, session.catalog) if record is None else recorded(session, record)


def recorded(session: Session, record: RunRecord) -> LoadedCase:
    """The case of a run; the run stands for its file.  Raises CaseError, RecordError."""
    from repro.archive.case import load_recorded

    case = load_recorded(Path(record.folder), session.catalog)
    tell_redacted(case)
    return replace(case, path=Path(record.header.run))


def changes_only(asked: Overrides, case: Case) -> Overrides:
    """What is asked for, without what the case says itself."""
    own = case.environment
    return replace(
        asked,
        os=None if asked.os == own.os else asked.os,
        version=None if asked.version == own.version else asked.version,
    )


def tell_redacted(loaded: LoadedCase) -> None:
    """Say which lines of a recorded case are not as its author had them."""
    from repro.archive.case import redacted_places
    from repro.report.text import printable

    for place in redacted_places(loaded.text):
        print(f"repro: redacted in the case: {printable(place)}", file=sys.stderr)
        print("  give it by `{env: NAME, secret: true}` in a case of your own: docs/archives.md",
              file=sys.stderr)  # fmt: skip


def refuse_redacted(overrides: Overrides) -> None:
    """Raises InputError for a variable whose value was a secret, which nobody has kept."""
    from repro.archive.case import is_redacted
    from repro.errors import InputError

    for name, value in overrides.vars.items():
        if isinstance(value, str) and is_redacted(value):
            raise InputError(
                f"the variable {name} was a secret, which the record does not hold",
                action=f"give it again: --set {name}=VALUE",
            )
