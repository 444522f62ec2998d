"""The case file as a value (the contract: docs/case-format.md)."""

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from repro.model.base import (
    CaseId,
    Duration,
    EnvName,
    Frozen,
    GuestPath,
    NodeName,
    Offset,
    Rate,
    Size,
    empty,
)
from repro.model.condition import Condition, ExpectedExit, Pattern, Text
from repro.model.secret import MIN_SECRET, MaySecret, Variable

DEFAULT_TIMEOUT = 300.0


def _one_or_more(value: Any) -> Any:
    return value if isinstance(value, list | tuple) or value is None else [value]


#: A name, or a list of them.
Names = Annotated[
    tuple[str, ...], BeforeValidator(_one_or_more, json_schema_input_type=str | list[str])
]
Environ = dict[EnvName, MaySecret]
Variables = dict[str, Variable]


class Known(Frozen):
    """What is believed of the issue: first affected version, first version without it."""

    introduced: str | None = None
    fixed: str | None = None


class Companions(Frozen):
    """Packages installed beside the product, by package manager (``name`` or a pinned one)."""

    apt: tuple[str, ...] = ()
    dnf: tuple[str, ...] = ()
    zypper: tuple[str, ...] = ()
    apk: tuple[str, ...] = ()
    pip: tuple[str, ...] = ()
    npm: tuple[str, ...] = ()

    def __add__(self, other: "Companions") -> "Companions":
        """These and the other's, each package once, in order."""
        return Companions(
            **{
                manager: tuple(dict.fromkeys(getattr(self, manager) + getattr(other, manager)))
                for manager in Companions.model_fields
            }
        )


class VersionCommand(Frozen):
    """The command whose output is kept as the version really seen."""

    run: str
    on: str | None = None


class ProductSpec(Frozen):
    """What is under examination: by name of a profile, by Package URL, or both."""

    name: str | None = None
    purl: str | None = None
    on: Names = ()
    version: VersionCommand | None = None

    @model_validator(mode="after")
    def _names_something(self) -> Self:
        if not (self.name or self.purl):
            raise ValueError("should have a purl, or the name of a product profile")
        return self


def _product(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return {"purl": str(value)} if value.startswith("pkg:") else {"name": str(value)}


class NodeSpec(Frozen):
    """What differs on one node from the rest of the environment."""

    roles: Names = ()
    os: str | None = None
    with_: Companions = Field(Companions.model_construct(), alias="with")
    env: Environ = {}
    memory: Size | None = None
    cpus: Annotated[float, Field(gt=0, le=1024)] | None = None
    processes: Annotated[int, Field(gt=0)] | None = None
    disks: dict[GuestPath, Size] = {}
    capabilities: Names = ()


class InstallStep(Frozen):
    """One command of a product that is installed by hand; part of the prepared image."""

    run: str
    on: str | None = None
    timeout: Duration = 1800.0


class EnvironmentSpec(Frozen):
    """Where the issue was seen."""

    os: str = "debian-12"
    product: Annotated[
        ProductSpec | None,
        BeforeValidator(_product, json_schema_input_type=str | ProductSpec | None),
    ] = None
    version: str | None = None
    topology: str | None = None
    backend: Literal["docker", "vm", "hosts"] | None = None
    with_: Companions = Field(Companions.model_construct(), alias="with")
    nodes: dict[NodeName, Annotated[NodeSpec | None, BeforeValidator(empty)]] = {}
    vars: Variables = {}
    env: Environ = {}
    network: Literal["isolated", "open"] = "isolated"
    install: tuple[InstallStep, ...] = ()


class CaseFile(Frozen):
    """A file that the case puts on its nodes; ``source`` is relative to the case file.

    ``secret``: its content is never written down.
    """

    path: GuestPath
    on: Names = ()
    content: str | None = None
    source: str | None = None
    mode: Annotated[str, Field(pattern=r"^0?[0-7]{3,4}$")] = "0644"
    owner: str = "root"
    secret: bool = False

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if (self.content is None) == (self.source is None):
            raise ValueError("should have either content or source")
        if self.secret and self.content is not None and len(self.content) < MIN_SECRET:
            raise ValueError(f"a secret should have at least {MIN_SECRET} characters")
        return self


class Expectation(Frozen):
    """What a step should do; a bare word, number or list is its exit status."""

    exit: ExpectedExit | None = None
    stdout: Text | None = None
    stderr: Text | None = None
    output: Text | None = None
    status: (
        Annotated[
            tuple[int, ...],
            BeforeValidator(_one_or_more, json_schema_input_type=int | list[int]),
        ]
        | None
    ) = None


def _expectation(value: Any) -> Any:
    return value if isinstance(value, dict | Expectation) else {"exit": value}


class Retry(Frozen):
    """Do a step again until it does as expected."""

    for_: Duration = Field(alias="for")
    every: Duration = 1.0


class Step(Frozen):
    """What every kind of step has."""

    name: str | None = None
    on: str | None = None
    timeout: Duration = DEFAULT_TIMEOUT
    expect: Annotated[
        Expectation,
        BeforeValidator(_expectation, json_schema_input_type=Expectation | str | int | list[int]),
    ] = Expectation.model_construct()
    retry: Retry | None = None
    env: Environ = {}
    user: str = "root"
    cwd: GuestPath = "/case"


class RunStep(Step):
    """A command in the node's shell."""

    run: str
    stdin: str | None = None
    background: bool = False


class WaitFor(Frozen):
    """One condition to wait for: a listening port, a line in a log, a command, or time."""

    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    log: GuestPath | None = None
    matches: Pattern | None = None
    run: str | None = None
    seconds: Duration | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        given = [k for k in ("port", "log", "run", "seconds") if getattr(self, k) is not None]
        if len(given) != 1:
            raise ValueError("should have one of port, log, run, seconds")
        if (self.matches is not None) != (self.log is not None):
            raise ValueError("log and matches go together")
        return self


class WaitStep(Step):
    """Wait until the node is ready."""

    wait: WaitFor


class FaultStep(Step):
    """Something goes wrong on purpose, on nodes or between them."""

    fault: Literal[
        "kill", "stop", "start", "restart", "pause", "resume", "delay", "loss", "disk-full",
        "clock", "partition", "heal",
    ]  # fmt: skip
    between: Annotated[tuple[str, ...], Field(min_length=2)] | None = None
    for_: Duration | None = Field(None, alias="for")
    by: Duration | None = None
    rate: Rate | None = None
    path: GuestPath | None = None
    offset: Offset | None = None

    @model_validator(mode="after")
    def _has_what_it_needs(self) -> Self:
        needs = {"delay": "by", "loss": "rate", "disk-full": "path", "clock": "offset"}
        for kind, key in needs.items():
            if self.fault == kind and getattr(self, key) is None:
                raise ValueError(f"fault {kind} needs `{key}`")
            if self.fault != kind and getattr(self, key) is not None:
                raise ValueError(f"`{key}` belongs to fault {kind}, not to {self.fault}")
        links = ("partition", "delay", "loss", "heal")
        if self.between is not None and self.fault not in links:
            raise ValueError(f"fault {self.fault} happens on a node: give `on`, not `between`")
        if self.fault == "partition" and self.between is None and self.on is None:
            raise ValueError("fault partition needs `between` or `on`")
        return self


class HttpStep(Step):
    """A request from inside a node: ``METHOD URL``."""

    http: Annotated[str, Field(pattern=r"^[A-Z]+ https?://\S+$")]
    headers: dict[str, str] = {}
    body: str | None = None


class Exchange(Frozen):
    """Wait for what the program prints, then type; Enter is pressed unless told otherwise.

    ``secret``: what is typed is never written down.
    """

    expect: Text
    send: str | None = None
    enter: bool = True
    timeout: Duration | None = None
    secret: bool = False

    @model_validator(mode="after")
    def _has_a_secret(self) -> Self:
        if self.secret and len(self.send or "") < MIN_SECRET:
            raise ValueError(f"a secret should have at least {MIN_SECRET} characters in `send`")
        return self


class InteractStep(Step):
    """A dialogue with a program on a terminal."""

    interact: str
    dialogue: Annotated[tuple[Exchange, ...], Field(min_length=1)]


_STEP_KEYS = ("run", "wait", "fault", "http", "interact")
_STEP_CLASSES: dict[type[Any], str] = {
    RunStep: "run", WaitStep: "wait", FaultStep: "fault", HttpStep: "http", InteractStep: "interact"
}  # fmt: skip


def step_kind(value: Any) -> str | None:
    """Which kind of step this mapping or model is; None when no key tells."""
    if isinstance(value, dict):
        return next((key for key in _STEP_KEYS if key in value), None)
    return _STEP_CLASSES.get(type(value))


AnyStep = Annotated[
    Annotated[RunStep, Tag("run")]
    | Annotated[WaitStep, Tag("wait")]
    | Annotated[FaultStep, Tag("fault")]
    | Annotated[HttpStep, Tag("http")]
    | Annotated[InteractStep, Tag("interact")],
    Discriminator(
        step_kind,
        custom_error_type="step",
        custom_error_message="is no step: it should have run, wait, fault, http or interact",
    ),
]


class Collect(Frozen):
    """A file (or shell pattern) kept as evidence."""

    path: GuestPath
    on: Names = ()


class Repeat(Frozen):
    """How often an issue that comes and goes is tried."""

    runs: Annotated[int, Field(ge=1, le=10_000)] = 1
    until: Literal["first", "decided", "all"] = "first"


class Workaround(Frozen):
    """A change that avoids the issue without a new version."""

    name: str
    files: tuple[CaseFile, ...] = ()
    setup: tuple[AnyStep, ...] = ()
    env: Environ = {}
    vars: Variables = {}


class Recheck(Frozen):
    """What a nightly looks at."""

    os: Names = ()
    topology: Names = ()
    versions: str = "newer"


class Case(Frozen):
    """One reported issue: its environment, steps and symptom."""

    schema_: Annotated[int, Field(ge=1, le=1)] = Field(1, alias="schema")
    id: CaseId
    title: Annotated[str, Field(min_length=1, max_length=300)]
    severity: Literal["low", "normal", "high", "critical"] = "normal"
    tags: tuple[str, ...] = ()
    tickets: tuple[Annotated[str, Field(pattern=r"^[A-Za-z][\w.-]*:.+$")], ...] = ()
    references: tuple[str, ...] = ()
    known: Known | None = None
    environment: EnvironmentSpec = EnvironmentSpec.model_construct()
    files: tuple[CaseFile, ...] = ()
    setup: tuple[AnyStep, ...] = ()
    steps: Annotated[tuple[AnyStep, ...], Field(min_length=1)]
    symptom: Annotated[tuple[Condition, ...], Field(min_length=1)]
    healthy: tuple[Condition, ...] = ()
    collect: tuple[Collect, ...] = ()
    repeat: Repeat = Repeat.model_construct()
    workarounds: tuple[Workaround, ...] = ()
    recheck: Recheck | None = None
