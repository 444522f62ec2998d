from __future__ import annotations

import pytest

from repro.intake.topologies import find_topology
from tests.unit.intake.shelf import passages, shelf


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("a primary with two replicas", "primary-replicas"),
        ("the standby loses its primary", "primary-replicas"),
        ("on a three-node Kafka cluster", "cluster-3"),
        ("a cluster of 3", "cluster-3"),
        ("behind our nginx reverse proxy", "client-proxy-server"),
        ("behind a load balancer", "client-proxy-server"),
        ("on a separate server host", "client-server"),
        ("リバースプロキシ経由", "client-proxy-server"),
    ],
)
def test_what_people_write(text: str, name: str) -> None:
    found = find_topology(passages(f"It runs {text}."), shelf().topologies)
    assert found is not None
    assert found.value == name


@pytest.mark.parametrize("text", ["the server crashes", "the client library", "a proxy object", ""])
def test_a_word_alone_says_nothing(text: str) -> None:
    assert find_topology(passages(text), shelf().topologies) is None


def test_only_what_there_is() -> None:
    assert find_topology(passages("a cluster of 3"), ["single"]) is None
