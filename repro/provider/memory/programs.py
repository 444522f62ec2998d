"""Programs that are simulated: what they print, how long they take, how they end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from repro.ports import Command

if TYPE_CHECKING:
    from repro.provider.memory.provider import MemoryNode


@dataclass(frozen=True)
class Reply:
    """What a simulated command does: it takes ``seconds``, then prints, then ends.

    ``then``: it does not end yet but does this, and its exit status is that one's.
    """

    exit: int = 0
    stdout: bytes = b""
    stderr: bytes = b""
    seconds: float = 0.0
    then: Reply | None = None


@dataclass(frozen=True)
class Call:
    """A command as a simulated program sees it.  ``write`` raises EndedError to end it."""

    node: MemoryNode
    command: Command
    write: Callable[[str, bytes], None]
    sleep: Callable[[float], None]

    def out(self, data: bytes) -> None:
        """Print to standard output."""
        self.write("stdout", data)


Program = Callable[[Call], int]


class EndedError(Exception):
    """A command's time-out, its cancelling, or the end of its node."""

    def __init__(self, reason: Literal["timeout", "cancel", "lost"]) -> None:
        super().__init__(reason)
        self.reason = reason


def act_out(call: Call, reply: Reply) -> int:
    """Do what a reply says; its exit status."""
    call.sleep(reply.seconds)
    call.write("stdout", reply.stdout)
    call.write("stderr", reply.stderr)
    return reply.exit if reply.then is None else act_out(call, reply.then)


def _echo(call: Call) -> int:
    call.out(" ".join(call.command.argv[1:]).encode() + b"\n")
    return 0


def _cat(call: Call) -> int:
    if len(call.command.argv) == 1:
        call.out(call.command.stdin or b"")
        return 0
    for path in call.command.argv[1:]:
        found = call.node.files.get(path)
        if found is None:
            call.write("stderr", f"cat: {path}: No such file or directory\n".encode())
            return 1
        call.out(found.data)
    return 0


def _sleep(call: Call) -> int:
    call.sleep(float(call.command.argv[1]))
    return 0


def _yes(call: Call) -> int:
    piece = (" ".join(call.command.argv[1:]) or "y").encode() + b"\n"
    while True:
        call.out(piece * 1000)
        call.sleep(0)


def _printenv(call: Call) -> int:
    value = {**call.node.request.env, **call.command.env}.get(call.command.argv[1])
    if value is None:
        return 1
    call.out(value.encode() + b"\n")
    return 0


def _pwd(call: Call) -> int:
    call.out(call.command.cwd.encode() + b"\n")
    return 0


def _whoami(call: Call) -> int:
    call.out(call.command.user.encode() + b"\n")
    return 0


def _head(call: Call) -> int:
    """``head -c N /dev/zero``."""
    call.out(bytes(int(call.command.argv[2])))
    return 0


def not_found(call: Call) -> int:
    """What a shell says of a program that is not there."""
    call.write("stderr", f"{call.command.argv[0]}: not found\n".encode())
    return 127


PROGRAMS: Mapping[str, Program] = {
    "true": lambda _call: 0,
    "false": lambda _call: 1,
    "echo": _echo,
    "cat": _cat,
    "sleep": _sleep,
    "yes": _yes,
    "printenv": _printenv,
    "pwd": _pwd,
    "whoami": _whoami,
    "head": _head,
    "sh": lambda _call: 0,
    "/bin/sh": lambda _call: 0,
}
