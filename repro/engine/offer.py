"""What this machine can offer to a cluster: asked of its container engine, before it joins."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from repro.catalog import Catalog
from repro.engine import placement
from repro.engine.capacity import capacity, free_memory
from repro.errors import ImageError
from repro.model.profile import OsProfile
from repro.ports import EngineInfo, Provider
from repro.provider import POWERS

_KVM = Path("/dev/kvm")
#: Registries that are asked at a time.
_AT_ONCE = 8


@runtime_checkable
class ImageSources(Protocol):
    """A provider that knows where images would come from."""

    def image_source(self, os: OsProfile) -> str | None:
        """None where there is no way to get one."""


@dataclass(frozen=True)
class Abilities:
    """``oses``: names of profiles, with where each one's image would come from."""

    engine: EngineInfo
    slots: int
    oses: dict[str, str]
    powers: frozenset[str]
    kvm: bool

    @property
    def resources(self) -> dict[str, float]:
        """As a worker declares them."""
        return placement.offer(self.slots, self.oses, self.powers, kvm=self.kvm)

    def __str__(self) -> str:
        cells = f"{self.slots} cell{'s' * (self.slots != 1)} at a time"
        vms = "VMs with KVM" if self.kvm else "no VMs"
        oses = ", ".join(f"{name} ({source})" for name, source in self.oses.items())
        return f"{cells} on {self.engine.name} {self.engine.version}, {vms}; {oses}"


def survey(
    provider: Provider, catalog: Catalog, slots: int | None = None, oses: Sequence[str] = ()
) -> Abilities:
    """Ask the engine what it has.  ``slots`` and ``oses`` are taken as they are, where given.

    Raises EngineError where it does not answer, ImageError when it has no image and no way to get
    one, ProfileError for a profile that is not there.
    """
    info = provider.engine()
    found = dict.fromkeys(oses, "as told") if oses else _sources(provider, catalog)
    for name in oses:
        catalog.os(name)
    if not found:
        raise ImageError(
            "no image of any OS is here, nor a way to get one",
            cause="no registry answers, and none can be built: mmdebstrap is not installed",
            action="load an image with `docker load`, set `mirrors.images`, or name OSes by --os",
        )
    return Abilities(
        engine=info,
        slots=slots or capacity(info.cpus, free_memory(info.memory)),
        oses=found,
        powers=provider.powers,
        kvm="vm" in POWERS and os.access(_KVM, os.R_OK | os.W_OK),
    )


def _sources(provider: Provider, catalog: Catalog) -> dict[str, str]:
    names = catalog.names("os")
    if not isinstance(provider, ImageSources):
        return dict.fromkeys(names, "here")
    profiles = [catalog.os(name) for name in names]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        sources = pool.map(provider.image_source, profiles)
        return {name: source for name, source in zip(names, sources, strict=True) if source}
