"""What a scheduler says of its workers."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from repro.engine import placement
from repro.engine.placement import Offer
from repro.errors import ServiceError, UnsupportedError
from repro.model.plan import Plan

if TYPE_CHECKING:
    from distributed import Client

#: Seconds for which a look at the workers counts.
_FRESH = 0.2


@dataclass(frozen=True)
class Seen:
    """The workers at one moment, with the keys of the tasks that each has, by its address."""

    at: float
    offers: tuple[Offer, ...]
    tasks: Mapping[str, tuple[Any, ...]]

    @property
    def held(self) -> set[Any]:
        """The keys of all tasks that a worker has."""
        return {key for keys in self.tasks.values() for key in keys}

    def idle(self, needs: Mapping[str, float]) -> list[str]:
        """The addresses of fitting workers that have nothing to do."""
        return [
            each.address
            for each in self.offers
            if each.fits(needs) and not self.tasks.get(each.address)
        ]


class Workers:
    """The workers, as they come and go.  ``patience``: seconds that one is waited for."""

    def __init__(self, client: Client, address: str, patience: float) -> None:
        self._client = client
        self._address = address
        self._patience = patience
        self._seen: Seen | None = None
        self._last: dict[str, tuple[float, Offer]] = {}

    def look(self, fresh: float = _FRESH) -> Seen:
        """Those that are there now, or were ``fresh`` seconds ago.  Raises ServiceError."""
        seen = self._seen
        if seen is not None and time.monotonic() - seen.at < fresh:
            return seen
        try:
            workers = self._client.scheduler_info(n_workers=-1)["workers"]
            tasks = self._client.processing()
        except Exception as error:
            raise gone(self._address, str(error)) from error
        offers = tuple(
            Offer(address, str(each["name"]), each["resources"])
            for address, each in workers.items()
        )
        self._seen = seen = Seen(time.monotonic(), offers, tasks)
        self._last.update({each.address: (seen.at, each) for each in offers})
        return seen

    def refuse(self, plan: Plan) -> None:
        """Raises UnsupportedError, naming what is missing and which workers there are."""
        offers = self.look().offers
        error = placement.refusal(plan, offers)
        # Without any worker they may be about to start; ``lost`` ends a wait that is too long.
        if error is not None and offers and not self._came_lately(placement.needs(plan)):
            raise error

    def lost(self, plan: Plan, since: float) -> UnsupportedError | None:
        """Why what was sent at that moment (``time.monotonic``) waits for no worker any more."""
        offers = self.look().offers
        error = placement.refusal(plan, offers)
        waited = time.monotonic() - since >= self._patience
        if error is None or not waited or self._came_lately(placement.needs(plan)):
            return None
        return error

    def _came_lately(self, needs: Mapping[str, float]) -> bool:
        """Whether a worker that fits was there a short time ago."""
        since = time.monotonic() - self._patience
        return any(at >= since and each.fits(needs) for at, each in tuple(self._last.values()))


def gone(address: str, why: str = "") -> ServiceError:
    """The scheduler does not answer any more."""
    return ServiceError(
        f"the scheduler at {address} went away",
        cause=why or "it was ended, or the network between it and here is broken",
        action="start it and its workers again, then go on with the campaign",
    )
