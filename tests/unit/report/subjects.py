"""What reports are about, as values: runs that were really judged, without a machine."""

from __future__ import annotations

from typing import Any

from repro.model.account import Related, SeenVersion, SeenWorkaround, Subject
from repro.model.campaign import CampaignHeader, CampaignRecord, CampaignSummary, Outcome
from repro.model.case import Case
from repro.model.observation import (
    Captured,
    Completed,
    Observation,
    StepObservation,
    TroubleObservation,
    VerdictName,
)
from repro.model.plan import Cell
from repro.model.record import Lock, NodeLock, RunHeader, RunRecord, RunSummary
from repro.plan import Overrides
from repro.verdict import decide
from tests.support import MATCHER, a_case, planned

#: A case whose issue shows as a line on standard error; what is known of it differs by test.
CASE: dict[str, Any] = {
    "id": "demo-1",
    "title": "the client stops with a protocol error",
    "environment": {"os": "debian-12", "product": "pkg:pypi/demo", "version": "1.2"},
    "steps": [{"name": "client", "run": "client --get"}],
    "symptom": [{"step": "client", "exit": 1, "stderr": {"matches": "ProtocolError: .*"}}],
    "healthy": [{"step": "client", "exit": 0, "stdout": {"contains": "value"}}],
}
ILL = "connecting\nProtocolError: got 7 bytes\nbye\n"


def case(**keys: Any) -> Case:
    """The case, with something else said of it."""
    return a_case(**{**CASE, **keys})


def step(
    stderr: str = "", stdout: str = "", code: int | None = 1, name: str = "client", **result: Any
) -> StepObservation:
    """What the step left behind."""
    done = Completed(
        exit=code,
        seconds=0.5,
        stdout=Captured(text=stdout, size=len(stdout)),
        stderr=Captured(text=stderr, size=len(stderr)),
        **result,
    )
    return StepObservation(
        phase="steps", step=name, node="node", command="client --get", result=done,
        expected=code == 0, why="" if code == 0 else f"exit {code}, expected 0",
    )  # fmt: skip


SICK = step(ILL)
WELL = step(stdout="value 7\n", code=0)
ODD = step("Segmentation fault\n", code=139, signal="SIGSEGV")
TROUBLE = TroubleObservation(
    stage="prepare", error="PrepareError", what="pip could not install demo 1.2",
    cause="no such version", action="correct the version",
)  # fmt: skip


def run(
    *observations: Observation,
    of: Case | None = None,
    version: str | None = "1.2",
    workaround: str | None = None,
    name: str = "20261121-224155-demo-1-0a1b",
    **rest: Any,
) -> RunRecord:
    """A run of a case, judged from its observations."""
    of = of or case()
    plan = planned(of, Overrides(version=version, workaround=workaround))
    verdict = decide(plan.symptom, plan.healthy, observations, MATCHER.search, ["client"])
    cell, started = plan.cell, "2026-11-21T22:41:55+00:00"
    values: dict[str, Any] = {
        "folder": "/home/engineer/runs/r1",
        "header": RunHeader(
            run=name, tool="0.1.0", started=started, cell=cell, title=of.title,
            case_digest="0" * 64,
        ),
        "finished": True,
        "plan": plan,
        "observations": observations,
        "lock": Lock(
            kernel="6.1",
            engine="docker 20.10",
            nodes={"node": NodeLock(image="debian:12", image_digest="sha256:1", prepared="a")},
        ),
        "verdict": verdict,
        "summary": RunSummary(
            run=name, cell=cell, title=of.title, started=started, seconds=1.5, verdict=verdict,
            version_seen=version,
        ),
        **rest,
    }  # fmt: skip
    return RunRecord(**values)


def subject(*observations: Observation, of: Case | None = None, **rest: Any) -> Subject:
    """A run as a subject, with the case that it was made from."""
    related = rest.pop("related", Related())
    of = of or case()
    return Subject(run=run(*observations, of=of, **rest), case=of, related=related)


def unfinished() -> Subject:
    """A run that was killed, or still goes on."""
    killed = run(SICK).model_copy(
        update={"verdict": None, "summary": None, "lock": None, "finished": False}
    )
    return Subject(run=killed, case=case())


def seen(version: str, verdict: VerdictName = "not-reproduced", run: str = "") -> SeenVersion:
    """A release that was run."""
    return SeenVersion(
        version=version, os="debian-12", verdict=verdict, run=run or f"run-{version}",
        at="2026-11-21T22:41:55+00:00",
    )  # fmt: skip


def related(*versions: SeenVersion, workaround: str = "") -> Related:
    """Other versions, the first without the issue, and a workaround that helps."""
    without = next((each for each in versions if each.verdict == "not-reproduced"), None)
    helps = SeenWorkaround(name=workaround, run="run-w") if workaround else None
    return Related(versions=versions, first_without=without, workaround=helps)


def outcome(version: str, verdict: VerdictName = "reproduced", **rest: Any) -> Outcome:
    """One run of a campaign."""
    cell = Cell(case="demo-1", os=rest.pop("os", "debian-12"), version=version, topology="single",
                backend="docker")  # fmt: skip
    return Outcome(
        key=f"{version}-{len(rest)}", cell=cell, run=f"run-{version}", verdict=verdict,
        reason="because", seconds=1.0, **rest,
    )  # fmt: skip


def campaign(kind: Any, answer: Any = None, *outcomes: Outcome, **rest: Any) -> Subject:
    """A campaign as a subject; without an answer it has not ended."""
    name = f"20261121-224155-{kind}-demo-1-0a1b"
    header = CampaignHeader(
        campaign=name, kind=kind, title="demo-1", tool="0.1.0", cases={"demo-1": "0" * 64},
        started="2026-11-21T22:41:55+00:00",
    )  # fmt: skip
    summary = answer and CampaignSummary(
        campaign=name, kind=kind, title="demo-1", started=header.started, seconds=9.0,
        exit_status=0, headline="the headline", answer=answer.model_dump(mode="json"),
    )  # fmt: skip
    record = CampaignRecord(folder="/c", header=header, outcomes=outcomes, summary=summary)
    return Subject(campaign=record, **{"case": case(), **rest})
