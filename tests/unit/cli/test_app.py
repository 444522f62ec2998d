"""Which files and libraries a command imports: what it does not need costs more than its work."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
import typer

import repro.cli
from repro.cli.app import COMMANDS, _files
from repro.settings import Settings
from tests.unit.kept import keep
from tests.unit.report.subjects import SICK, case, run
from tests.unit.test_rooms import SDKS

#: Each takes from 20 ms to a second to import.
HEAVY = {*SDKS, "filelock", "markdown_it", "paramiko", "requests", "rich"}
#: What is imported where a text has an escape of HTML, or a file is a package; most have none.
RARE = {"html", "repro.redact.packed", "tarfile"}
#: Runs a command as the entry point does, and says on stderr what it imported.
CODE = """
import sys
from repro.cli import app
try:
    app.run()
finally:
    print(*sys.modules, file=sys.stderr)
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    settings = Settings(home=tmp_path / "home", cache=tmp_path / "cache")
    keep(settings, run(SICK), case())
    return settings.home


def imported(home: Path, *arguments: str) -> set[str]:
    settings = {"REPRO_HOME": home, "REPRO_CACHE": home, "REPRO_SETTINGS": home / "none.yml"}
    done = subprocess.run(
        [sys.executable, "-c", CODE, *arguments],
        env={**os.environ, **{name: str(path) for name, path in settings.items()}},
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stderr.splitlines()[-1].split())


def test_the_help_imports_no_library_but_its_own(tmp_path: Path) -> None:
    assert not imported(tmp_path, "--help") & {*HEAVY, "pydantic", "yaml"}


@pytest.mark.parametrize(
    ("kind", "needed"),
    [
        ("md", {"jinja2"}),
        ("html", {"jinja2"}),
        ("kb", {"jinja2"}),
        ("json", set()),
        ("cast", set()),
        ("junit", {"junitparser"}),
    ],
)
def test_a_report_imports_what_its_format_needs(home: Path, kind: str, needed: set[str]) -> None:
    found = imported(home, "report", "last", "--format", kind)
    assert found & HEAVY == needed
    assert not found & RARE
    assert "repro.cli.runs" not in found


@pytest.mark.parametrize("name", COMMANDS)
def test_the_table_has_the_commands_of_a_file(name: str) -> None:
    made = typer.Typer()
    import_module(f"repro.cli.{name}").register(made)
    assert tuple(typer.main.get_group(made).commands) == COMMANDS[name]


def test_the_table_has_every_file_with_commands() -> None:
    files = Path(str(repro.cli.__file__)).parent.glob("*.py")
    assert {path.stem for path in files if "\ndef register(" in path.read_text()} == {*COMMANDS}


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h", "report"], ["--debug"], ["reprot"]])
def test_all_commands_are_made_where_none_is_asked_for_first(arguments: list[str]) -> None:
    assert [*_files(arguments)] == [*COMMANDS]


def test_only_the_command_asked_for_is_made() -> None:
    assert [*_files(["report", "run", "--help"])] == ["reports"]
