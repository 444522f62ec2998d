"""A home of its own for every test; prepared images and OS images are shared by the session."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Protocol

import pytest

from tests.browser import Browser, a_browser
from tests.support import ROOT

#: Files of the cases there, not tests of ours.
collect_ignore_glob = ["format/*"]


class Repro(Protocol):
    def __call__(
        self, *arguments: str, stdin: str | None = None, env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]: ...


@pytest.fixture
def home() -> Path:
    """The engine's prepared images go by this folder's workspace, so it is one for all tests."""
    return Path(os.environ.get("REPRO_TEST_HOME", Path.home() / ".cache" / "repro-tests" / "home"))


@pytest.fixture
def repro(home: Path) -> Repro:
    """The command line, as a process of its own."""

    def run(
        *arguments: str, stdin: str | None = None, env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "repro", *arguments],
            cwd=ROOT,
            env={**os.environ, "REPRO_HOME": str(home), **(env or {})},
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            text=True,
            timeout=1500,
            check=False,
        )

    return run


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A real browser; tests marked ``xdist_group("browser")`` share one."""
    with a_browser() as made:
        yield made
