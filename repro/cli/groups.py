"""Options that belong together: a command takes the group, and what it means is asked of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from functools import wraps
from inspect import Parameter, Signature, signature
from typing import TYPE_CHECKING, Any, TypeVar, get_type_hints

from repro.cli.options import (
    LOCAL,
    UNTIL,
    Attach,
    Engine,
    Jobs,
    Os,
    Prereleases,
    Public,
    Runs,
    Tickets,
    Topology,
    Until,
    Variables,
    Version,
    Versions,
    Yanked,
)

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    from repro.casefile import LoadedCase
    from repro.cli.session import Session
    from repro.model.campaign import Audience
    from repro.model.case import Repeat
    from repro.plan import Overrides

R = TypeVar("R")


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
