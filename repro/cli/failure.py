"""An error as the user sees it, and the exit status that goes with it."""

from __future__ import annotations

import errno
import os
import sys

from repro.errors import InputError, ReproError


def exit_status(error: BaseException) -> int:
    """Print an error and say the exit status; ``--debug`` adds the trace."""
    if isinstance(error, SystemExit) and isinstance(error.__context__, BrokenPipeError):
        error = error.__context__  # click makes an end of its own of it
    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else int(bool(error.code))
    if os.environ.get("REPRO_DEBUG"):
        import traceback

        traceback.print_exception(error)
    if isinstance(error, KeyboardInterrupt):
        print("interrupted", file=sys.stderr)
        return 130
    if isinstance(error, BrokenPipeError):
        # Whoever read our output has enough; that is no error.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    if hasattr(error, "show") and hasattr(error, "exit_code"):
        error.show()  # what typer says of a command line that it cannot read
        return 2
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        error = InputError("the output cannot be written", cause="the disk that it goes to is full")
    if isinstance(error, ReproError):
        print(told(error), file=sys.stderr)
        return error.exit_status
    print(
        f"repro: defect: {type(error).__name__}: {error}\n"
        "  next: run it again with --debug and report the trace",
        file=sys.stderr,
    )
    return 70


def told(error: ReproError) -> str:
    """What happened, the likely cause, and what to do next."""
    from repro.report.text import printable

    first, *rest = str(error).splitlines()
    return printable("\n".join([f"repro: {first}", *(f"  {line}" for line in rest)]))
