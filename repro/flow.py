"""The flow of one run: its stages, as a list one can read.

The record is opened before anything is touched and gets every observation as it comes; whatever
ends a run, the verdict is decided from what was observed, and the environment is let go.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from repro import evidence
from repro.errors import EnvironmentTrouble, InterruptedRunError, ReproError, UnsupportedError
from repro.model.observation import TroubleObservation, Verdict
from repro.model.plan import Plan
from repro.model.record import Event, RunSummary
from repro.ports import Environment
from repro.stages import (
    Keep,
    Recorder,
    Run,
    Tools,
    ask_conditions,
    collect_evidence,
    prepare_images,
    replay_steps,
    set_up,
    start_nodes,
)
from repro.verdict import decide

#: A run, in order.
STAGES: tuple[tuple[str, Callable[[Run], None]], ...] = (
    ("prepare", prepare_images),
    ("start", start_nodes),
    ("setup", set_up),
    ("steps", replay_steps),
    ("conditions", ask_conditions),
    ("evidence", collect_evidence),
)
#: What of it brings an environment up.
BRING_UP = STAGES[:3]


def run_case(
    plan: Plan, tools: Tools, recorder: Recorder, cancel: threading.Event | None = None
) -> RunSummary:
    """Carry a plan out and say what it showed.

    Trouble with the environment ends in the verdict ``environment-failed``, not in an exception.
    ``cancel`` ends it from another thread.  Raises UnsupportedError before anything is started,
    and InterruptedRunError when the run was ended; the record is closed in every case.
    """
    refuse_unsupported(plan, tools.provider.powers)
    run = Run(plan, tools, recorder, cancel=cancel or threading.Event())
    interrupted = False
    try:
        for name, stage in STAGES:
            _carry_out(run, name, stage)
    except EnvironmentTrouble as trouble:
        _note_trouble(run, trouble)
    except (KeyboardInterrupt, InterruptedRunError):
        interrupted = True
        stopped = InterruptedRunError("the run was interrupted")
        _note_trouble(run, stopped)
    except BaseException as error:
        _note_trouble(run, ReproError(f"{type(error).__name__}: {error}"))
        raise
    finally:
        summary = _close(run, interrupted=interrupted)
    if interrupted:
        raise InterruptedRunError(f"interrupted; what was recorded is kept as {recorder.run}")
    return summary


def _carry_out(run: Run, name: str, stage: Callable[[Run], None]) -> None:
    run.stage = name
    if run.cancel.is_set():
        raise InterruptedRunError("the run was interrupted")
    clock = time.monotonic()
    run.tell(Event(at=time.time(), stage=name, what="begin"))
    stage(run)
    seconds = time.monotonic() - clock
    run.tell(Event(at=time.time(), stage=name, what="end", seconds=seconds))


def _note_trouble(run: Run, error: ReproError) -> None:
    if run.replay is not None:
        run.replay.finish()  # what still runs is observed before the record is closed
    run.trouble = TroubleObservation(
        stage=run.stage,
        error=type(error).__name__,
        what=error.what,
        cause=error.cause,
        action=error.action,
    )
    run.observe(run.trouble)


def _close(run: Run, *, interrupted: bool) -> RunSummary:
    """Judge, let the environment go, close the record."""
    kept = False
    try:
        verdict = _judge(run)
        kept = run.environment is not None and not interrupted and _keeps(run.tools.keep, verdict)
    finally:
        _let_go(run, kept=kept)
    run.recorder.verdict(verdict)
    trouble = run.trouble
    summary = RunSummary(
        run=run.recorder.run,
        cell=run.plan.cell,
        title=run.plan.title,
        started=evidence.timestamp(run.started),
        seconds=round(time.time() - run.started, 3),
        verdict=verdict,
        campaign=run.recorder.campaign,
        prepared=tuple(run.prepared.values()),
        version_seen=run.version_seen,
        environment=run.environment.id if kept and run.environment else None,
        kept=kept,
        interrupted=interrupted,
        action=trouble.action if trouble else "",
        stage=trouble.stage if trouble else "",
        trouble=trouble.error if trouble else "",
    )
    run.recorder.close(summary)
    return summary


def _judge(run: Run) -> Verdict:
    steps = [step.name for step in run.plan.steps]
    search = run.tools.matcher.search
    return decide(run.plan.symptom, run.plan.healthy, run.observations, search, steps)


def _let_go(run: Run, *, kept: bool) -> None:
    if run.environment is None:
        return
    if kept:
        run.environment.keep(run.tools.lease)
    else:
        run.tools.dispose(run.environment)


def _keeps(keep: Keep, verdict: Verdict) -> bool:
    return {
        "never": False,
        "always": True,
        "on-reproduced": verdict.verdict == "reproduced",
        "on-failure": verdict.verdict not in ("reproduced", "not-reproduced"),
    }[keep]


def bring_up(plan: Plan, tools: Tools, recorder: Recorder, *, setup: bool) -> Environment:
    """An environment to look around in, left up for the lease.

    Raises EnvironmentTrouble and UnsupportedError; then nothing is left up.
    """
    refuse_unsupported(plan, tools.provider.powers)
    run = Run(plan, tools, recorder, purpose="up")
    try:
        for name, stage in BRING_UP if setup else BRING_UP[:2]:
            _carry_out(run, name, stage)
    except BaseException:
        _let_go(run, kept=False)
        raise
    assert run.environment is not None
    _let_go(run, kept=True)
    return run.environment


def refuse_unsupported(plan: Plan, powers: frozenset[str]) -> None:
    """Refuse a plan that needs what its backend cannot do.  Raises UnsupportedError."""
    missing = [need for need in plan.needs if need not in powers]
    if missing:
        raise UnsupportedError(
            f"{plan.cell.case} needs what cannot be carried out here: {', '.join(missing)}",
            cause=f"beyond the ordinary, the backend {plan.cell.backend} offers: "
            f"{', '.join(sorted(powers)) or 'nothing'}",
        )
