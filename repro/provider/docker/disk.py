"""Watches what commands write, since overlay2 on most file systems knows no quota."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Iterator, Mapping

from repro.errors import EngineError
from repro.provider.docker import labels
from repro.provider.docker.engine import Engine

#: Seconds between two looks at the engine's disk, and between two at each node's own size.
_GLANCE = 0.2
_MEASURE = 3.0
#: Bytes that stay free on the engine's disk, whatever the nodes may write.
RESERVE = 1 << 30


class DiskWatch:
    """Raises a node's alarm when it wrote more than its limit, or the disk is nearly full.

    Asking the engine for sizes makes it walk the node's files, so that is done seldom, and at
    once where the free space of an engine on this machine shrinks quickly.
    """

    def __init__(self, engine: Engine, environment: str, limits: Mapping[str, int]) -> None:
        self._engine = engine
        self._environment = environment
        self._limits = limits
        self._alarms: dict[str, list[threading.Event]] = {name: [] for name in limits}
        self._lock = threading.Lock()
        self._busy = threading.Event()
        self._closed = False
        self._thread: threading.Thread | None = None

    @contextlib.contextmanager
    def watching(self, node: str) -> Iterator[threading.Event]:
        """While in the block, the event is set when commands on that node should be ended."""
        alarm = threading.Event()
        with self._lock:
            self._alarms[node].append(alarm)
            self._busy.set()
            if self._thread is None:
                self._thread = threading.Thread(target=self._watch, daemon=True)
                self._thread.start()
        try:
            yield alarm
        finally:
            with self._lock:
                self._alarms[node].remove(alarm)
                if not any(self._alarms.values()):
                    self._busy.clear()

    def close(self) -> None:
        """Watch no more."""
        self._closed = True
        self._busy.set()

    def _watch(self) -> None:
        measure_at = time.monotonic() + _MEASURE
        time.sleep(_GLANCE)  # a command that has ended by then needs no looking at
        free_then = self._free()
        step = min(self._limits.values(), default=0) // 8
        while True:
            self._busy.wait()
            if self._closed:
                return
            time.sleep(_GLANCE)
            free = self._free()
            if free is not None and free < RESERVE:
                self._raise(self._alarms)
            shrunk = free is not None and free_then is not None and free_then - free > step
            if not shrunk and time.monotonic() < measure_at:
                continue
            began = time.monotonic()
            self._measure()
            cost = time.monotonic() - began
            # At most a tenth of the time is spent on measuring.
            measure_at = time.monotonic() + max(_MEASURE, 9 * cost)
            free_then = self._free()

    def _measure(self) -> None:
        filters = labels.label_filter(environment=self._environment)
        try:
            found = self._engine.call("containers", size=True, filters=filters)
        except EngineError:
            return
        for container in found:
            node = container["Labels"].get(labels.NODE, "")
            if container.get("SizeRw", 0) > self._limits.get(node, 1 << 62):
                self._raise([node])

    def _raise(self, nodes: list[str] | dict[str, list[threading.Event]]) -> None:
        with self._lock:
            for node in nodes:
                for alarm in self._alarms.get(node, ()):
                    alarm.set()

    def _free(self) -> int | None:
        """Free bytes on the disk of an engine on this machine; None where it is elsewhere."""
        if not self._engine.local:
            return None
        try:
            found = os.statvfs(self._engine.info["DockerRootDir"])
        except (OSError, EngineError):
            return None
        return found.f_bavail * found.f_frsize
