"""Real ticket systems, each started once for all tests that are marked with its group."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.redmine_server import RedmineServer
from tests.rt_server import RtServer


@pytest.fixture(scope="session")
def redmine_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedmineServer]:
    """Redmine; tests marked ``xdist_group("redmine")`` share one."""
    server = RedmineServer(tmp_path_factory.mktemp("redmine"))
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def rt_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RtServer]:
    """Request Tracker; tests marked ``xdist_group("rt")`` share one."""
    server = RtServer(tmp_path_factory.mktemp("rt"))
    try:
        server.start()
        yield server
    finally:
        server.stop()
