"""What is asked of a plan: the catalogue it reads, and what the command line changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from repro.model.profile import OsProfile, ProductProfile, TopologyProfile


class Profiles(Protocol):
    """What planning reads of the catalogue."""

    def os(self, name: str) -> OsProfile:
        """Raises ProfileError."""

    def product(self, name: str) -> ProductProfile:
        """Raises ProfileError."""

    def topology(self, name: str) -> TopologyProfile:
        """Raises ProfileError."""


@dataclass(frozen=True)
class Overrides:
    """What the command line changes of a case's cell."""

    os: str | None = None
    version: str | None = None
    topology: str | None = None
    workaround: str | None = None
    vars: Mapping[str, Any] = field(default_factory=dict)

    def described(self) -> dict[str, str]:
        """Those that are set, for the record."""
        names = ("os", "version", "topology", "workaround")
        named = {name: getattr(self, name) for name in names}
        return {key: value for key, value in named.items() if value is not None} | {
            f"vars.{key}": str(value) for key, value in self.vars.items()
        }


NO_OVERRIDES = Overrides()
