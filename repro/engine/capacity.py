"""How many cells one machine takes at a time: by its cores and by the memory that is free."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from repro.model.plan import Plan

#: Cells a core: starting, copying and removing containers is mostly waiting for the disk and
#: the engine, so that one cell a core leaves cores idle.
_PER_CORE = 2
#: Of the free memory, the share that nodes may be promised.
_SHARE = 0.8
#: Bytes that a cell costs on this side: its output, its observations.
_OWN = 64 * 2**20
_MEMINFO = Path("/proc/meminfo")


def capacity(cpus: int, free: int) -> int:
    """Cells at a time on so many cores with so many bytes free; at least one."""
    return max(1, min(cpus * _PER_CORE, int(free * _SHARE) // _OWN))


def free_memory(total: int, meminfo: Path = _MEMINFO) -> int:
    """Bytes that can be had without swapping (proc(5), MemAvailable); ``total`` where the system
    does not tell.
    """
    try:
        for line in meminfo.read_text("ascii").splitlines():
            name, _, rest = line.partition(":")
            if name == "MemAvailable":
                return min(total, int(rest.split()[0]) * 1024)
    except (OSError, ValueError, IndexError):
        pass
    return total


def memory_of(plan: Plan) -> int:
    """Bytes that the nodes of a plan may use at most."""
    return sum(node.limits.memory for node in plan.nodes)


class MemoryGate:
    """Lets cells in while their limits fit together into the memory that there is.

    One that is larger than all of it gets in alone: its limits are bounds, not needs.
    """

    def __init__(self, free: int) -> None:
        self._budget = int(free * _SHARE)
        self._used = 0
        self._changed = threading.Condition()

    @contextmanager
    def taking(self, needed: int, cancel: threading.Event) -> Iterator[None]:
        """Hold so many bytes; waits until they are free, or ``cancel`` is set."""
        needed = min(needed, self._budget)
        with self._changed:
            self._changed.wait_for(lambda: cancel.is_set() or self._used + needed <= self._budget)
            self._used += needed
        try:
            yield
        finally:
            with self._changed:
                self._used -= needed
                self._changed.notify_all()

    def wake(self) -> None:
        """Let those that wait look at their ``cancel`` again."""
        with self._changed:
            self._changed.notify_all()
