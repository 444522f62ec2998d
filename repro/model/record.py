"""What a run folder holds beside observations: the lock, the header, the summary."""

from typing import Any, Literal

from pydantic import ConfigDict

from repro.model.base import Frozen
from repro.model.observation import Observation, Verdict, VerdictName
from repro.model.plan import Cell, Plan

#: Version of the run folder's layout; a reader refuses a newer one.  Since 2 a record may have
#: phrases beside texts, and the times of an output.
RECORD_SCHEMA = 2


class NodeLock(Frozen):
    """Exactly what one node was.

    ``packages``: manager (dpkg, rpm, apk, pip, npm) → name → version.
    """

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
    campaign: str = ""
    key: str = ""


class Event(Frozen):
    """Something that happened in a run: a stage began or ended, a node is up, a line came."""

    at: float
    stage: str
    node: str = ""
    what: Literal["begin", "end", "note", "output"] = "note"
    text: str = ""
    seconds: float | None = None


class RunSummary(Frozen):
    """Written last: the verdict and what the history keeps.

    ``stage``, ``trouble`` and ``action``: where the environment failed, by which class of error,
    and what to do about it; empty where it did not.
    """

    run: str
    cell: Cell
    title: str
    started: str
    seconds: float
    verdict: Verdict
    campaign: str = ""
    prepared: tuple[NodePrepared, ...] = ()
    version_seen: str | None = None
    environment: str | None = None
    kept: bool = False
    interrupted: bool = False
    stage: str = ""
    trouble: str = ""
    action: str = ""


class Judgement(Frozen):
    """A later decision on the same observations, with the case text that it was made by."""

    number: int
    at: str
    verdict: Verdict
    case_text: str


class Collected(Frozen):
    """A file of a node, as evidence: ``file`` in the run folder holds ``kept`` of ``size`` bytes.

    ``file`` is None where nothing was kept; ``note`` says why.
    """

    node: str
    path: str
    size: int
    kept: int
    file: str | None = None
    note: str = ""


class RunRecord(Frozen):
    """A run folder, read.  ``notes`` says what is missing or torn; ``finished``: it was closed."""

    # Only readers use it: its large schema is built when they do.
    model_config = ConfigDict(defer_build=True)

    folder: str
    header: RunHeader
    finished: bool
    plan: Plan | None = None
    observations: tuple[Observation, ...] = ()
    events: tuple[Event, ...] = ()
    lock: Lock | None = None
    prepared: dict[str, tuple[dict[str, Any], ...]] = {}
    collected: tuple[Collected, ...] = ()
    verdict: Verdict | None = None
    summary: RunSummary | None = None
    judgements: tuple[Judgement, ...] = ()
    files: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class HistoryRun(Frozen):
    """One line of the history.  ``verdict`` is "unfinished" where the run never came to one.

    ``started`` is ISO 8601 in UTC; ``seconds`` is the wall time of the whole run.
    """

    run: str
    case: str
    title: str
    os: str
    version: str | None
    topology: str
    backend: str
    verdict: VerdictName | Literal["unfinished"]
    reason: str
    started: str
    seconds: float | None
    version_seen: str | None
    interrupted: bool
    folder: str
    workaround: str | None = None
    campaign: str = ""
