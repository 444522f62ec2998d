"""The steps in order: each node, each attempt, what runs beside them, and where it stops."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Literal

from repro.errors import NodeLostError, SetupError, UnsupportedError
from repro.model.case import AnyStep, FaultStep, HttpStep, InteractStep, RunStep, WaitStep
from repro.model.observation import Completed, StepObservation
from repro.model.phrase import Said
from repro.model.plan import Plan, PlannedStep
from repro.ports import Node
from repro.replay import http, interact, run, wait
from repro.replay.expect import shortfall
from repro.replay.scene import Attempt, Scene

Phase = Literal["setup", "steps"]
#: Seconds that a step in the background gets to end once it was told to.
_BACKGROUND_GRACE = 15.0
_NO_TIMEOUT = 30 * 86400.0


class Replay:
    """One replay of a plan in a scene."""

    def __init__(self, plan: Plan, scene: Scene) -> None:
        self._plan = plan
        self._scene = scene
        self._background: list[_Background] = []
        self._python = {node.name: node.preparation.os.python.path for node in plan.nodes}

    def set_up(self) -> None:
        """Reach the reported starting point.  Raises SetupError."""
        failed = self._carry_out(self._plan.setup, "setup")
        if failed is not None:
            said = failed.result.stderr.text.strip() or failed.result.stdout.text.strip()
            raise SetupError(
                f"setup step {failed.step} on {failed.node}: {failed.why}",
                cause="\n".join(said.splitlines()[-5:]) or "it printed nothing",
            )

    def run_steps(self) -> None:
        """Carry the reported steps out; the first that does not do as expected is the last."""
        self._carry_out(self._plan.steps, "steps")

    def finish(self) -> None:
        """End what runs in the background, and keep its output."""
        for each in self._background:
            each.cancel.set()
        for each in self._background:
            each.join(_BACKGROUND_GRACE)
        self._background.clear()

    def _carry_out(self, steps: Sequence[PlannedStep], phase: Phase) -> StepObservation | None:
        for planned in steps:
            for name in planned.nodes:
                node = self._scene.environment.nodes[name]
                if isinstance(planned.step, RunStep) and planned.step.background:
                    self._start_background(planned, planned.step, node, phase)
                    continue
                seen = self._until_expected(planned, node, phase)
                self._scene.observe(seen)
                if not seen.expected:
                    return seen
        return None

    def _until_expected(self, planned: PlannedStep, node: Node, phase: Phase) -> StepObservation:
        retry = planned.step.retry
        end = time.monotonic() + (retry.for_ if retry else 0)
        attempts = 0
        while True:
            attempts += 1
            attempt = self._attempt(planned.name, planned.step, node)
            self._scene.check()
            why = shortfall(planned.step.expect, attempt, self._scene.search)
            lost = attempt.result.ended_by == "lost"
            if not why or retry is None or lost or time.monotonic() + retry.every > end:
                return _observation(planned.name, node.name, phase, attempt, why, attempts)
            self._scene.pause(retry.every)

    def _attempt(self, name: str, step: AnyStep, node: Node) -> Attempt:
        started = time.time()
        try:
            match step:
                case RunStep():
                    return run.perform(step, name, node, self._scene, self._scene.cancel)
                case WaitStep():
                    return wait.perform(step, node, self._scene)
                case HttpStep():
                    return http.perform(step, name, node, self._scene, self._python[node.name])
                case InteractStep():
                    return interact.perform(step, name, node, self._scene)
                case FaultStep():
                    raise UnsupportedError(f"the fault {step.fault} cannot be carried out yet")
        except NodeLostError as error:
            lost = Completed(
                exit=None, started=started, seconds=time.time() - started, ended_by="lost"
            )
            return Attempt(_command(step), lost, problem=error.what)

    def _start_background(
        self, planned: PlannedStep, step: RunStep, node: Node, phase: Phase
    ) -> None:
        started = _Background(planned.name, step, node, self._scene, phase)
        self._background.append(started)
        started.start()


class _Background(threading.Thread):
    """A step that runs beside the others; observed when it ends."""

    def __init__(self, name: str, step: RunStep, node: Node, scene: Scene, phase: Phase) -> None:
        super().__init__(name=f"step {name} on {node.name}", daemon=True)
        self.cancel = threading.Event()
        self._step_name, self._step, self._node = name, step, node
        self._scene, self._phase = scene, phase

    def run(self) -> None:
        """Run to the end, or until cancelled: that is how it should end, so it is as expected."""
        step = self._step
        if "timeout" not in step.model_fields_set:
            # It ends with the steps: only a time-out that was asked for ends it earlier.
            step = step.model_copy(update={"timeout": _NO_TIMEOUT})
        try:
            attempt = run.perform(step, self._step_name, self._node, self._scene, self.cancel)
        except NodeLostError as error:
            attempt = Attempt(
                self._step.run, Completed(exit=None, ended_by="lost"), problem=error.what
            )
        ended = attempt.result.ended_by == "cancel"
        why: Said = "" if ended else shortfall(self._step.expect, attempt, self._scene.search)
        self._scene.observe(
            _observation(self._step_name, self._node.name, self._phase, attempt, why, 1)
        )


def _observation(
    name: str, node: str, phase: Phase, attempt: Attempt, why: Said, attempts: int
) -> StepObservation:
    return StepObservation.made(
        phase=phase,
        step=name,
        node=node,
        command=attempt.command,
        result=attempt.result,
        status=attempt.status,
        attempts=attempts,
        expected=not why,
        why=why,
    )


def _command(step: AnyStep) -> str:
    match step:
        case RunStep():
            return step.run
        case HttpStep():
            return step.http
        case InteractStep():
            return step.interact
        case WaitStep():
            return "wait"
        case FaultStep():
            return f"fault {step.fault}"
