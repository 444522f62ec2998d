"""The narrow protocols that flow, prepare, replay and check need of whatever carries nodes.

A provider implements ``Provider``, ``Environment`` and ``Node``.  What only some can do (kill,
partition, a console …) is a protocol of its own: who needs it asks ``isinstance``, and names the
power in ``Provider.powers`` so that a plan can be refused before anything starts.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

from repro.model.observation import Completed
from repro.model.plan import Limits, Plan
from repro.model.profile import OsProfile
from repro.model.record import NodeLock, RunSummary

if TYPE_CHECKING:
    # Of no use to a single run, which would wait for it.
    from concurrent.futures import Future
    from pathlib import Path

    from repro.model.campaign import Job
    from repro.model.image import SavedImage
    from repro.model.ticket import Comment, Ticket, TicketPowers, Upload

#: Receives pieces of output as they come: stream name ("stdout", "stderr") and bytes.
OutputSink = Callable[[str, bytes], None]
#: Receives one line of progress.
Say = Callable[[str], None]
#: A lock held while in a ``with`` block.
Lease = AbstractContextManager[object]


@dataclass(frozen=True)
class Command:
    """A command for a node.  ``timeout`` in seconds; None: no bound of its own.

    ``keep`` bounds, in bytes, what is kept of each stream; the middle is left out.
    """

    argv: tuple[str, ...]
    user: str = "root"
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: str = "/"
    stdin: bytes | None = None
    timeout: float | None = 60.0
    keep: int = 1024 * 1024


@dataclass(frozen=True)
class GuestFile:
    """A file to be put on a node."""

    path: str
    data: bytes
    mode: int = 0o644
    owner: str = "root"


@dataclass(frozen=True)
class NodeState:
    """What the engine says of a node."""

    state: Literal["running", "paused", "exited", "gone"]
    exit: int | None = None
    oom_killed: bool = False


class Node(Protocol):
    """A container, a VM or a host."""

    @property
    def name(self) -> str:
        """The name that the other nodes reach it by."""

    def run(
        self,
        command: Command,
        sink: OutputSink | None = None,
        cancel: threading.Event | None = None,
    ) -> Completed:
        """Run a command to its end.

        At its time-out, and when ``cancel`` is set, everything that it started is ended.  What a
        command leaves running when it ends by itself stays.  Raises NodeLostError when the node
        went away, EngineError when the engine refused.
        """

    def put(self, files: Sequence[GuestFile]) -> None:
        """Write files, with the folders above them."""

    def get(self, path: str, limit: int) -> bytes | None:
        """The first ``limit`` bytes of a file; None where there is none."""

    def state(self) -> NodeState:
        """What the engine says of it now; never raises NodeLostError."""

    def ansible(self) -> dict[str, str]:
        """Ansible's host variables to connect to it."""


@runtime_checkable
class Console(Protocol):
    """A node that offers a terminal."""

    def console(self, command: Command, rows: int = 24, columns: int = 80) -> Terminal:
        """Start a command on a terminal."""


class Terminal(Protocol):
    """A program on a terminal."""

    def read(self, timeout: float) -> bytes | None:
        """What it printed, b"" after ``timeout`` seconds without any, None once it has ended."""

    def write(self, data: bytes) -> None:
        """Type."""

    def resize(self, rows: int, columns: int) -> None:
        """Tell it the terminal's new size."""

    def close(self) -> int | None:
        """End what still runs; the exit status, None where there is none."""


@runtime_checkable
class Power(Protocol):
    """A node that can be switched: what the faults kill, stop, start, restart need."""

    def kill(self) -> None:
        """Cut it off, as by pulling the plug."""

    def stop(self) -> None:
        """Shut it down in order."""

    def start(self) -> None:
        """Switch it on again, with its disk as it was."""


@runtime_checkable
class Pausable(Protocol):
    """A node whose processes can be frozen."""

    def pause(self) -> None:
        """Freeze all of them."""

    def resume(self) -> None:
        """Let them go on."""


@runtime_checkable
class Partitionable(Protocol):
    """An environment whose links can be cut."""

    def partition(self, groups: Sequence[Sequence[str]]) -> None:
        """Nodes of different groups no longer reach each other."""

    def heal(self) -> None:
        """Every node reaches every other again."""


@dataclass(frozen=True)
class Image:
    """An image that nodes can be started from.  ``digest`` identifies its content."""

    reference: str
    digest: str
    architecture: str
    source: Literal["local", "pulled", "built", "prepared"]
    lock: NodeLock | None = None


@dataclass(frozen=True)
class NodeRequest:
    """A node to be started."""

    name: str
    image: Image
    limits: Limits
    env: Mapping[str, str] = field(default_factory=dict)
    disks: Mapping[str, int] = field(default_factory=dict)
    capabilities: tuple[str, ...] = ()


@dataclass(frozen=True)
class EnvironmentRequest:
    """Nodes that belong together.  ``lifetime``: seconds after which its nodes end by themselves.

    ``purpose``: "run" and "up" get the network asked for; "prepare" is online.
    """

    id: str
    purpose: Literal["run", "up", "prepare"]
    nodes: tuple[NodeRequest, ...]
    network: Literal["isolated", "open"]
    lifetime: float
    labels: Mapping[str, str] = field(default_factory=dict)


class Environment(Protocol):
    """The nodes of one cell, running."""

    @property
    def id(self) -> str:
        """Its name in ``repro ls``."""

    @property
    def nodes(self) -> Mapping[str, Node]:
        """By name, in the order of the plan."""

    def logs(self, node: str, limit: int) -> bytes:
        """The last ``limit`` bytes of what the node's own main process printed."""

    def keep(self, seconds: float) -> None:
        """Leave it up for so long after this process is gone."""

    def release(self) -> None:
        """Remove everything of it.  May be called again."""


@dataclass(frozen=True)
class EngineInfo:
    """What carries the nodes."""

    name: str
    version: str
    architecture: str
    kernel: str
    cpus: int
    memory: int


@dataclass(frozen=True)
class EnvironmentInfo:
    """One line of ``repro ls``.  ``expires``: seconds since the epoch; None: while in use."""

    id: str
    purpose: str
    nodes: Mapping[str, str]
    created: float
    in_use: bool
    expires: float | None
    labels: Mapping[str, str]


@dataclass(frozen=True)
class PreparedInfo:
    """One line of ``repro cache ls``.  ``size`` in bytes, ``used`` in seconds since the epoch."""

    key: str
    reference: str
    title: str
    size: int
    used: float


class Provider(Protocol):
    """Acquires nodes and releases them."""

    @property
    def name(self) -> str:
        """docker, vm, hosts, memory."""

    @property
    def powers(self) -> frozenset[str]:
        """What it can do here beyond the ordinary: ``fault:kill``, ``console`` …"""

    def engine(self) -> EngineInfo:
        """Ask what is there.  Raises EngineError."""

    def os_image(self, os: OsProfile, say: Say) -> Image:
        """The OS's image: local, else pulled, else built.  Raises ImageError naming all tries."""

    def prepared(self, key: str) -> Image | None:
        """The prepared image under this key; looking it up counts as use."""

    def save(
        self, environment: Environment, node: str, key: str, title: str, lock: NodeLock
    ) -> Image:
        """Keep a node's state under the key, all at once or not at all."""

    def exclusively(self, key: str, say: Say) -> Lease:
        """Held by the one that makes the prepared image of this key; others wait."""

    def start(self, request: EnvironmentRequest, say: Say) -> Environment:
        """Start nodes side by side.  On any error nothing is left.  Raises EnvironmentTrouble."""

    def attach(self, environment: str) -> Environment:
        """An environment that is up.  Raises NotFoundError."""

    def environments(self) -> list[EnvironmentInfo]:
        """All of this user's, in use or not."""

    def release(self, environment: str) -> None:
        """Remove everything of an environment, whoever holds it."""

    def sweep(self, say: Say) -> list[str]:
        """Remove what nobody uses any more; what was removed, one line each."""

    def cached(self) -> list[PreparedInfo]:
        """The prepared images, least recently used first."""

    def forget(self, key: str) -> None:
        """Remove one prepared image that no node uses."""


@runtime_checkable
class ImageStore(Protocol):
    """A provider whose prepared images can be taken elsewhere."""

    def has(self, key: str) -> bool:
        """Whether there is an image under this key."""

    def save_layers(self, key: str, folder: Path) -> SavedImage:
        """Write the layers of a prepared image into the folder, each called by its SHA-256.

        Raises NotFoundError, EngineError, DiskFullError.
        """

    def load(self, image: SavedImage, folder: Path) -> Image:
        """The image under ``image.key``; made of the layers in the folder where there is none.

        Raises EngineError, DiskFullError.
        """


class CellEngine(Protocol):
    """Where cells run: this machine, or many.  Submitting never blocks."""

    @property
    def name(self) -> str:
        """What it is, for the record: ``local``, ``dask tcp://…``."""

    @property
    def room(self) -> int:
        """How many more cells it can take on now, so that none of its machines is idle."""

    def refuse(self, plan: Plan) -> None:
        """Raises UnsupportedError for a plan that none of its machines could carry out."""

    def submit(self, job: Job) -> Future[RunSummary]:
        """Run it; the record is complete when the future is done.

        The future raises InterruptedRunError after ``stop``, ReproError for what is no verdict.
        """

    def prepare(self, plan: Plan) -> None:
        """Make a cell's prepared images ahead, when there is nothing better to do.

        Nothing is said of trouble: it comes again when the cell is run.
        """

    def stop(self) -> None:
        """End what runs, in order; what was recorded is kept."""

    def close(self) -> None:
        """Wait until nothing of it is left."""


class TicketSystem(Protocol):
    """A ticket system, as attaching a result and drafting a case need it.

    ``key`` is the ticket's key there.  Every method raises TicketAuthError, TicketGoneError,
    TicketBusyError (try again later) or TicketError.  None of them tries again by itself.
    """

    powers: TicketPowers

    def read(self, key: str) -> Ticket:
        """The ticket's text and fields."""
        ...

    def find(self, key: str, marker: str) -> tuple[Comment, ...]:
        """Our account's comments there whose last line begins with the marker, the oldest first."""
        ...

    def create(self, key: str, body: str, *, public: bool) -> Comment:
        """Add a comment; an internal one unless ``public``, where the system tells them apart."""
        ...

    def update(self, key: str, comment: Comment, body: str) -> Comment:
        """Change the text of a comment."""
        ...

    def files(self, key: str) -> dict[str, str]:
        """The names of the files attached there, each with its address (empty: none is known)."""
        ...

    def attach(self, key: str, upload: Upload, *, public: bool) -> str:
        """Attach a file; its address, or empty."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...


@runtime_checkable
class Withdrawing(Protocol):
    """A ticket system in which an account can take its own comments back."""

    def withdraw(self, key: str, comment: Comment) -> None:
        """Remove a comment.  Raises TicketGoneError where it is gone already; TicketError."""
