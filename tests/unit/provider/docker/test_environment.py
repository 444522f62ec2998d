from __future__ import annotations

import pytest

from repro.errors import EngineError
from repro.provider.docker import environment
from repro.provider.docker.engine import ConflictError, MissingError


def removal(monkeypatch: pytest.MonkeyPatch, *answers: Exception) -> int:
    """Remove something of which the engine says this, one answer a time; how often it was asked."""
    monkeypatch.setattr(environment, "_PAUSE", 0)
    left = list(answers)

    def act(_each: str) -> None:
        if left:
            raise left.pop(0)

    environment._insist(act, "x")
    return len(answers) - len(left)


def test_a_removal_that_is_under_way_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk of many files takes the engine longer than it takes to answer."""
    silent, under_way = EngineError("no answer in time"), ConflictError("already in progress")
    assert removal(monkeypatch, silent, *[under_way] * 200, MissingError("no such thing")) == 202


def test_what_cannot_be_removed_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(EngineError, match="no way"):
        removal(monkeypatch, *[EngineError("no way")] * 100)
