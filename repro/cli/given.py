"""What ``repro run`` is given: case files, a run of one's own, or an archive of one."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from repro.cli.options import LOCAL
from repro.errors import InputError

if TYPE_CHECKING:
    from repro.casefile import LoadedCase
    from repro.cli.session import Session
    from repro.model.record import RunRecord, RunSummary
    from repro.plan import Overrides

_GZIP = b"\x1f\x8b"


@dataclass(frozen=True)
class Given:
    """Cases, what they are run with, and what the command line changes of them.

    ``before`` is the run that is made again.
    """

    session: Session
    cases: tuple[LoadedCase, ...]
    overrides: Overrides
    before: RunRecord | None = None

    def compare(self, summary: RunSummary, *, as_json: bool) -> None:
        """Say in what a run differs from the one before; of case files there is nothing to say."""
        if self.before is None:
            return
        from repro.record import read_run
        from repro.report.elsewhere import compared
        from repro.report.text import plain

        run = read_run(self.session.settings.runs / summary.run)
        print(plain(compared(self.before, run)), end="", file=sys.stderr if as_json else None)


def what_is_given(
    paths: Sequence[Path], overrides: Overrides, *, engine: str, fresh: bool, trust: bool
) -> Given:
    """Read it.

    Raises CaseError, ArchiveError, InputError, NotFoundError, RecordError; EngineError where
    images are loaded.
    """
    archives = [path for path in paths if _is_archive(path)]
    if archives and len(paths) > 1:
        raise InputError(f"{archives[0]} is an archive", action="run it by itself")
    if archives and engine != LOCAL:
        raise InputError("an archive is run on this machine", action="leave --engine out")
    if archives:
        from repro.cli.archived import open_archive

        return open_archive(archives[0], overrides, fresh=fresh, trust=trust)
    if trust:
        raise InputError("--trust is said of an archive", action="leave it out")
    from repro.casefile import load_many
    from repro.cli.again import run_named
    from repro.cli.session import Session

    session = Session()
    if len(paths) == 1 and (before := run_named(session, paths[0])) is not None:
        return _again(session, before, overrides)
    return Given(session, load_many(paths, session.catalog), overrides)


def _again(session: Session, before: RunRecord, overrides: Overrides) -> Given:
    """The cell of a recorded run, but for what the command line changes."""
    from repro.cli.again import changes_only, recorded, refuse_redacted
    from repro.cli.archived import as_recorded

    asked = as_recorded(before, overrides)
    refuse_redacted(asked)
    loaded = recorded(session, before)
    return Given(session, (loaded,), changes_only(asked, loaded.case), before)


def _is_archive(path: Path) -> bool:
    """Whether a file is compressed as archives are; no case file is."""
    try:
        if not path.is_file():  # a pipe would keep us waiting
            return False
        with path.open("rb") as file:
            return file.read(len(_GZIP)) == _GZIP
    except OSError:
        return False
