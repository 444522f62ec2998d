"""The entry point: runs a command, and is the only place that exits."""

from __future__ import annotations

import gc
import os
import signal
import sys
from types import FrameType


def main() -> None:
    """Run the command line; an error of ours becomes its text and its exit status."""
    gc.disable()  # one run is over before collecting would pay; many runs enable it again
    # pydantic looks for plugins in every installed package; none of ours has one.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _as_interrupt)
    from repro.cli import app
    from repro.cli.failure import exit_status

    try:
        status = app.run()
    except BaseException as error:  # noqa: BLE001 - the one place that ends the process
        status = exit_status(error)
    _end(status)


def _end(status: int) -> None:
    """End at once: all that must last is on disk, and taking objects apart takes time."""
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        status = status or 1
    os._exit(status)


def _as_interrupt(_number: int, _frame: FrameType | None) -> None:
    """SIGTERM, and a terminal that is closed, end a run as ^C does: in order."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
