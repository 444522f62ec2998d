"""What a run folder holds beside observations: the lock, the header, the summary."""

from __future__ import annotations

from typing import Literal

from repro.model.base import Frozen
from repro.model.observation import Verdict
from repro.model.plan import Cell

#: Version of the run folder's layout; a reader refuses a newer one.
RECORD_SCHEMA = 1


class NodeLock(Frozen):
    """Exactly what one node was.  ``packages``: manager (dpkg, rpm, apk, pip, npm) → name → version."""

    image: str
    image_digest: str
    prepared: str
    os_release: dict[str, str] = {}
    architecture: str = ""
    packages: dict[str, dict[str, str]] = {}


class Lock(Frozen):
    """Exactly what the environment was."""

    kernel: str
    engine: str
    nodes: dict[str, NodeLock]
    settings: dict[str, str] = {}


class NodePrepared(Frozen):
    """Where a node's image came from and how long that took, in seconds."""

    node: str
    key: str
    hit: bool
    seconds: float


class RunHeader(Frozen):
    """Written first, when a run is opened."""

    schema_: int = RECORD_SCHEMA
    run: str
    tool: str
    started: str
    cell: Cell
    title: str
    case_digest: str
    overrides: dict[str, str] = {}


class Event(Frozen):
    """Something that happened in a run: a stage began or ended, a node is up, a line was printed."""

    at: float
    stage: str
    node: str = ""
    what: Literal["begin", "end", "note", "output"] = "note"
    text: str = ""
    seconds: float | None = None


class RunSummary(Frozen):
    """Written last: the verdict and what the history keeps."""

    run: str
    cell: Cell
    title: str
    started: str
    seconds: float
    verdict: Verdict
    prepared: tuple[NodePrepared, ...] = ()
    version_seen: str | None = None
    environment: str | None = None
    kept: bool = False
    interrupted: bool = False
