from __future__ import annotations

import json
import subprocess
import sys

import pytest

from repro.errors import RecordError
from repro.model.recheck import STATES_SCHEMA, Change, Issue, State, Told
from repro.record.states import StateFile, every_catalogue
from repro.settings import Settings
from tests.support import ROOT


def issue(case: str, name: str = "open") -> Issue:
    state = State.model_validate({"name": name})
    return Issue(
        case=case, os="debian-12", topology="single", digest="d", state=state,
        since="2026-11-21T00:00:00+00:00", looked="2026-11-22T00:00:00+00:00",
    )  # fmt: skip


def change(case: str) -> Change:
    found = issue(case)
    return Change(
        case=case, title=case, os=found.os, topology="single", before=None, after=found.state,
        since=found.since,
    )  # fmt: skip


def test_states_are_kept_and_read_again(settings: Settings) -> None:
    file = StateFile(settings, "/cases")
    file.keep(issue("a"))
    file.keep(issue("b"))
    file.keep(issue("a", "flaky"))
    found = StateFile(settings, "/cases").issues
    assert {key: each.state.name for key, each in found.items()} == {
        "a debian-12 single": "flaky", "b debian-12 single": "open",
    }  # fmt: skip
    assert StateFile(settings, "/cases").path.stat().st_mode & 0o077 == 0


def test_each_catalogue_has_its_own(settings: Settings) -> None:
    StateFile(settings, "/a/cases").keep(issue("a"))
    assert StateFile(settings, "/b/cases").issues == {}
    assert StateFile(settings, "/a/cases /b/cases").issues == {}
    assert len(StateFile(settings, "/a/cases").issues) == 1


def test_all_catalogues_are_read(settings: Settings) -> None:
    assert every_catalogue(settings) == ()
    StateFile(settings, "/a/cases").keep(issue("a"))
    StateFile(settings, "/b/more").keep(issue("b"))
    assert {each.catalogue for each in every_catalogue(settings)} == {"/a/cases", "/b/more"}
    StateFile(settings, "/a/cases").path.write_text("nonsense")
    with pytest.raises(RecordError):
        every_catalogue(settings)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('{"schema_": 99, "catalogue": "x", "unheard": 1}', "has layout 99"),
        ("nonsense", "is damaged"),
        ('{"catalogue": "x", "issues": {"a": 1}}', "is damaged"),
        ("", "is damaged"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_and_left_as_it_is(
    settings: Settings, content: str, words: str
) -> None:
    file = StateFile(settings, "/cases")
    file.keep(issue("a"))
    file.path.write_text(content)
    with pytest.raises(RecordError, match=words) as told:
        StateFile(settings, "/cases")
    assert str(file.path) in str(told.value)
    with pytest.raises(RecordError):
        file.keep(issue("b"))
    assert file.path.read_text() == content


def test_a_write_that_fails_leaves_what_was(settings: Settings) -> None:
    file = StateFile(settings, "/cases")
    file.keep(issue("a"))
    before = file.path.read_bytes()
    script = (
        "import resource, signal, sys; from pathlib import Path\n"
        "from repro.settings import Settings; from repro.record.states import StateFile\n"
        "from repro.errors import DiskFullError\n"
        "from tests.unit.record.test_states import issue\n"
        "home = Path(sys.argv[1]); file = StateFile(Settings(home=home, cache=home), '/cases')\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64))\n"
        "try: file.keep(issue('b'))\n"
        "except DiskFullError: print('full')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(settings.home)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout == "full\n", done.stderr
    assert file.path.read_bytes() == before
    assert sorted(path.suffix for path in file.path.parent.iterdir()) == [".json", ".lock"]


def test_two_looks_at_once_lose_nothing(settings: Settings) -> None:
    one, other = StateFile(settings, "/cases"), StateFile(settings, "/cases")
    one.keep(issue("a"), [change("a")])
    other.keep(issue("b"), [change("b")])
    one.keep(issue("c"))
    one.told([change("a")], [])
    found = StateFile(settings, "/cases")
    assert [key[0] for key in found.issues] == ["a", "b", "c"]
    assert found.states.changed == (change("b"),)


def test_what_was_not_told_yet_stays_until_it_is(settings: Settings) -> None:
    said = Told(case="a", os="debian-12", text="known.fixed is 2, but 3 shows it")
    StateFile(settings, "/cases").keep(issue("a"), [change("a")], [said])
    file = StateFile(settings, "/cases")
    assert (file.states.changed, file.states.contradictions) == ((change("a"),), (said,))
    file.told([change("a")], [said])
    again = StateFile(settings, "/cases")
    assert (again.states.changed, again.states.contradictions) == ((), ())
    assert again.issues == {"a debian-12 single": issue("a")}


def test_telling_nothing_writes_nothing(settings: Settings) -> None:
    file = StateFile(settings, "/cases")
    file.told([], [])
    assert not settings.home.exists()
    file.keep(issue("a"))
    assert json.loads(file.path.read_text())["schema_"] == STATES_SCHEMA
