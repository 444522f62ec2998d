"""Ticket systems by name.  Each is one module here with a function ``connect``: a new one is a
new file.
"""

from __future__ import annotations

import os
import pkgutil
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import cast

from repro.errors import InputError, SettingsError
from repro.ports import TicketSystem
from repro.settings import Settings, TicketSettings
from repro.ticket.network import Network
from repro.ticket.tokens import Token

#: ``connect(settings, token, network)``: opens nothing yet, asks for the token when it needs it.
#: Raises SettingsError for settings that are not enough.
Connect = Callable[[TicketSettings, Token, Network], TicketSystem]
#: What can be used without a word in the settings.
WITHOUT_SETTINGS = ("file", "github", "gitlab")


def open_system(
    settings: Settings, name: str, environ: Mapping[str, str] = os.environ
) -> TicketSystem:
    """The system of this name.  Raises InputError for one that the settings do not know."""
    own = system_settings(settings, name)
    kind = own.kind or name
    connect = connector(kind)
    if connect is None:
        raise SettingsError(
            f"`tickets: {name}:` is of the kind {kind!r}, which there is not",
            action=f"write `kind:` with one of {', '.join(kinds())}",
        )
    return connect(own, Token(name, kind, environ), Network.of(settings))


def system_settings(settings: Settings, name: str) -> TicketSettings:
    """The settings of a system.  Raises InputError for a name that is none."""
    if name in settings.tickets:
        return settings.tickets[name]
    if name in WITHOUT_SETTINGS:
        return TicketSettings()
    known = sorted({*settings.tickets, *WITHOUT_SETTINGS})
    raise InputError(
        f"no ticket system is called {name!r}",
        cause=f"the settings know {', '.join(known)}",
        action=f"write it under `tickets` in the settings: {name}: {{kind: …, url: …}}",
    )


def connector(kind: str) -> Connect | None:
    """The way to a kind of system; None where there is no such kind."""
    if kind not in {module.name for module in pkgutil.iter_modules(_folders())}:
        return None
    return cast("Connect | None", getattr(import_module(f"repro.ticket.{kind}"), "connect", None))


def kinds() -> list[str]:
    """The kinds that there are."""
    names = sorted(module.name for module in pkgutil.iter_modules(_folders()))
    return [name for name in names if connector(name) is not None]


def _folders() -> list[str]:
    return [str(Path(__file__).parent)]
