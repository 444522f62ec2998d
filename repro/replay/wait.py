"""``wait``: until a port listens, a log says so, a command succeeds, or time has passed."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable

from repro.check.text import search_text
from repro.guest import quoted, shell
from repro.model.case import WaitStep
from repro.model.observation import Completed
from repro.model.phrase import Phrase, Said, say
from repro.model.wording import Wording
from repro.ports import Command, Node
from repro.replay.scene import Attempt, Scene

#: Seconds between two looks: short at first, then longer.
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 1.0
_LOG_LIMIT = 4 * 2**20
#: A listening socket of the port in /proc/net/tcp (proc(5)): state 0A, no peer.
_LISTENS = "grep -sqiE ': [0-9A-F]+:{port:04X} [0-9A-F]+:0000 0A' /proc/net/tcp /proc/net/tcp6"


def perform(step: WaitStep, node: Node, scene: Scene) -> Attempt:
    """Look again and again until it is so, or the step's time-out."""
    what, ready = _question(step, node, scene)
    started, clock = time.time(), time.monotonic()
    pause = _FIRST_PAUSE
    while True:
        reason = ready()
        passed = time.monotonic() - clock
        if not reason:
            return Attempt(what, Completed(exit=0, started=started, seconds=passed))
        if passed + pause > step.timeout:
            result = Completed(exit=1, timed_out=True, started=started, seconds=passed)
            return Attempt(what, result, problem=_in_vain(passed, reason))
        scene.pause(pause)
        pause = min(pause * 1.5, _LONGEST_PAUSE)


def _question(step: WaitStep, node: Node, scene: Scene) -> tuple[str, Callable[[], Said]]:
    """What is waited for in words, and a function that says why it is not so yet."""
    wait = step.wait
    if wait.seconds is not None:
        end = time.monotonic() + wait.seconds
        return f"wait {wait.seconds:g} s", lambda: _until(end, scene)
    if wait.port is not None:
        script = _LISTENS.format(port=wait.port)
        why = say(Wording.NO_LISTENER, port=wait.port)
        return f"wait for port {wait.port}", lambda: _succeeds(step, node, scene, script, why)
    if wait.log is not None:
        return f"wait for {wait.log}", lambda: _logged(step, node, scene)
    command = wait.run or ""
    return f"wait for {quoted(command)}", lambda: _succeeds(step, node, scene, command)


def _in_vain(seconds: float, why: Said) -> Phrase:
    return say(Wording.IN_VAIN, seconds=f"{seconds:.1f}", why=why)


def _until(end: float, scene: Scene) -> str:
    left = end - time.monotonic()
    if left > 0:
        scene.pause(left)
    return ""


def _succeeds(
    step: WaitStep, node: Node, scene: Scene, script: str, why: Phrase | None = None
) -> Said:
    command = scene.command(shell(script), step, node.name)
    result = node.run(dataclasses.replace(command, keep=4096), cancel=scene.cancel)
    if result.exit == 0:
        return ""
    last = (result.stderr.text or result.stdout.text).strip().splitlines()[-1:]
    if why is None and last:
        return say(Wording.EXIT_SAYING, exit=str(result.exit), line=last[0])
    return why or say(Wording.EXIT, exit=str(result.exit))


def _logged(step: WaitStep, node: Node, scene: Scene) -> Said:
    wait = step.wait
    assert wait.log is not None
    tail = Command(("tail", "-c", str(_LOG_LIMIT), wait.log), keep=_LOG_LIMIT)
    result = node.run(tail, cancel=scene.cancel)
    if result.exit != 0:
        return say(Wording.UNREADABLE, path=wait.log)
    answer = search_text(wait.matches or "", result.stdout.text, scene.search)
    return "" if answer.holds else say(Wording.IN_FILE, path=wait.log, why=answer.why)
