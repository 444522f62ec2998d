"""Conditions: what the symptom and the healthy state look like (case format, "A condition")."""

import hashlib
import re
import signal as signals
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Field,
    Tag,
    WithJsonSchema,
    model_validator,
)

from repro.model.base import Anything, Frozen, GuestPath

#: testinfra's modules that describe a host (pytest-testinfra, "Modules").
MODULES = (
    "addr", "block_device", "docker", "environment", "file", "group", "interface", "iptables",
    "mount_point", "package", "pip", "process", "service", "socket", "supervisor", "sysctl",
    "system_info", "user",
)  # fmt: skip


def _compiles(pattern: str) -> str:
    try:
        re.compile(pattern, re.MULTILINE)
    except (re.error, RecursionError, OverflowError) as error:
        raise ValueError(f"is no regular expression: {error}") from None
    return pattern


#: A Python regular expression: multi-line, searched, matched under a time limit.
Pattern = Annotated[
    str, AfterValidator(_compiles), WithJsonSchema({"type": "string", "format": "regex"})
]


class TextMatch(Frozen):
    """What a text must be like; all keys that are given hold together."""

    contains: str | None = None
    equals: str | None = None
    matches: Pattern | None = None
    not_: "Text | None" = Field(None, alias="not")

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("should hold one of contains, equals, matches, not")
        return self


def _plain_text(value: Any) -> Any:
    return {"contains": str(value)} if isinstance(value, str) else value


#: A plain string means "is contained".
Text = Annotated[TextMatch, BeforeValidator(_plain_text, json_schema_input_type=str | TextMatch)]


def _exit_codes(value: Any) -> Any:
    if value in ("any", "nonzero", "timeout"):
        return str(value)
    return value if isinstance(value, list | tuple) else [value]


def _seen_exit(value: Any) -> Any:
    if value in ("any", "timeout"):
        raise ValueError("should be a number, several, or nonzero; for a time-out: timed_out: true")
    return _exit_codes(value)


_ExitCode = Annotated[int, Field(ge=0, le=255)]
_ExitCodes = Annotated[tuple[_ExitCode, ...], Field(min_length=1)]


def _exit_schema(*words: str) -> WithJsonSchema:
    return WithJsonSchema(
        {
            "anyOf": [
                {"enum": list(words)},
                {"type": ["integer", "string"]},
                {"type": "array", "items": {"type": "integer"}},
            ]
        }
    )


_word_or_codes = Discriminator(lambda value: "word" if isinstance(value, str) else "codes")

#: What a step should exit with: a number, several, or a word.
ExpectedExit = Annotated[
    Annotated[Literal["any", "timeout", "nonzero"], Tag("word")]
    | Annotated[_ExitCodes, Tag("codes")],
    _word_or_codes,
    BeforeValidator(_exit_codes),
    _exit_schema("any", "timeout", "nonzero"),
]
#: What a condition looks for in an exit status.
ObservedExit = Annotated[
    Annotated[Literal["nonzero"], Tag("word")] | Annotated[_ExitCodes, Tag("codes")],
    _word_or_codes,
    BeforeValidator(_seen_exit),
    _exit_schema("nonzero"),
]

_COMPARISON = re.compile(r"\s*(<=|>=|<|>)\s*([0-9]+(?:\.[0-9]+)?)\s*s?\s*")


def _comparison(value: Any) -> str:
    found = _COMPARISON.fullmatch(str(value))
    if found is None:
        raise ValueError(f"{value!r} should be written like '> 5' or '< 0.5' (seconds)")
    return f"{found[1]} {found[2]}"


#: A bound on a duration in seconds, kept as ``OPERATOR NUMBER``.
Comparison = Annotated[str, BeforeValidator(_comparison)]


def _signal_name(value: Any) -> str:
    text = str(value).upper()
    try:
        number = signals.Signals(int(text)) if text.isdigit() else None
        return (number or signals.Signals[text if text.startswith("SIG") else f"SIG{text}"]).name
    except (KeyError, ValueError):
        raise ValueError(f"{value!r} is no signal; write it like SIGSEGV or 11") from None


#: A signal by name (``SIGSEGV``, ``SEGV``) or number, kept as ``SIGSEGV``.
Signal = Annotated[str, BeforeValidator(_signal_name)]


class Outcome(Frozen):
    """What a command left behind must match; the keys that are given hold together."""

    exit: ObservedExit | None = None
    stdout: Text | None = None
    stderr: Text | None = None
    output: Text | None = None
    timed_out: bool | None = None
    seconds: Comparison | None = None
    signal: Signal | None = None
    status: (
        Annotated[
            tuple[int, ...],
            BeforeValidator(_exit_codes, json_schema_input_type=int | list[int]),
        ]
        | None
    ) = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.model_fields_set & Outcome.model_fields.keys():
            raise ValueError(f"should say what to look at: {', '.join(Outcome.model_fields)}")
        return self


class StepCondition(Outcome):
    """What a step left behind; ``on`` narrows a step of several nodes to one of them."""

    step: str
    on: str | None = None


class ProbeCondition(Outcome):
    """A command run after the steps."""

    on: str
    run: str


class ModuleCondition(Frozen):
    """Attributes of a testinfra module, each with the value it must have."""

    on: str
    module: str
    attributes: dict[str, Anything]


class PythonCondition(Frozen):
    """A pytest-testinfra file (relative to the case) that passes on the nodes (``on``: on it)."""

    python: str
    on: str | None = None


class LogCondition(Frozen):
    """A line of a file, written since the steps began, matches."""

    log: GuestPath
    on: str
    matches: Pattern


class NodeCondition(Frozen):
    """The node is in this state; oom-killed: the kernel ended a process there for memory."""

    node: str
    state: Literal["running", "exited", "oom-killed"]


class AnyCondition(Frozen):
    """One of these holds."""

    any: "Annotated[tuple[Condition, ...], Field(min_length=1)]"


class AllCondition(Frozen):
    """All of these hold."""

    all: "Annotated[tuple[Condition, ...], Field(min_length=1)]"


class NotCondition(Frozen):
    """The condition inside does not hold."""

    not_: "Condition" = Field(alias="not")


def _module_shape(value: Any) -> Any:
    """``{on: N, service: {…}}`` → ``{on: N, module: service, attributes: {…}}``."""
    if not isinstance(value, dict) or "module" in value:
        return value
    named = [key for key in value if key in MODULES]
    if len(named) != 1:
        return value
    rest = {key: item for key, item in value.items() if key != named[0]}
    return {**rest, "module": str(named[0]), "attributes": value[named[0]]}


_KEYS = {
    "step": "step", "run": "probe", "log": "log", "node": "node", "python": "python",
    "any": "any", "all": "all", "not": "not", "not_": "not", "module": "module",
}  # fmt: skip
_BY_CLASS: dict[type[Any], str] = {
    StepCondition: "step", ProbeCondition: "probe", LogCondition: "log", NodeCondition: "node",
    PythonCondition: "python", AnyCondition: "any", AllCondition: "all", NotCondition: "not",
    ModuleCondition: "module",
}  # fmt: skip


def condition_kind(value: Any) -> str | None:
    """Which kind of condition this mapping or model is; None when no key tells."""
    if not isinstance(value, dict):
        return _BY_CLASS.get(type(value))
    for key, kind in _KEYS.items():
        if key in value:
            return kind
    return "module" if any(key in MODULES for key in value) else None


Condition = Annotated[
    Annotated[StepCondition, Tag("step")]
    | Annotated[ProbeCondition, Tag("probe")]
    | Annotated[ModuleCondition, BeforeValidator(_module_shape), Tag("module")]
    | Annotated[PythonCondition, Tag("python")]
    | Annotated[LogCondition, Tag("log")]
    | Annotated[NodeCondition, Tag("node")]
    | Annotated[AnyCondition, Tag("any")]
    | Annotated[AllCondition, Tag("all")]
    | Annotated[NotCondition, Tag("not")],
    Discriminator(
        condition_kind,
        custom_error_type="condition",
        custom_error_message=(
            "is no condition: it should have step, on + run, on + a testinfra module, python, "
            "log, node, any, all or not"
        ),
    ),
]


def walk(conditions: tuple[Condition, ...]) -> list[Condition]:
    """Every condition in the tree, those inside any/all/not included, outermost first."""
    found: list[Condition] = []
    for condition in conditions:
        found.append(condition)
        if isinstance(condition, AnyCondition):
            found.extend(walk(condition.any))
        elif isinstance(condition, AllCondition):
            found.extend(walk(condition.all))
        elif isinstance(condition, NotCondition):
            found.extend(walk((condition.not_,)))
    return found


def question(condition: ProbeCondition | ModuleCondition | PythonCondition | LogCondition) -> str:
    """Identifies what was asked of a node, whatever answer is wanted: 16 hex digits.

    So a corrected symptom finds the observation that an earlier wording asked for.
    """
    match condition:
        case ProbeCondition():
            asked = ["probe", condition.on, condition.run]
        case ModuleCondition():
            attributes = ",".join(sorted(condition.attributes))
            about = str(subject(condition))
            asked = ["module", condition.on, condition.module, about, attributes]
        case PythonCondition():
            asked = ["python", condition.on or "", condition.python]
        case LogCondition():
            asked = ["log", condition.on, condition.log]
    return hashlib.sha256("\0".join(asked).encode()).hexdigest()[:16]


def subject(condition: ModuleCondition) -> str | None:
    """What a module condition is about: its ``name`` (``path`` for a file)."""
    for key in ("name", "path"):
        if key in condition.attributes:
            return str(condition.attributes[key])
    return None
