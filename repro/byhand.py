"""An environment without a case, and without a record."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Iterable
from pathlib import Path

from repro.casefile import LoadedCase
from repro.model.case import Case
from repro.model.observation import Observation, Verdict
from repro.model.record import Event, Lock, RunSummary


def bare_case(os: str | None, product: str | None, version: str | None) -> LoadedCase:
    """A case that holds nothing but an environment; it is never replayed."""
    asked = {"os": os, "product": product, "version": version}
    case = Case.model_validate(
        {
            "id": "by-hand",
            "title": "an environment by hand",
            "environment": {key: value for key, value in asked.items() if value is not None},
            "steps": [{"run": "true"}],
            "symptom": [{"step": "step-1", "exit": 0}],
        }
    )
    text = case.model_dump_json(by_alias=True).encode()
    digest = hashlib.sha256(text).hexdigest()
    return LoadedCase(case=case, path=Path("by-hand"), text=text, digest=digest, sources={})


class NoRecord:
    """What a bring-up by hand keeps: nothing."""

    campaign = ""

    def __init__(self) -> None:
        self.run = f"up-{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(2)}"

    def event(self, event: Event) -> None:
        """Not kept."""

    def observe(self, observation: Observation) -> None:
        """Not kept."""

    def prepared(self, node: str, results: Iterable[object]) -> None:
        """Not kept."""

    def lock(self, lock: Lock) -> None:
        """Not kept."""

    def node_log(self, node: str, data: bytes) -> None:
        """Not kept."""

    def collected(self, node: str, path: str, data: bytes) -> None:
        """Not kept."""

    def verdict(self, verdict: Verdict) -> None:
        """Not kept."""

    def close(self, summary: RunSummary) -> None:
        """Not kept."""
