"""What runs are carried out with, put together once for a process; its threads share it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING

from repro.errors import EnvironmentTrouble

if TYPE_CHECKING:
    from repro.catalog import Catalog
    from repro.model.record import Event
    from repro.ports import Environment, Provider
    from repro.settings import Settings
    from repro.stages import Keep, Tools


def let_go(environment: Environment) -> None:
    """Remove an environment; what cannot be removed now, the next sweep finds by its label."""
    with contextlib.suppress(EnvironmentTrouble):
        environment.release()


def make_tools(
    settings: Settings,
    catalog: Catalog,
    provider: Provider,
    *,
    keep: Keep,
    listen: Callable[[Event], None],
    dispose: Callable[[Environment], None],
    fresh: bool = False,
) -> Tools:
    """A preparer on this provider, a matcher that is warm, and how an environment is let go."""
    from repro.patterns import Matcher
    from repro.prepare import Preparer
    from repro.stages import Tools

    matcher = Matcher()
    matcher.warm()
    preparer = Preparer(provider, settings, catalog.playbook, fresh=fresh)
    return Tools(
        provider=provider,
        preparer=preparer,
        matcher=matcher,
        dispose=dispose,
        listen=listen,
        keep=keep,
        lease=settings.lease,
    )
