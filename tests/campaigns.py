"""What tests of campaigns build upon: an engine of this process, and issues that go by version."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from repro.campaign.drive import Drive
from repro.campaign.planning import Planning
from repro.campaign.strategy import Strategy
from repro.casefile import LoadedCase
from repro.engine.local import LocalEngine
from repro.model.campaign import Job, Outcome
from repro.model.observation import VerdictName
from repro.model.plan import Cell
from repro.ports import Command
from repro.provider.memory import Call, MemoryProvider, Program, Reply
from repro.settings import DefaultLimits, Settings
from tests.support import Shelf, a_case, tools

SICK = Reply(exit=1, stderr=b"ProtocolError")
WELL = Reply()
ODD = Reply(exit=9)


class Versions(MemoryProvider):
    """What the client does goes by the version of the product; an error ends the environment.

    Of several it does one after the other, the last one again and again.
    """

    def __init__(self, shows: Mapping[str, Sequence[Reply | BaseException]]) -> None:
        super().__init__()
        self.ran: list[str] = []
        self.most = 0
        self._left = {version: list(does) for version, does in shows.items()}
        self._running = 0
        self._counting = threading.Lock()

    def program(self, node: str, command: Command) -> Program:
        """What carries out a command."""
        if not any("client" in word for word in command.argv):
            return super().program(node, command)
        return self._act

    def _act(self, call: Call) -> int:
        version = call.command.env["REPRO_VERSION"]
        with self._counting:
            self.ran.append(version)
            self._running += 1
            self.most = max(self.most, self._running)
            left = self._left[version]
            does = left.pop(0) if len(left) > 1 else left[0]
        try:
            if isinstance(does, BaseException):
                raise does
            call.sleep(does.seconds)
            call.write("stderr", does.stderr)
            return does.exit
        finally:
            with self._counting:
                self._running -= 1


@dataclass
class Log:
    """A campaign's record that is not on a disk."""

    outcomes: Sequence[Outcome] = ()
    new: list[Outcome] = field(default_factory=list)

    def outcome(self, outcome: Outcome) -> None:
        """Keep it."""
        self.new.append(outcome)


@dataclass
class Watch:
    """Keeps what it is told."""

    begun: list[str] = field(default_factory=list)
    ended: list[tuple[Outcome, bool]] = field(default_factory=list)
    when: Callable[[Outcome], object] = lambda _outcome: None

    def begin(self, job: Job) -> None:
        """A run begins."""
        self.begun.append(job.key)

    def end(self, outcome: Outcome, *, recorded: bool) -> None:
        """A run ended."""
        self.ended.append((outcome, recorded))
        self.when(outcome)


def a_loaded(**keys: Any) -> LoadedCase:
    """A case of a product, as if it had been read from a file."""
    environment = {"product": "thing", "version": "1.0", **keys.pop("environment", {})}
    case = a_case(**{"environment": environment, **keys})
    digest = hashlib.sha256(case.model_dump_json().encode()).hexdigest()
    return LoadedCase(case, Path("case.yml"), b"id: a-case\n", digest, {})


def a_cell(version: str | None = "1.0", case: str = "a-case", os: str = "debian-12") -> Cell:
    """A cell of such a case."""
    return Cell(case=case, os=os, version=version, topology="single", backend="docker")


def an_outcome(
    cell: Cell, verdict: VerdictName = "reproduced", attempt: int = 1, **more: Any
) -> Outcome:
    """What a run of it showed."""
    return Outcome(
        key=f"{cell}#{attempt}", cell=cell, run=f"run-{attempt}", verdict=verdict,
        reason=more.pop("reason", "so it was"), **more,
    )  # fmt: skip


def planning(*cases: LoadedCase, memory: int = 1 << 24) -> Planning:
    """Jobs of some cases, by the profiles of the shelf; several fit into any machine's memory."""
    by_id = {each.case.id: each for each in cases or (a_loaded(),)}
    return Planning(by_id, Shelf(), DefaultLimits(memory=memory))


@contextmanager
def local(settings: Settings, provider: MemoryProvider, jobs: int = 2) -> Iterator[LocalEngine]:
    """An engine of this process, which leaves nothing."""
    engine = LocalEngine(settings, tools(provider), jobs=jobs)
    try:
        yield engine
    finally:
        engine.close()
    assert provider.environments() == []


def driven(
    settings: Settings, provider: MemoryProvider, strategy: Strategy, log: Any, **more: Any
) -> tuple[bool, Watch]:
    """A campaign, to its end."""
    watch = more.pop("watch", None) or Watch()
    planner = more.pop("planner", None) or planning()
    with local(settings, provider, more.pop("jobs", 2)) as engine:
        return Drive(strategy, engine, log, planner, watch, **more).run(), watch
