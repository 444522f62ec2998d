"""What every kind of step is given, and what it gives back."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from repro.check.text import Search
from repro.errors import InterruptedRunError
from repro.model.case import Step
from repro.model.observation import Completed, Observation
from repro.model.phrase import Said
from repro.ports import Command, Environment, OutputSink


@dataclass(frozen=True)
class Scene:
    """An environment in which steps are carried out.

    ``observe`` keeps an observation; ``output`` is told what a step prints (step, node, stream,
    bytes) as it comes; ``env`` is each node's own part of the environment of its commands.  Once
    ``cancel`` is set, what runs is ended.
    """

    environment: Environment
    env: Mapping[str, Mapping[str, str]]
    search: Search
    observe: Callable[[Observation], None]
    output: Callable[[str, str, str, bytes], None]
    cancel: threading.Event = field(default_factory=threading.Event)

    def check(self) -> None:
        """Raises InterruptedRunError once the run was cancelled."""
        if self.cancel.is_set():
            raise InterruptedRunError("the run was interrupted")

    def pause(self, seconds: float) -> None:
        """Let time pass.  Raises InterruptedRunError once the run was cancelled."""
        self.cancel.wait(seconds)
        self.check()

    def sink(self, step: str, node: str) -> OutputSink:
        """Where the output of a step on a node goes while it runs."""
        return lambda stream, data: self.output(step, node, stream, data)

    def command(
        self, argv: tuple[str, ...], step: Step, node: str, stdin: bytes | None = None
    ) -> Command:
        """A command as a step wants it run."""
        return Command(
            argv=argv,
            user=step.user,
            env={**self.env[node], **step.env},
            cwd=step.cwd,
            stdin=stdin,
            timeout=step.timeout,
        )


@dataclass(frozen=True)
class Attempt:
    """One go at a step.  ``status`` is that of an HTTP answer; ``problem`` is why it is not as
    expected whatever its exit (a wait that was in vain).
    """

    command: str
    result: Completed
    status: int | None = None
    problem: Said = ""
