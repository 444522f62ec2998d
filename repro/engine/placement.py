"""Which worker may run which cell: what a plan needs and what a worker offers, as Dask resources.

Pure.  A resource is either a quantity, of which each cell takes one while it runs (``containers``),
or an ability (``os:debian-12``), declared in such an amount that it never runs out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import repro
from repro.errors import UnsupportedError
from repro.model.plan import Plan

#: Cells at a time, by the backend that carries them out.
SLOTS = {"docker": "containers", "vm": "kvm"}
_COUNTED = frozenset(SLOTS.values())
#: The amount of an ability.
ABILITY = 1_000_000.0
#: Cells that wait at a worker for the one before to end; an idle worker takes them over.
SPARE = 1
#: Times all slots that may be under way at once, so that cells which only a busy worker can run
#: do not keep the others idle.
OVER = 4


@dataclass(frozen=True)
class Offer:
    """A worker, and what it can do."""

    address: str
    name: str
    resources: Mapping[str, float]

    @property
    def slots(self) -> int:
        """Cells that it runs at a time."""
        return int(max((self.resources.get(kind, 0) for kind in SLOTS.values()), default=0))

    def fits(self, needs: Mapping[str, float]) -> bool:
        """Whether it could ever run what needs this."""
        return all(self.resources.get(name, 0) >= amount for name, amount in needs.items())

    def __str__(self) -> str:
        if not any(name.startswith("repro:") for name in self.resources):
            return f"{self.name}: not started by `repro worker`"
        counted = [
            f"{self.resources[kind]:g} {kind}" for kind in self.resources if kind in _COUNTED
        ]
        able = [name for name in sorted(self.resources) if name not in _COUNTED]
        return f"{self.name}: {', '.join([*counted, *able])}"


def needs(plan: Plan) -> dict[str, float]:
    """What a worker has to have to run a cell of this plan."""
    backend = plan.cell.backend
    wanted = {SLOTS.get(backend, f"backend:{backend}"): 1.0, _version(): 1.0}
    wanted |= {f"os:{node.preparation.os.name}": 1.0 for node in plan.nodes}
    powers = (need for need in plan.needs if not need.startswith("backend:"))
    return wanted | {f"power:{power}": 1.0 for power in powers}


def offer(
    slots: int, oses: Iterable[str], powers: Iterable[str], *, kvm: bool = False
) -> dict[str, float]:
    """What a worker of this version of repro declares."""
    able = [_version(), *(f"os:{name}" for name in oses), *(f"power:{name}" for name in powers)]
    counted = {"containers": float(slots), **({"kvm": float(slots)} if kvm else {})}
    return counted | dict.fromkeys(able, ABILITY)


def refusal(plan: Plan, offers: Collection[Offer]) -> UnsupportedError | None:
    """Why none of the workers could ever run it; None where one could."""
    wanted = needs(plan)
    if any(each.fits(wanted) for each in offers):
        return None
    nobody = [
        name
        for name, amount in wanted.items()
        if not any(each.resources.get(name, 0) >= amount for each in offers)
    ]
    lacking = _words(nobody) if nobody else f"{_words(wanted)} together"
    there = "\n".join(f"  - {each}" for each in offers)
    return UnsupportedError(
        f"{plan.cell} can run nowhere: no worker has {lacking}",
        cause=f"the workers are:\n{there}" if there else "there is no worker",
        action="start one that has it (`repro worker`, of this version), or leave such cells out",
    )


def room(offers: Collection[Offer], busy: Mapping[str, int], waiting: int, under_way: int) -> int:
    """How many more cells the workers can take on.

    ``busy`` counts the tasks that each worker has, by its address; ``waiting`` those of ours that
    no worker has; ``under_way`` all of ours that are not over.
    """
    free = sum(
        max(0, each.slots + SPARE - busy.get(each.address, 0)) for each in offers if each.slots
    )
    slots = sum(each.slots for each in offers)
    return max(0, min(free - waiting, OVER * slots - under_way))


def _version() -> str:
    return f"repro:{repro.__version__}"


def _words(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
