"""A case with one of its workarounds in place: what is replayed to see whether it helps.  Pure."""

from __future__ import annotations

from repro.errors import InputError
from repro.model.case import Case, CaseFile


def with_workaround(case: Case, name: str) -> Case:
    """The case as the workaround changes it.

    Its files take the place of those with the same path on the same nodes, its setup comes after
    the case's own, and its variables go over the case's.  Raises InputError for a name that the
    case does not have.
    """
    chosen = next((each for each in case.workarounds if each.name == name), None)
    if chosen is None:
        known = ", ".join(repr(each.name) for each in case.workarounds)
        raise InputError(
            f"{case.id} has no workaround {name!r}",
            cause=f"it has {known}" if known else "it has none",
            action="write one under `workarounds`, or name one of those",
        )
    environment = case.environment
    return case.model_copy(
        update={
            "files": (*(each for each in case.files if not _replaced(each, chosen.files)),
                      *chosen.files),
            "setup": (*case.setup, *chosen.setup),
            "environment": environment.model_copy(
                update={
                    "env": {**environment.env, **chosen.env},
                    "vars": {**environment.vars, **chosen.vars},
                }
            ),
        }
    )  # fmt: skip


def _replaced(file: CaseFile, by: tuple[CaseFile, ...]) -> bool:
    """Whether another file stands wherever this one would."""
    same = [each for each in by if each.path == file.path]
    return any(not each.on or set(file.on) == set(each.on) for each in same)
