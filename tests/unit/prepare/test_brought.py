from __future__ import annotations

import pytest

from repro.errors import ImageError
from repro.model.record import NodeLock
from repro.ports import Environment
from repro.prepare.brought import Brought
from repro.provider.memory import MemoryProvider
from tests.engines import quiet, request
from tests.support import a_case, planned

KEY = "ab" * 32
LOCK = NodeLock(image="debian:12", image_digest="sha256:1", prepared=KEY)


@pytest.fixture
def provider() -> MemoryProvider:
    """One that has an image under the key."""
    made = MemoryProvider()
    preparation = planned(a_case()).nodes[0].preparation
    environment: Environment = made.start(request(made.os_image(preparation.os, quiet)), quiet)
    made.save(environment, "node", KEY, "what was brought", LOCK)
    environment.release()
    return made


def prepare(brought: Brought, said: list[str]):
    preparation = planned(a_case()).nodes[0].preparation
    return brought.prepare(
        preparation, "node", say=said.append, evidence=lambda *_: None, cancel=None
    )


def test_the_image_is_the_one_that_was_brought(provider: MemoryProvider) -> None:
    said: list[str] = []
    image, prepared = prepare(Brought(provider, {"node": KEY}), said)
    assert image.lock == LOCK
    assert (prepared.key, prepared.hit) == (KEY, True)
    assert said == ["from the archive"]


def test_one_that_was_removed_meanwhile_is_not_made_again(provider: MemoryProvider) -> None:
    provider.forget(KEY)
    with pytest.raises(ImageError, match="not here any more"):
        prepare(Brought(provider, {"node": KEY}), [])
