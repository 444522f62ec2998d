"""How ticket systems are reached: the CA that is trusted, and the proxies of the settings."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from repro.settings import Proxy, Settings


@dataclass(frozen=True)
class Network:
    """As the settings say; variables of the environment are looked at by ``settings`` alone."""

    ca_bundle: Path | None = None
    proxy: Proxy = field(default_factory=Proxy)

    @classmethod
    def of(cls, settings: Settings) -> Network:
        """What the settings say of it."""
        return cls(settings.ca_bundle, settings.proxy)

    @property
    def verify(self) -> str | bool:
        """What a client takes as the CA: a file, or what its library trusts."""
        return str(self.ca_bundle) if self.ca_bundle else True

    def proxy_for(self, url: str) -> str | None:
        """The proxy for an address; None: it is asked directly."""
        return self.proxy.for_url(url)
