"""The plan: the frozen, printable answer to what would be done."""

import hashlib
from typing import Literal

from pydantic import ConfigDict

from repro.model.base import Anything, Frozen
from repro.model.case import AnyStep, Collect, Companions, InstallStep
from repro.model.condition import Condition
from repro.model.profile import OsProfile


class Cell(Frozen):
    """One case at one OS, version, topology and backend; perhaps with one of its workarounds."""

    case: str
    os: str
    version: str | None
    topology: str
    backend: str
    workaround: str | None = None

    def __str__(self) -> str:
        place = f"{self.case} on {self.os}, {self.version or 'no version'}, {self.topology}"
        return f"{place}, with {self.workaround!r}" if self.workaround else place


class Product(Frozen):
    """The product on a node.  ``playbook`` None: it is installed by hand."""

    purl: str
    type: str
    name: str
    version: str | None
    playbook: str | None


class Preparation(Frozen):
    """Everything that turns an OS image into a node's prepared image; equal content, one image.

    ``version`` is what ``install`` steps find in ``$REPRO_VERSION``; None where there are none.
    """

    os: OsProfile
    python: bool
    product: Product | None = None
    companions: Companions = Companions.model_construct()
    vars: dict[str, Anything] = {}
    install: tuple[InstallStep, ...] = ()
    version: str | None = None
    testinfra: bool = False

    def key(self, base_digest: str, architecture: str, recipe: str = "") -> str:
        """SHA-256 over all that goes in, with the base image's digest; ``recipe`` is the digest
        of the playbooks and of the procedure itself.
        """
        left_out = {"os": {"title", "notes", "verified", "end_of_life"}}
        content = "\n".join(
            [recipe, base_digest, architecture, self.model_dump_json(exclude=left_out)]
        )
        return hashlib.sha256(content.encode()).hexdigest()


class Limits(Frozen):
    """Bounds of one node: bytes, cores, a count, bytes written beyond its image."""

    memory: int
    cpus: float
    processes: int
    disk: int


class NodePlan(Frozen):
    """One node."""

    name: str
    roles: tuple[str, ...]
    preparation: Preparation
    env: dict[str, str]
    limits: Limits
    disks: dict[str, int] = {}
    capabilities: tuple[str, ...] = ()


class PlannedFile(Frozen):
    """A file with its content, and where it goes."""

    model_config = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")

    path: str
    nodes: tuple[str, ...]
    data: bytes
    mode: int
    owner: str


class PlannedStep(Frozen):
    """A step with its final name and the nodes that it runs on, in order."""

    name: str
    nodes: tuple[str, ...]
    step: AnyStep


class FidelityPoint(Frozen):
    """One point in which the environment is compared with the customer's."""

    point: str
    customer: str
    here: str
    grade: Literal["same", "close", "different", "unknown"]
    note: str = ""


class Plan(Frozen):
    """What would be done for one cell.  Made without touching anything.

    ``secrets`` are the values that the case marks as such: what is kept of a run has none of them.
    """

    cell: Cell
    title: str
    case_digest: str
    nodes: tuple[NodePlan, ...]
    network: Literal["isolated", "open"]
    version_command: str | None = None
    version_node: str | None = None
    files: tuple[PlannedFile, ...] = ()
    setup: tuple[PlannedStep, ...] = ()
    steps: tuple[PlannedStep, ...] = ()
    symptom: tuple[Condition, ...] = ()
    healthy: tuple[Condition, ...] = ()
    checks: dict[str, str] = {}
    collect: tuple[Collect, ...] = ()
    needs: tuple[str, ...] = ()
    fidelity: tuple[FidelityPoint, ...] = ()
    warnings: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
