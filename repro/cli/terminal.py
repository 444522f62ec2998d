"""The terminal, joined to a program on a node."""

from __future__ import annotations

import os
import select
import shutil
import signal
import sys
import termios
import tty

from repro.errors import InputError
from repro.ports import Command, Console, Terminal


def interact(node: Console, command: Command) -> int:
    """Join this terminal to a command on a node until it ends; its exit status."""
    if not sys.stdin.isatty():
        raise InputError("this needs a terminal", action="use `repro exec NODE -- COMMAND`")
    columns, rows = shutil.get_terminal_size()
    terminal = node.console(command, rows, columns)
    before = termios.tcgetattr(sys.stdin)
    resized = signal.signal(signal.SIGWINCH, lambda *_: _resize(terminal))
    try:
        tty.setraw(sys.stdin)
        _copy(terminal)
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)
        signal.signal(signal.SIGWINCH, resized)
        status = terminal.close()
    return status if status is not None else 255


def _resize(terminal: Terminal) -> None:
    columns, rows = shutil.get_terminal_size()
    terminal.resize(rows, columns)


def _copy(terminal: Terminal) -> None:
    stdin, stdout = sys.stdin.fileno(), sys.stdout.fileno()
    open_input = True
    while (data := terminal.read(0.02)) is not None:
        while data:
            data = data[os.write(stdout, data) :]
        ready, _, _ = select.select([stdin] if open_input else [], [], [], 0)
        if not ready:
            continue
        typed = os.read(stdin, 4096)
        open_input = bool(typed)
        terminal.write(typed)
