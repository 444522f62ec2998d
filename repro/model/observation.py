"""What a step or a probe left behind, and what a verdict says about it."""

import signal as signals
from typing import Annotated, Any, Literal

from pydantic import Field

from repro.model.base import Frozen
from repro.model.phrase import Worded

#: How many lines of an output there were, and after how many seconds; the last pair: all of it.
Times = tuple[
    tuple[Annotated[int, Field(ge=1)], Annotated[float, Field(ge=0, allow_inf_nan=False)]], ...
]


class Captured(Frozen):
    r"""Output as kept: UTF-8 text, other bytes as ``\xNN``; ``cut`` bytes left out at ``cut_at``.

    ``size`` is the number of bytes that the command wrote; ``cut_at`` is an index into ``text``.
    ``times`` says when its lines came, in seconds since the command began; a line is there when its
    line feed is.  Empty where that is not known.
    """

    text: str = ""
    size: int = 0
    cut: int = 0
    cut_at: int | None = None
    times: Times = ()


class Completed(Frozen):
    """A command that ended, or was ended.

    ``exit`` is None where there is none (the node was lost).  ``seconds`` is wall time;
    ``started`` is seconds since the epoch, by the clock of the machine that runs repro.
    ``ended_by`` is empty when it ended by itself.
    """

    exit: int | None
    signal: str | None = None
    timed_out: bool = False
    started: float = 0.0
    seconds: float = 0.0
    stdout: Captured = Captured.model_construct()
    stderr: Captured = Captured.model_construct()
    ended_by: Literal["", "timeout", "cancel", "disk-limit", "lost"] = ""


class StepObservation(Worded):
    """One step on one node (its last attempt)."""

    kind: Literal["step"] = "step"
    phase: Literal["setup", "steps"]
    step: str
    node: str
    command: str = ""
    result: Completed
    status: int | None = None
    attempts: int = 1
    expected: bool
    why: str = ""


class ProbeObservation(Frozen):
    """A command of a condition; ``key`` identifies the condition's question."""

    kind: Literal["probe"] = "probe"
    key: str
    node: str
    command: str
    result: Completed


class ModuleObservation(Frozen):
    """Values of a testinfra module's attributes; ``error`` where it could not tell."""

    kind: Literal["module"] = "module"
    key: str
    node: str
    module: str
    values: dict[str, Any] = {}
    error: str = ""


class PythonObservation(Frozen):
    """A pytest-testinfra file, run inside a node."""

    kind: Literal["python"] = "python"
    key: str
    node: str
    file: str
    passed: bool | None
    output: Captured = Captured.model_construct()


class LogObservation(Frozen):
    """What was written to a file since the steps began; None where the file is not there."""

    kind: Literal["log"] = "log"
    key: str
    node: str
    path: str
    text: str | None


class NodeObservation(Frozen):
    """The state of a node after the steps."""

    kind: Literal["node"] = "node"
    node: str
    state: Literal["running", "paused", "exited", "gone"]
    oom_killed: bool = False
    exit: int | None = None
    asked_for: bool = False


class VersionObservation(Frozen):
    """The product's version as it was really seen."""

    kind: Literal["version"] = "version"
    node: str
    text: str


class TroubleObservation(Frozen):
    """The environment was at fault; the run is no verdict on the issue."""

    kind: Literal["trouble"] = "trouble"
    stage: str
    error: str
    what: str
    cause: str = ""
    action: str = ""


Observation = Annotated[
    StepObservation
    | ProbeObservation
    | ModuleObservation
    | PythonObservation
    | LogObservation
    | NodeObservation
    | VersionObservation
    | TroubleObservation,
    Field(discriminator="kind"),
]

VerdictName = Literal[
    "reproduced", "not-reproduced", "different-failure", "inconclusive", "environment-failed"
]

#: Exit statuses of ``repro run`` (case format, "The verdict").
EXIT_STATUS: dict[str, int] = {
    "reproduced": 0,
    "not-reproduced": 1,
    "different-failure": 3,
    "inconclusive": 4,
    "environment-failed": 5,
}


class Finding(Worded):
    """Whether one condition held, and why: ``evidence`` is the text that matched."""

    condition: str
    holds: bool | None
    why: str
    evidence: str = ""
    parts: "tuple[Finding, ...]" = ()


class Verdict(Worded):
    """Decided from observations alone."""

    verdict: VerdictName
    reason: str
    symptom: tuple[Finding, ...] = ()
    healthy: tuple[Finding, ...] = ()

    @property
    def exit_status(self) -> int:
        """The exit status of ``repro run`` for this verdict."""
        return EXIT_STATUS[self.verdict]


class Rate(Frozen):
    """How often the issue showed: ``low`` and ``high`` bound the rate at 95 % (Wilson)."""

    runs: int
    reproduced: int
    low: float
    high: float


def signal_of(exit_status: int | None) -> str | None:
    """The signal behind a shell's exit status of 128 + n (POSIX, "Exit Status for Commands")."""
    if exit_status is None or exit_status <= 128:
        return None
    try:
        return signals.Signals(exit_status - 128).name
    except ValueError:
        return None
