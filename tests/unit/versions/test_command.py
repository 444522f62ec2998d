"""Real commands."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from repro.errors import ServiceError
from repro.model.profile import ReleaseSource
from repro.settings import Settings
from repro.versions import check, latest, released
from repro.versions.command import ask

PURL = "pkg:generic/demo"


def test_one_version_a_line(settings: Settings, tmp_path: Path) -> None:
    log = tmp_path / "log"
    source = ReleaseSource(
        run=f"echo once >>{log}; printf '1.10.0.2\\n\\n 1.9 \\n1.10.0.10\\nnone\\n'"
    )
    found = released(PURL, settings, source=source)
    assert found.versions == ("1.9", "1.10.0.2", "1.10.0.10")
    assert latest(PURL, settings, source=source) == "1.10.0.10"
    assert check(PURL, "1.9.0", settings, source=source)
    assert log.read_text() == "once\n", "it is kept as a registry's answer is"
    released(PURL, settings, source=source, max_age=0.0)
    assert log.read_text() == "once\nonce\n"


@pytest.mark.parametrize(
    ("run", "cause"),
    [
        ("echo 1.0; echo 'no such host' >&2; exit 3", "exit status 3: no such host"),
        ("kill -9 $$", "exit status -9"),
        ("no-such-command-here 2>/dev/null", "exit status 127"),
        ("true", "it printed nothing"),
        ("yes 1.0", "it prints more than 1048576 bytes"),
        ("sleep 60", "it takes longer than 0.5 s"),
        ("exec >&- 2>&-; sleep 60", "it takes longer than 0.5 s"),
    ],
)
def test_what_goes_wrong(run: str, cause: str) -> None:
    with pytest.raises(ServiceError) as caught:
        ask(run, 0.5 if "sleep" in run else 30)
    assert caught.value.cause == cause
    assert run in caught.value.what
    assert "`releases`" in caught.value.action


def test_what_it_started_ends_with_it(tmp_path: Path) -> None:
    alive = tmp_path / "alive"
    ask(
        f"(while :; do date +%N >{alive}; sleep 0.02; done) >/dev/null 2>&1 &"
        f" until [ -s {alive} ]; do sleep 0.02; done; echo 1",
        30,
    )
    time.sleep(0.1)
    before = alive.read_text()
    time.sleep(0.2)
    assert alive.read_text() == before


def test_much_on_its_standard_error_is_no_trouble() -> None:
    found = ask("head -c 3000000 /dev/zero >&2; echo 1.0", 30)
    assert [one.version for one in found.releases] == ["1.0"]
