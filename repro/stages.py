"""What each stage of a run does; ``flow`` has their order."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from repro import evidence
from repro.check.probe import Prober
from repro.errors import ImageGoneError, NodeLostError
from repro.model.observation import Observation, StepObservation, TroubleObservation, Verdict
from repro.model.plan import Plan, Preparation
from repro.model.record import Event, Lock, NodePrepared, RunSummary
from repro.patterns import Matcher
from repro.ports import (
    EngineInfo,
    Environment,
    EnvironmentRequest,
    GuestFile,
    Image,
    NodeRequest,
    Provider,
    Say,
)
from repro.replay.scene import Scene
from repro.replay.steps import Replay

Keep = Literal["never", "on-reproduced", "on-failure", "always"]
#: Seconds of life that an environment has beyond what its steps may take.
_SPARE_LIFETIME = 3600.0


class Recorder(Protocol):
    """What a run needs of its record."""

    @property
    def run(self) -> str:
        """The run's id."""

    @property
    def campaign(self) -> str:
        """The campaign that it is one of; empty: of none."""

    def event(self, event: Event) -> None:
        """Keep an event."""

    def observe(self, observation: Observation) -> None:
        """Keep an observation; it is safe when this returns."""

    def prepared(self, node: str, results: Iterable[Any]) -> None:
        """Keep the results of the tasks that prepared a node."""

    def lock(self, lock: Lock) -> None:
        """Keep what the environment was."""

    def node_log(self, node: str, data: bytes) -> None:
        """Keep what a node printed."""

    def collected(self, node: str, path: str, data: bytes) -> object:
        """Keep a file of a node."""

    def verdict(self, verdict: Verdict) -> None:
        """Keep the verdict."""

    def close(self, summary: RunSummary) -> None:
        """Close the record with a manifest."""


class Preparing(Protocol):
    """Makes, or finds, the prepared image of a node."""

    def prepare(
        self,
        preparation: Preparation,
        node: str,
        *,
        say: Say,
        evidence: Callable[[str, Sequence[Any]], object],
        cancel: threading.Event | None,
    ) -> tuple[Image, NodePrepared]:
        """Raises PrepareError, ImageError, EngineError; InterruptedRunError when cancelled."""

    def close(self) -> None:
        """Wait until the nodes that were prepared on are gone."""


@dataclass(frozen=True)
class Tools:
    """What a run is carried out with.  ``dispose`` removes an environment, perhaps later."""

    provider: Provider
    preparer: Preparing
    matcher: Matcher
    dispose: Callable[[Environment], None]
    listen: Callable[[Event], None] = lambda _event: None
    keep: Keep = "never"
    lease: float = 4 * 3600.0


@dataclass
class Run:
    """A run in progress; the stages fill it."""

    plan: Plan
    tools: Tools
    recorder: Recorder
    purpose: Literal["run", "up"] = "run"
    started: float = field(default_factory=time.time)
    stage: str = ""
    images: dict[str, Image] = field(default_factory=dict)
    prepared: dict[str, NodePrepared] = field(default_factory=dict)
    engine: EngineInfo | None = None
    environment: Environment | None = None
    replay: Replay | None = None
    prober: Prober | None = None
    version_seen: str | None = None
    trouble: TroubleObservation | None = None
    observations: list[Observation] = field(default_factory=list)
    cancel: threading.Event = field(default_factory=threading.Event)
    _observing: threading.Lock = field(default_factory=threading.Lock)

    def observe(self, observation: Observation) -> None:
        """Keep an observation: in the record first, then for the verdict."""
        with self._observing:
            self.recorder.observe(observation)
            self.observations.append(observation)
        if isinstance(observation, StepObservation):
            said = observation.why or f"exit {observation.result.exit}"
            self.say(f"{observation.step}: {said}", observation.node)

    def say(self, text: str, node: str = "") -> None:
        """One line of progress."""
        self.tell(Event(at=time.time(), stage=self.stage, node=node, text=text))

    def tell(self, event: Event) -> None:
        """Keep an event and show it."""
        self.recorder.event(event)
        self.tools.listen(event)

    def printed(self, step: str, node: str, _stream: str, data: bytes) -> None:
        """Show what a step prints; it is kept with the step's observation."""
        text = data.decode("utf-8", "replace")
        event = Event(at=time.time(), stage=step, node=node, what="output", text=text)
        self.tools.listen(event)


def prepare_images(run: Run) -> None:
    """A prepared image for every node; equal ones once, different ones side by side."""
    groups: dict[str, list[str]] = {}
    preparations: dict[str, Preparation] = {}
    for node in run.plan.nodes:
        content = node.preparation.model_dump_json()
        groups.setdefault(content, []).append(node.name)
        preparations[content] = node.preparation

    def prepare(content: str) -> None:
        first = groups[content][0]
        image, prepared = run.tools.preparer.prepare(
            preparations[content],
            first,
            say=lambda text: run.say(text, first),
            evidence=run.recorder.prepared,
            cancel=run.cancel,
        )
        for name in groups[content]:
            run.images[name] = image
            run.prepared[name] = prepared.model_copy(update={"node": name})

    side_by_side(prepare, groups, run.cancel)


def start_nodes(run: Run) -> None:
    """All nodes of the cell, with the files of the case on them."""
    # What carries the nodes is asked while they start: both mostly wait.
    with ThreadPoolExecutor(max_workers=1) as pool:
        engine = pool.submit(run.tools.provider.engine)
        try:
            environment = _start(run)
        except ImageGoneError as error:
            run.say(f"{error.what}; making it again")
            prepare_images(run)
            environment = _start(run)
        run.environment = environment
    run.engine = engine.result()
    put_files(run.plan, environment)
    scene = Scene(
        environment=environment,
        env={node.name: node.env for node in run.plan.nodes},
        search=run.tools.matcher.search,
        observe=run.observe,
        output=run.printed,
        cancel=run.cancel,
    )
    run.replay = Replay(run.plan, scene)
    run.prober = Prober(run.plan, environment)


def _start(run: Run) -> Environment:
    return run.tools.provider.start(
        EnvironmentRequest(
            id=run.recorder.run,
            purpose=run.purpose,
            nodes=tuple(
                NodeRequest(
                    name=node.name,
                    image=run.images[node.name],
                    limits=node.limits,
                    env=node.env,
                    disks=node.disks,
                    capabilities=node.capabilities,
                )
                for node in run.plan.nodes
            ),
            network=run.plan.network,
            lifetime=lifetime(run.plan) + run.tools.lease,
            labels={"case": run.plan.cell.case},
        ),
        run.say,
    )


def set_up(run: Run) -> None:
    """The reported starting point."""
    assert run.replay is not None
    run.replay.set_up()


def replay_steps(run: Run) -> None:
    """What was reported, in order."""
    assert run.replay is not None
    assert run.prober is not None
    run.prober.mark_logs()
    try:
        run.replay.run_steps()
    finally:
        run.replay.finish()


def ask_conditions(run: Run) -> None:
    """What symptom and healthy state need to know beyond what the steps left behind."""
    assert run.prober is not None
    for observation in run.prober.ask():
        run.observe(observation)


def collect_evidence(run: Run) -> None:
    """The lock, the version really seen, the nodes' logs, the files asked for."""
    assert run.environment is not None
    assert run.prober is not None
    assert run.engine is not None
    lock = evidence.lock_of(run.plan, run.images, run.engine)
    run.recorder.lock(lock)
    try:
        seen = run.prober.version()
        if seen is not None:
            run.observe(seen)
        run.version_seen = seen.text if seen else evidence.version_in(run.plan, lock)
        evidence.collect(run.plan, run.environment, run.recorder)
    except NodeLostError as error:
        run.say(f"some evidence could not be collected: {error.what}")


def put_files(plan: Plan, environment: Environment) -> None:
    """Put the case's files on their nodes, one transfer a node."""
    for name, node in environment.nodes.items():
        files = [
            GuestFile(file.path, file.data, file.mode, file.owner)
            for file in plan.files
            if name in file.nodes
        ]
        if files:
            node.put(files)


def lifetime(plan: Plan) -> float:
    """Seconds after which the nodes of a plan end by themselves."""
    steps = (*plan.setup, *plan.steps)
    return _SPARE_LIFETIME + sum(each.step.timeout * len(each.nodes) for each in steps)


def side_by_side(
    work: Callable[[str], None], items: Iterable[str], cancel: threading.Event
) -> None:
    """Do it for all at the same time; the first error is raised once all have ended.

    ^C reaches the main thread only: ``cancel`` tells the others.
    """
    todo = list(items)
    with ThreadPoolExecutor(max_workers=max(1, len(todo))) as pool:
        futures = [pool.submit(work, item) for item in todo]
        try:
            wait(futures)
        except BaseException:
            cancel.set()
            raise
    for future in futures:
        future.result()
