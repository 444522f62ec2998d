"""Prepared images that were brought along, in place of a preparer that makes them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from repro.errors import ImageError
from repro.model.plan import Preparation
from repro.model.record import NodePrepared
from repro.ports import Image, Provider, Say


class Brought:
    """Knows the key of each node's image; makes none, and asks nobody for any."""

    def __init__(self, provider: Provider, keys: Mapping[str, str]) -> None:
        self._provider = provider
        self._keys = keys

    def prepare(
        self,
        preparation: Preparation,  # noqa: ARG002 - what the image was made by, elsewhere
        node: str,
        *,
        say: Say,
        evidence: Callable[[str, Sequence[Any]], object],  # noqa: ARG002 - nothing is done
        cancel: threading.Event | None,  # noqa: ARG002 - nor does it take any time
    ) -> tuple[Image, NodePrepared]:
        """The node's image.  Raises ImageError where it was removed, EngineError."""
        began = time.monotonic()
        key = self._keys[node]
        image = self._provider.prepared(key)
        if image is None:
            raise ImageError(
                f"the image that was brought for {node} is not here any more",
                cause="it was removed while it was to be used",
                action="run the archive again, which loads it again",
            )
        say("from the archive")
        seconds = round(time.monotonic() - began, 3)
        return image, NodePrepared(node=node, key=key, hit=True, seconds=seconds)

    def close(self) -> None:
        """There is nothing to wait for."""
