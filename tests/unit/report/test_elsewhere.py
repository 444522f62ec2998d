from __future__ import annotations

from pathlib import Path

import pytest

from repro.model.record import Lock, NodeLock, RunRecord
from repro.record import read_run
from repro.report.elsewhere import compared
from repro.report.text import plain
from repro.settings import Settings
from tests.unit.record import samples


@pytest.fixture
def before(tmp_path: Path) -> RunRecord:
    settings = Settings(home=tmp_path, cache=tmp_path)
    return read_run(samples.whole_run(settings).folder)


def told(before: RunRecord, **changes: object) -> str:
    return plain(compared(before, before.model_copy(update=changes)))


def locked(**packages: str) -> Lock:
    node = NodeLock(
        image="debian:12", image_digest="sha256:1", prepared="abc", os_release={"ID": "debian"},
        packages={"dpkg": packages},
    )  # fmt: skip
    return Lock(kernel="6.1", engine="docker 20.10", nodes={"main": node})


def test_the_same_in_everything(before: RunRecord) -> None:
    assert (
        told(before) == "as before: reproduced; the environment is the same, to the last package\n"
    )


def test_another_verdict_is_told_first(before: RunRecord) -> None:
    text = told(before, verdict=samples.verdict("not-reproduced"))
    assert text.startswith("before: reproduced; here: not-reproduced;")


def test_engine_kernel_and_packages_are_named(before: RunRecord) -> None:
    lock = locked(bash="5.3").model_copy(update={"kernel": "6.18", "engine": "podman 4.3"})
    text = told(before, lock=lock)
    for words in ("6.1  ", "6.18", "podman 4.3", "bash", "5.2  →  5.3"):
        assert words in text


def test_how_it_was_asked_for_is_no_difference(before: RunRecord) -> None:
    header = before.header.model_copy(update={"overrides": {"os": "debian-12"}})
    assert "the same" in told(before, header=header)


def test_of_many_packages_some_are_shown(before: RunRecord) -> None:
    many = {f"package-{number}": "1" for number in range(40)}
    text = told(before, lock=locked(bash="5.2", **many))
    assert text.count("package-") == 20
    assert "(20 more packages)" in text


def test_what_never_came_up_is_not_compared(before: RunRecord) -> None:
    text = told(before, lock=None, verdict=samples.verdict("environment-failed"))
    assert text == (
        "before: reproduced; here: environment-failed; there is no environment to be compared\n"
    )
