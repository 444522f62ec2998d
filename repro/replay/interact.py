"""``interact``: a dialogue with a program on a terminal."""

from __future__ import annotations

import codecs
import time
from dataclasses import dataclass, field

from repro.capture import Capture
from repro.check.text import match_text
from repro.errors import UnsupportedError
from repro.guest import shell
from repro.model.case import Exchange, InteractStep
from repro.model.observation import Completed, signal_of
from repro.model.phrase import Said, say
from repro.model.wording import Wording
from repro.ports import Console, Node, OutputSink, Terminal
from repro.replay.scene import Attempt, Scene

_KEEP = 1024 * 1024
_DECODER = codecs.getincrementaldecoder("utf-8")


@dataclass
class _Transcript:
    """What the program printed; what an answer was already given to is not matched again."""

    sink: OutputSink
    output: Capture = field(default_factory=lambda: Capture(_KEEP))
    text: str = ""
    answered: int = 0
    decoder: codecs.IncrementalDecoder = field(default_factory=lambda: _DECODER("backslashreplace"))

    def add(self, data: bytes) -> None:
        self.output.add("stdout", data)
        self.text = (self.text + self.decoder.decode(data))[:_KEEP]
        self.sink("stdout", data)

    @property
    def unanswered(self) -> str:
        return self.text[self.answered :]


def perform(step: InteractStep, name: str, node: Node, scene: Scene) -> Attempt:
    """Carry out the dialogue, then let the program come to its end."""
    if not isinstance(node, Console):
        raise UnsupportedError(f"node {node.name} offers no terminal")
    transcript = _Transcript(scene.sink(name, node.name))
    started, began = time.time(), transcript.output.began
    deadline = began + step.timeout
    terminal = node.console(scene.command(shell(step.interact, node), step, node.name))
    problem: Said = ""
    try:
        for number, exchange in enumerate(step.dialogue, 1):
            problem = _exchange(exchange, terminal, transcript, scene, deadline)
            if problem:
                problem = say(Wording.EXCHANGE, number=number, why=problem)
                break
        timed_out = bool(problem) and time.monotonic() >= deadline
        if not problem:
            timed_out = not _to_the_end(terminal, transcript, scene, deadline)
    finally:
        status = terminal.close()
    result = Completed(
        exit=status,
        signal=signal_of(status),
        timed_out=timed_out,
        started=started,
        seconds=time.monotonic() - began,
        stdout=transcript.output.stdout,
        ended_by="timeout" if timed_out else "",
    )
    return Attempt(step.interact, result, problem=problem)


def _exchange(
    exchange: Exchange, terminal: Terminal, transcript: _Transcript, scene: Scene, end: float
) -> Said:
    if exchange.timeout is not None:
        end = min(end, time.monotonic() + exchange.timeout)
    while not match_text(exchange.expect, transcript.unanswered, scene.search).holds:
        scene.check()
        left = end - time.monotonic()
        if left <= 0:
            return say(Wording.NO_PROMPT, text=repr(transcript.unanswered[-200:]))
        data = terminal.read(min(left, 0.5))
        if data is None:
            return say(Wording.ENDED_FIRST, text=repr(transcript.unanswered[-200:]))
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
