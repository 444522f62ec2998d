"""How properties are tested, and real ticket systems, each started once for all of its group."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.redmine_server import RedmineServer
from tests.rt_server import RtServer

# The same examples every time, however busy the machine is: what passed once passes again.  Others
# are tried with `pytest --hypothesis-profile=search`.
settings.register_profile(
    "repeatable", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("search", settings.get_profile("repeatable"), derandomize=False)
settings.load_profile("repeatable")


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
