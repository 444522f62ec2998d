"""A small run, as values."""

from __future__ import annotations

from repro.model.observation import Captured, Completed, Finding, StepObservation, Verdict
from repro.model.plan import Cell, Limits, NodePlan, Plan, PlannedFile, Preparation
from repro.model.profile import OsProfile, OsRelease, PythonForAnsible
from repro.model.record import Lock, NodeLock, RunHeader, RunSummary
from repro.record.folder import Recorder, open_run
from repro.redact.known import Redactor
from repro.settings import Settings

CELL = Cell(case="demo-1", os="debian-12", version="1.2", topology="single", backend="docker")
STARTED = "2026-11-21T22:41:55+00:00"
CASE = b"schema: 1\nid: demo-1\n"


def os_profile() -> OsProfile:
    return OsProfile(
        name="debian-12",
        title="Debian 12",
        family="debian",
        release=OsRelease(id="debian", version_id="12"),
        image="debian:12",
        packages="apt",
        python=PythonForAnsible(install="apt-get install -y python3"),
    )


def plan(*files: PlannedFile) -> Plan:
    node = NodePlan(
        name="main",
        roles=(),
        preparation=Preparation(os=os_profile(), python=True),
        env={},
        limits=Limits(memory=2**30, cpus=1, processes=64, disk=2**30),
    )
    return Plan(
        cell=CELL,
        title="A demo",
        case_digest="0" * 64,
        nodes=(node,),
        network="isolated",
        files=files,
    )


def header(run: str = "", started: str = STARTED) -> RunHeader:
    return RunHeader(
        run=run, tool="0", started=started, cell=CELL, title="A demo", case_digest="0" * 64
    )


def observation(text: str = "hello", step: str = "client") -> StepObservation:
    result = Completed(exit=1, seconds=0.5, stdout=Captured(text=text, size=len(text)))
    return StepObservation(
        phase="steps", step=step, node="main", command="./x", result=result, expected=False
    )


def verdict(name: str = "reproduced", reason: str = "the symptom holds") -> Verdict:
    finding = Finding(condition="step client", holds=True, why="exit is 1", evidence="1")
    return Verdict.model_validate({"verdict": name, "reason": reason, "symptom": (finding,)})


def summary(run: str, name: str = "reproduced", started: str = STARTED) -> RunSummary:
    return RunSummary(
        run=run, cell=CELL, title="A demo", started=started, seconds=1.5, verdict=verdict(name)
    )


def lock() -> Lock:
    node = NodeLock(
        image="debian:12",
        image_digest="sha256:1",
        prepared="abc",
        os_release={"ID": "debian"},
        packages={"dpkg": {"bash": "5.2"}},
    )
    return Lock(kernel="6.1", engine="docker 20.10", nodes={"main": node})


def whole_run(settings: Settings, name: str = "reproduced", started: str = STARTED) -> Recorder:
    """A run from its opening to its end."""
    recorder = open_run(
        settings, header(started=started), CASE, {"files/a.py": b"pass\n"}, plan(),
        redactor=Redactor(),
    )  # fmt: skip
    recorder.observe(observation())
    recorder.lock(lock())
    recorder.verdict(verdict(name))
    recorder.close(summary(recorder.run, name, started))
    return recorder
