"""Ends everything that a command started in a container."""

from __future__ import annotations

import shlex
import time
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from repro.errors import EngineError
from repro.provider.docker.engine import Engine
from repro.provider.docker.resident import Resident
from repro.provider.docker.stream import Demultiplexer

#: Seconds between SIGTERM and SIGKILL, and in all before the whole container is killed.
GRACE = 1.0
_PATIENCE = 20.0
#: Stands among process ids where nobody could tell whether any is left.
_UNKNOWN = "?"


@cache
def _script() -> str:
    return Path(__file__).with_name("ending.sh").read_text("utf-8")


@dataclass(frozen=True)
class Target:
    """A command: its token, its user, and whether no other one ran meanwhile."""

    token: str
    user: str
    alone: bool

    @property
    def by_root(self) -> bool:
        """Whether root may look into its processes."""
        return self.user in ("root", "0", "")

    def words(self, signal: str, known: frozenset[str]) -> list[str]:
        """The arguments of the script.

        Where its user could not be asked, all that root may not look into counts as the user's.
        """
        others = _UNKNOWN in known and not self.by_root
        flags = [str(int(self.alone)), str(int(others))]
        return [signal, self.token, *flags, *sorted(known - {_UNKNOWN})]


class Ending:
    """Signals process trees inside one container."""

    def __init__(self, engine: Engine, container: str, resident: Resident) -> None:
        self._engine = engine
        self._container = container
        self._resident = resident
        #: Set where the shell inside did not answer, but a new process could be made.
        self._mute = False

    def end(self, target: Target, execution: str) -> bool:
        """TERM, then KILL until nothing is left of what the engine started as ``execution``.

        True when that is done; False when the container had to be killed instead.
        """
        self._wait_for_it_to_begin(execution)
        known = self._seen_by_user(target)
        known = self._signal("TERM", target, known)
        grace = time.monotonic() + GRACE
        while known and time.monotonic() < grace:
            time.sleep(0.03)
            known = self._signal("0", target, known)
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            # A mere look may miss what forks meanwhile; this one stops what it finds.
            known = self._signal("KILL", target, known)
            if not known:
                known = self._seen_by_user(target)
            if not known:
                return True
            if _UNKNOWN in known and not self._alive():
                return False
            time.sleep(0.02)
        self._pull_the_plug()
        return False

    def _wait_for_it_to_begin(self, execution: str) -> None:
        """An engine answers before it has made the process: till then nothing would be found."""
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            try:
                found = self._engine.call("exec_inspect", execution)
            except EngineError:
                return
            if found.get("Pid") or found["ExitCode"] is not None:
                return
            time.sleep(0.01)

    def _seen_by_user(self, target: Target) -> frozenset[str]:
        """Processes that only their own user may look into; root lacks CAP_SYS_PTRACE for it."""
        if target.by_root:
            return frozenset()
        # An orphan without a readable token may well be somebody else's to this user.
        asked = replace(target, alone=False)
        found = self._in_new_process("0", asked, frozenset(), target.user)
        return frozenset({_UNKNOWN}) if found is None else found

    def _signal(self, signal: str, target: Target, known: frozenset[str]) -> frozenset[str]:
        """The processes that were found, or those known already where nobody could tell."""
        words = target.words(signal, known)
        found = None
        if not self._mute:
            script = f"set -- {shlex.join(words)}\n{_script()}"
            found = _pids(self._resident.ask(script, _PATIENCE / 4))
        if found is None:
            found = self._in_new_process(signal, target, known, "root")
            self._mute = found is not None
        return known | {_UNKNOWN} if found is None else found

    def _in_new_process(
        self, signal: str, target: Target, known: frozenset[str], user: str
    ) -> frozenset[str] | None:
        words = target.words(signal, known)
        command = ["/bin/sh", "-c", _script(), "sh", *words]
        answer = bytearray()
        demultiplexer = Demultiplexer(lambda _name, data: answer.extend(data))
        try:
            made = self._engine.call("exec_create", self._container, command, user=user)
            stream = self._engine.stream("exec_start", made["Id"], socket=True)
        except EngineError:
            return None
        deadline = time.monotonic() + _PATIENCE / 4
        while (left := deadline - time.monotonic()) > 0:
            piece = stream.receive(left)
            if piece is None:
                break
            demultiplexer.feed(piece)
        stream.close()
        return _pids(answer.decode("utf-8", "backslashreplace"))

    def _alive(self) -> bool:
        try:
            state = self._engine.call("inspect_container", self._container)["State"]
        except EngineError:
            return False
        return bool(state["Running"])

    def _pull_the_plug(self) -> None:
        try:
            self._engine.call("kill", self._container)
        except EngineError:
            return


def _pids(answer: str | None) -> frozenset[str] | None:
    """The process ids of the script's last line; None where there is no such line."""
    for line in reversed((answer or "").splitlines()):
        if line.startswith("pids:"):
            return frozenset(word for word in line.removeprefix("pids:").split() if word.isdigit())
    return None
