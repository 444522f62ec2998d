"""``interact``: a dialogue with a program on a terminal."""

from __future__ import annotations

import time
from dataclasses import dataclass

from repro.check.text import match_text
from repro.errors import UnsupportedError
from repro.guest import shell
from repro.model.case import Exchange, InteractStep
from repro.model.observation import Captured, Completed, signal_of
from repro.ports import Console, Node, Terminal
from repro.replay.scene import Attempt, Scene

_KEEP = 1024 * 1024


@dataclass
class _Transcript:
    """What the program printed; what an answer was already given to is not matched again."""

    text: str = ""
    answered: int = 0
    size: int = 0

    def add(self, data: bytes) -> None:
        self.size += len(data)
        self.text = (self.text + data.decode("utf-8", "backslashreplace"))[:_KEEP]

    @property
    def unanswered(self) -> str:
        return self.text[self.answered :]


def perform(step: InteractStep, name: str, node: Node, scene: Scene) -> Attempt:
    """Carry out the dialogue, then let the program come to its end."""
    if not isinstance(node, Console):
        raise UnsupportedError(f"node {node.name} offers no terminal")
    started, clock = time.time(), time.monotonic()
    deadline = clock + step.timeout
    terminal = node.console(scene.command(shell(step.interact, node), step, node.name))
    transcript, problem = _Transcript(), ""
    try:
        for number, exchange in enumerate(step.dialogue, 1):
            problem = _exchange(exchange, terminal, transcript, scene, deadline)
            if problem:
                problem = f"exchange {number}: {problem}"
                break
        timed_out = bool(problem) and time.monotonic() >= deadline
        if not problem:
            timed_out = not _to_the_end(terminal, transcript, scene, deadline)
    finally:
        status = terminal.close()
    scene.output(name, node.name, "stdout", transcript.text.encode())
    result = Completed(
        exit=status,
        signal=signal_of(status),
        timed_out=timed_out,
        started=started,
        seconds=time.monotonic() - clock,
        stdout=_captured(transcript),
        ended_by="timeout" if timed_out else "",
    )
    return Attempt(step.interact, result, problem=problem)


def _exchange(
    exchange: Exchange, terminal: Terminal, transcript: _Transcript, scene: Scene, end: float
) -> str:
    if exchange.timeout is not None:
        end = min(end, time.monotonic() + exchange.timeout)
    while not match_text(exchange.expect, transcript.unanswered, scene.search).holds:
        scene.check()
        left = end - time.monotonic()
        if left <= 0:
            return f"waited in vain; it printed {transcript.unanswered[-200:]!r}"
        data = terminal.read(min(left, 0.5))
        if data is None:
            return f"the program ended first; it printed {transcript.unanswered[-200:]!r}"
        transcript.add(data)
    transcript.answered = len(transcript.text)
    if exchange.send is not None:
        terminal.write(exchange.send.encode() + (b"\r" if exchange.enter else b""))
    return ""


def _to_the_end(terminal: Terminal, transcript: _Transcript, scene: Scene, end: float) -> bool:
    while (left := end - time.monotonic()) > 0:
        scene.check()
        data = terminal.read(min(left, 0.5))
        if data is None:
            return True
        transcript.add(data)
    return False


def _captured(transcript: _Transcript) -> Captured:
    cut = max(0, transcript.size - len(transcript.text.encode()))
    return Captured(
        text=transcript.text,
        size=transcript.size,
        cut=cut,
        cut_at=len(transcript.text) if cut else None,
    )
