"""A case with its secrets as plain values, which its plan needs and its record is kept without."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from repro.errors import PlanError
from repro.model.case import Case, CaseFile
from repro.model.secret import MIN_SECRET, REDACTED, Secrets


def revealed(
    case: Case, sources: Mapping[str, bytes], environ: Mapping[str, str]
) -> tuple[Case, list[str]]:
    """The case with its secrets as plain values, and these; workarounds left out.

    Raises PlanError for one that is not set here, and for a case that was recorded without them.
    """
    found = Secrets(environ)
    plain = found.reveal(case.model_copy(update={"workarounds": ()}))
    found.values += _of_files(case.files, sources)
    for name in found.unset:
        raise PlanError(
            f"the case takes a secret from the variable {name}, which is not set here",
            cause=f"it is empty, or has fewer than {MIN_SECRET} characters",
            action=f"set {name} for this command",
        )
    if REDACTED in found.values:
        raise PlanError(
            "the case was recorded, which leaves its secrets out",
            action="write them where `[redacted]` stands, or name a variable with `env`",
        )
    return plain, found.values


def secrets_of_workarounds(
    case: Case, sources: Mapping[str, bytes], environ: Mapping[str, str]
) -> list[str]:
    """What the record of any run has to be without; what is not set here cannot be in it."""
    found = Secrets(environ)
    found.reveal(case.workarounds)
    return found.values + [
        text for workaround in case.workarounds for text in _of_files(workaround.files, sources)
    ]


def _of_files(files: Iterable[CaseFile], sources: Mapping[str, bytes]) -> list[str]:
    """The contents of secret files, as text that has the same bytes."""
    named = [file.source for file in files if file.secret and file.source is not None]
    return [sources[name].decode("utf-8", "surrogateescape") for name in named]
