"""What several tests build upon: cases in a line or two, and a flow without machines."""

from __future__ import annotations

import atexit
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from repro import stages
from repro.model.case import Case
from repro.model.observation import Observation, Verdict
from repro.model.plan import Plan, Preparation
from repro.model.profile import OsProfile, ProductProfile, TopologyProfile
from repro.model.record import Event, Lock, NodePrepared, RunSummary
from repro.patterns import Matcher
from repro.plan import NO_OVERRIDES, Overrides, make_plan
from repro.ports import Environment, Image, Say
from repro.provider.memory import MemoryProvider
from repro.settings import DefaultLimits

#: Of all tests: each start of its process takes as long as many searches.
MATCHER = Matcher()
atexit.register(MATCHER.close)


def a_case(**keys: Any) -> Case:
    """A case with only what a test is about."""
    return Case.model_validate(
        {
            "id": "a-case",
            "title": "something is wrong",
            "steps": [{"name": "client", "run": "client"}],
            "symptom": [{"step": "client", "exit": 1}],
            **keys,
        }
    )


class Shelf:
    """Profiles for planning, without files."""

    def os(self, name: str) -> OsProfile:
        return OsProfile.model_validate(
            {
                "name": name,
                "title": name.title(),
                "family": "debian",
                "release": {"id": "debian"},
                "image": name.replace("-", ":"),
                "packages": "apt",
                "python": {"install": "apt-get install python3"},
            }
        )

    def product(self, name: str) -> ProductProfile:
        return ProductProfile(name=name, title=name, purl=f"pkg:pypi/{name}")

    def topology(self, name: str) -> TopologyProfile:
        shapes: dict[str, Any] = {
            "single": {"node": None},
            "client-server": {"client": {"roles": ["user"]}, "server": None},
            "cluster": {f"n{i}": {"roles": ["member"]} for i in (1, 2, 3)},
        }
        nodes = shapes[name]
        return TopologyProfile.model_validate({"name": name, "title": name, "nodes": nodes})


def planned(case: Case, overrides: Overrides = NO_OVERRIDES, **sources: bytes) -> Plan:
    """The plan of a case by the profiles of the shelf."""
    return make_plan(
        case, digest="0" * 64, sources=sources, profiles=Shelf(), limits=DefaultLimits(),
        overrides=overrides,
    )  # fmt: skip


class InstantPreparer:
    """Every node's prepared image is there already."""

    def __init__(self, provider: MemoryProvider) -> None:
        self._provider = provider

    def prepare(
        self,
        preparation: Preparation,
        node: str,
        *,
        say: Say,
        evidence: Callable[[str, Sequence[Any]], object],
        cancel: threading.Event | None,
    ) -> tuple[Image, NodePrepared]:
        image = self._provider.os_image(preparation.os, say)
        return image, NodePrepared(node=node, key="0" * 64, hit=True, seconds=0.0)

    def close(self) -> None:
        pass


@dataclass
class MemoryRecord:
    """Keeps what a run records, in order."""

    run: str = "run-1"
    campaign: str = ""
    events: list[Event] = field(default_factory=list)
    observations: list[Observation] = field(default_factory=list)
    locks: list[Lock] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    verdicts: list[Verdict] = field(default_factory=list)
    summaries: list[RunSummary] = field(default_factory=list)

    def event(self, event: Event) -> None:
        self.events.append(event)

    def observe(self, observation: Observation) -> None:
        self.observations.append(observation)

    def prepared(self, node: str, results: object) -> None:
        self.files[f"prepare/{node}"] = repr(results).encode()

    def lock(self, lock: Lock) -> None:
        self.locks.append(lock)

    def node_log(self, node: str, data: bytes) -> None:
        self.files[f"nodes/{node}.log"] = data

    def collected(self, node: str, path: str, data: bytes) -> None:
        self.files[f"collected/{node}{path}"] = data

    def verdict(self, verdict: Verdict) -> None:
        self.verdicts.append(verdict)

    def close(self, summary: RunSummary) -> None:
        self.summaries.append(summary)


def tools(provider: MemoryProvider, keep: stages.Keep = "never") -> stages.Tools:
    """Tools for a flow without machines."""

    def dispose(environment: Environment) -> None:
        environment.release()

    return stages.Tools(
        provider=provider,
        preparer=InstantPreparer(provider),
        matcher=MATCHER,
        dispose=dispose,
        keep=keep,
        lease=60.0,
    )


ROOT = Path(__file__).parents[1]
