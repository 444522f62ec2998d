"""The options that several commands have, each declared once: alone, or in a group."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from functools import wraps
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, get_type_hints

import typer

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    from repro.casefile import LoadedCase
    from repro.cli.session import Session
    from repro.model.campaign import Audience
    from repro.model.case import Repeat
    from repro.plan import Overrides

R = TypeVar("R")

UNTIL = ("first", "decided", "all")
#: The engine that is this machine.
LOCAL = "local"

CaseFile = Annotated[Path, typer.Argument(help="A case file, or a run of it.")]
Os = Annotated[str | None, typer.Option("--os", help="Another OS profile, e.g. debian-13.")]
Version = Annotated[str | None, typer.Option("--version", help="Another version of the product.")]
Versions = Annotated[
    str | None,
    typer.Option("--version", help="A list, latest:5, all, or a range like 'vers:pypi/>=4.0|<6'."),
]
Prereleases = Annotated[bool, typer.Option("--pre", help="Pre-releases too.")]
Yanked = Annotated[bool, typer.Option("--yanked", help="Withdrawn releases too.")]
Topology = Annotated[str | None, typer.Option("--topology", help="Another topology profile.")]
Variables = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="A variable of the playbook.")
]
Fresh = Annotated[bool, typer.Option("--fresh", help="Do not use prepared images.")]
Runs = Annotated[
    int | None, typer.Option("--runs", min=1, max=10_000, help="Runs of each cell at most.")
]
Until = Annotated[str | None, typer.Option("--until", help=f"Stop at: {', '.join(UNTIL)}.")]
Jobs = Annotated[
    int | None,
    typer.Option("--jobs", "-j", min=1, help="Cells at a time; left out: by cores and memory."),
]
Engine = Annotated[
    str,
    typer.Option("--engine", help="local, or a Dask scheduler: tcp://HOST:PORT, tls://HOST:PORT."),
]
Attach = Annotated[
    bool, typer.Option("--attach", help="Tell the case's tickets; internally, where they can.")
]
Tickets = Annotated[
    list[str] | None,
    typer.Option("--ticket", metavar="SYSTEM:KEY", help="Tell this ticket; may be repeated."),
]
Public = Annotated[
    bool, typer.Option("--public", help="Let the customer see it; otherwise it is internal.")
]
Budget = Annotated[
    str | None, typer.Option("--budget", help="Start nothing more after so long: 2h, 30min.")
]
Notify = Annotated[
    list[str] | None,
    typer.Option("--notify", help="Tell this address, as apprise reads it, of what changed."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


@dataclass(frozen=True)
class Changes:
    """What is to be otherwise than the case says."""

    os: Os = None
    version: Version = None
    topology: Topology = None
    set: Variables = None

    def overrides(self) -> Overrides:
        """As a plan takes them.  Raises InputError."""
        from repro.cli.session import parse_set
        from repro.plan import Overrides

        return Overrides(
            os=self.os,
            version=self.version,
            topology=self.topology,
            vars=parse_set(self.set or ()),
        )


@dataclass(frozen=True)
class Released:
    """Which of a product's releases are meant."""

    version: Versions = None
    pre: Prereleases = False
    yanked: Yanked = False

    def chosen(
        self,
        session: Session,
        loaded: LoadedCase,
        default: str | None = None,
        *,
        beside: tuple[str | None, ...] = (),
    ) -> tuple[str, ...]:
        """Those, oldest first, and the ones named ``beside`` them; none where nothing is asked.

        Raises VersionError, ServiceError.
        """
        text = self.version or default
        if text is None:
            return ()
        return session.choose(loaded, text, pre=self.pre, yanked=self.yanked, beside=beside)


@dataclass(frozen=True)
class Repeats:
    """How often each cell is run."""

    runs: Runs = None
    until: Until = None

    def of(self, loaded: LoadedCase) -> Repeat:
        """As the command line says, else as the case does.  Raises InputError."""
        from repro.errors import InputError

        if self.until is not None and self.until not in UNTIL:
            raise InputError(f"--until {self.until!r} should be one of {', '.join(UNTIL)}")
        own = loaded.case.repeat
        asked = {"runs": self.runs or own.runs, "until": self.until or own.until}
        return own.model_copy(update=asked)


@dataclass(frozen=True)
class Work:
    """Where cells are run, and how many at a time."""

    jobs: Jobs = None
    engine: Engine = LOCAL


@dataclass(frozen=True)
class Telling:
    """Which tickets are told."""

    attach: Attach = False
    ticket: Tickets = None
    public: Public = False

    def audience(self) -> Audience:
        """As a campaign keeps it."""
        from repro.model.campaign import Audience

        return Audience(attach=self.attach, tickets=tuple(self.ticket or ()), public=self.public)


def listed(text: str | None) -> tuple[str, ...]:
    """Names with commas between them, each once; none where the option is left out.

    Raises InputError for a text that names nothing.
    """
    from repro.errors import InputError

    if text is None:
        return ()
    names = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    if not names:
        raise InputError(f"{text!r} names nothing", action="write names with commas between them")
    return names


def grouped(command: Callable[..., R]) -> Callable[..., R]:
    """A command as typer takes it: a parameter that is a group becomes the group's options."""
    hints = get_type_hints(command, include_extras=True)
    groups = {
        name: kind for name, kind in hints.items() if isinstance(kind, type) and is_dataclass(kind)
    }

    @wraps(command)
    def call(**given: Any) -> R:
        for name, group in groups.items():
            given[name] = group(**{each.name: given.pop(each.name) for each in fields(group)})
        return command(**given)

    options: list[Parameter] = []
    for each in signature(command).parameters.values():
        if each.name in groups:
            options += _options(groups[each.name])
        else:
            annotated = each.replace(annotation=hints[each.name])
            options.append(annotated.replace(kind=Parameter.KEYWORD_ONLY))
    told: Any = call
    told.__signature__ = Signature(options)
    told.__annotations__ = {each.name: each.annotation for each in options}
    return call


def _options(group: type[DataclassInstance]) -> list[Parameter]:
    hints = get_type_hints(group, include_extras=True)
    kind = Parameter.KEYWORD_ONLY
    return [
        Parameter(each.name, kind, default=each.default, annotation=hints[each.name])
        for each in fields(group)
    ]
