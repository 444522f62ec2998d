"""The entry point: runs a command, and is the only place that exits."""

from __future__ import annotations

import gc
import os
import signal
import sys
from io import TextIOWrapper
from pathlib import Path
from types import FrameType


def main() -> None:
    """Run the command line; an error of ours becomes its text and its exit status."""
    gc.disable()  # one run is over before collecting would pay; many runs enable it again
    # pydantic looks for plugins in every installed package; none of ours has one.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    _ready()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _as_interrupt)
    try:
        from repro.cli import app

        status = app.run()
    except BaseException as error:  # noqa: BLE001 - the one place that ends the process
        from repro.cli.failure import exit_status

        status = exit_status(error)
    _end(status)


def _ready() -> None:
    """Let no command end because of a character that the locale does not have, or without a place
    to write to.
    """
    sys.stdout = sys.stdout or Path(os.devnull).open("w")  # noqa: SIM115 - until the end
    sys.stderr = sys.stderr or Path(os.devnull).open("w")  # noqa: SIM115
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def _end(status: int) -> None:
    """End at once: all that must last is on disk, and taking objects apart takes time."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # the status is decided
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError as error:
        from repro.cli.failure import exit_status

        status = exit_status(error) if status == 0 else status
    os._exit(status)


def _as_interrupt(_number: int, _frame: FrameType | None) -> None:
    """SIGTERM, and a terminal that is closed, end a run as ^C does: in order."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
