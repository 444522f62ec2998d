"""Prepared images: found under their key, else made, once, and kept."""

from __future__ import annotations

import contextlib
import threading
import time
import uuid
from collections.abc import Callable, Sequence

from repro.errors import EnvironmentTrouble, ImageGoneError
from repro.model.plan import Limits, Preparation
from repro.model.record import NodePrepared
from repro.ports import Environment, EnvironmentRequest, Image, NodeRequest, Provider, Say
from repro.prepare import recipe
from repro.prepare.making import Making
from repro.prepare.tasks import TaskResult
from repro.settings import Settings

#: Receives the results of all tasks that prepared a node, once, whether it failed or not.
Evidence = Callable[[str, Sequence[TaskResult]], object]

#: Seconds after which a preparation that nobody watches any more ends by itself.
LIFETIME = 2 * 3600.0
#: Making an image may need more than the run itself: compilers, package managers.
_LIMITS = Limits(memory=4 * 2**30, cpus=4.0, processes=4096, disk=20 * 2**30)


class Preparer:
    """Turns OS images into prepared images.  May be used from several threads at once.

    ``playbook`` finds a playbook by its name.  ``fresh`` passes by every image that this
    Preparer did not make itself, and replaces it.
    """

    def __init__(
        self,
        provider: Provider,
        settings: Settings,
        playbook: recipe.FindPlaybook,
        *,
        fresh: bool = False,
    ) -> None:
        self._provider = provider
        self._settings = settings
        self._playbook = playbook
        self._fresh = fresh
        self._made: set[str] = set()
        self._releases: list[threading.Thread] = []

    def prepare(
        self,
        preparation: Preparation,
        node: str,
        *,
        say: Say,
        evidence: Evidence = lambda *_: None,
        cancel: threading.Event | None = None,
    ) -> tuple[Image, NodePrepared]:
        """The prepared image for a node of the plan, and whether it was there already.

        Raises PrepareError with what the package manager said, ImageError, EngineError,
        NodeLostError, DiskFullError.  ``cancel`` ends it with InterruptedRunError.
        """
        began = time.monotonic()
        base = self._provider.os_image(preparation.os, say)
        layers = recipe.layers(preparation, base, self._playbook)
        key = layers[-1].key
        image = self._found(key)
        hit = image is not None
        if image is None:
            maker = _Maker(self._provider, self._settings, base, node, say, cancel, self._released)
            try:
                image, hit = self._make(layers, maker)
            finally:
                evidence(node, maker.results)
        seconds = round(time.monotonic() - began, 3)
        return image, NodePrepared(node=node, key=key, hit=hit, seconds=seconds)

    def close(self) -> None:
        """Wait until the nodes that images were made on are removed."""
        while self._releases:
            self._releases.pop().join()

    def _released(self, environment: Environment) -> None:
        """Removing a node takes a while, and nobody needs to wait for it; ending the process does.

        What cannot be removed now is found by the next sweep.
        """

        def release() -> None:
            with contextlib.suppress(EnvironmentTrouble):
                environment.release()

        thread = threading.Thread(target=release, name=f"release {environment.id}")
        thread.start()
        self._releases.append(thread)

    def _found(self, key: str) -> Image | None:
        if self._fresh and key not in self._made:
            return None
        return self._provider.prepared(key)

    def _make(self, layers: tuple[recipe.Layer, ...], maker: _Maker) -> tuple[Image, bool]:
        """Make the last layer, unless somebody else did while we waited for our turn."""
        *lower, layer = layers
        with self._provider.exclusively(layer.key, maker.say):
            if (image := self._found(layer.key)) is not None:
                return image, True
            try:
                image = maker.make(layer, self._below(lower, maker))
            except ImageGoneError as error:  # images are shared by all workspaces of an engine
                maker.say(f"{error.what}; making it again")
                image = maker.make(layer, self._below(lower, maker))
            self._made.add(layer.key)
            return image, False

    def _below(self, lower: Sequence[recipe.Layer], maker: _Maker) -> Image:
        """What the next layer is made from."""
        if not lower:
            return maker.base
        return self._found(lower[-1].key) or self._make(tuple(lower), maker)[0]


class _Maker:
    """Makes one layer after another for one node.  ``results`` are of all that were made."""

    def __init__(
        self,
        provider: Provider,
        settings: Settings,
        base: Image,
        node: str,
        say: Say,
        cancel: threading.Event | None,
        release: Callable[[Environment], None],
    ) -> None:
        self.base = base
        self.say = say
        self.results: list[TaskResult] = []
        self._provider = provider
        self._settings = settings
        self._node = node
        self._cancel = cancel
        self._release = release

    def make(self, layer: recipe.Layer, start: Image) -> Image:
        """Start a node from ``start``, bring it to what the layer says, and keep it."""
        title = recipe.describe(layer.content)
        self.say(f"preparing {title}")
        request = EnvironmentRequest(
            id=f"prepare-{uuid.uuid4().hex[:12]}",
            purpose="prepare",
            nodes=(NodeRequest(self._node, start, _LIMITS),),
            network="open",
            lifetime=LIFETIME,
        )
        environment = self._provider.start(request, self.say)
        try:
            node = environment.nodes[self._node]
            making = Making(node, layer.content, self._settings, self.say, self._cancel)
            try:
                if start is self.base:
                    making.found()
                making.install(layer.playbooks)
                lock = making.finish(self.base, layer.key)
            finally:
                self.results.extend(making.results)
            return self._provider.save(environment, self._node, layer.key, title, lock)
        finally:
            self._release(environment)
