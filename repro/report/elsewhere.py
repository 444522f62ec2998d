"""A run and the one that it repeats on another machine: same verdict, same environment?"""

from __future__ import annotations

from repro.model.record import RunRecord
from repro.report.diff import RunDiff, diff_lines, diff_runs
from repro.report.text import Line, line

#: Packages that are named; `repro diff` has them all.
_SHOWN = 20


def compared(before: RunRecord, after: RunRecord) -> list[Line]:
    """Whether the verdict is that of before, and in what the environment is not."""
    diff = diff_runs(before, after)
    # How it was asked for is no difference: what it comes to stands beside it.
    changes = tuple(each for each in diff.environment if not each.what.startswith("--set "))
    environment = RunDiff(a=diff.a, b=diff.b, environment=changes, packages=diff.packages)
    then, now = _verdict(before), _verdict(after)
    told = f"as before: {now}" if then == now else f"before: {then}; here: {now}"
    if before.lock is None or after.lock is None:
        return [line(f"{told}; there is no environment to be compared")]
    if environment.same:
        return [line(f"{told}; the environment is the same, to the last package")]
    more = len(diff.packages) - _SHOWN
    shown = environment.model_copy(update={"packages": diff.packages[:_SHOWN]})
    lines = [line(f"{told}; the environment differs:"), *diff_lines(shown)]
    return [*lines, line(f"({more} more packages)", indent=2)] if more > 0 else lines


def _verdict(record: RunRecord) -> str:
    return record.verdict.verdict if record.verdict else "unfinished"
