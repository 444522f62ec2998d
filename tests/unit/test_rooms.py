"""Who may import whom (docs/design.md), held over the syntax trees."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "repro"
FILES = sorted(PACKAGE.rglob("*.py"))
DESIGN = PACKAGE.parent / "docs" / "design.md"

#: Each room, and the rooms of ours that it may import.
BASE = {"model", "errors", "ports", "files"}
MAY_IMPORT: dict[str, set[str]] = {
    "model": set(),
    "errors": set(),
    "ports": {"model"},
    "settings": {"model", "errors"},
    "files": {"errors"},
    "patterns": set(),
    "guest": {"ports"},
    "casefile": BASE | {"patterns"},
    "catalog": BASE | {"settings", "casefile"},
    "versions": BASE | {"settings"},
    "fidelity": {"model"},
    "workaround": {"model", "errors"},
    "reveal": {"model", "errors"},
    "plan": BASE | {"settings", "fidelity", "workaround", "reveal"},
    "stats": {"model"},
    "check": BASE | {"patterns", "guest"},
    "verdict": BASE | {"check"},
    # What commands print is kept in one way, whoever runs them: a provider, or a dialogue.
    "capture": {"model"},
    "provider": BASE | {"settings", "capture"},
    "prepare": BASE | {"settings", "guest"},
    "replay": BASE | {"guest", "check", "capture"},
    "redact": BASE | {"settings"},
    "record": BASE | {"settings", "redact"},
    "report": BASE,
    "publish": BASE | {"settings", "casefile", "record", "redact", "versions"},
    "site": BASE
    | {"settings", "casefile", "publish", "record", "redact", "report", "stats", "versions"},
    "ticket": BASE | {"settings"},
    "deliver": BASE | {"settings", "publish", "record", "redact", "report", "site", "ticket"},
    "intake": BASE | {"casefile"},
    "archive": BASE | {"settings", "casefile", "catalog", "record", "redact"},
    "evidence": {"model", "ports"},
    "stages": BASE | {"patterns", "evidence", "check", "replay"},
    "flow": BASE | {"stages", "evidence", "verdict"},
    "byhand": BASE | {"casefile"},
    "rejudge": BASE | {"settings", "casefile", "patterns", "record", "verdict"},
    "doctor": BASE | {"settings", "versions"},
    "notify": {"errors"},
    "schedule": {"errors"},
    "campaign": BASE | {"settings", "stats", "versions", "plan", "workaround", "casefile"},
    "engine": BASE
    | {
        "settings",
        "patterns",
        "provider",
        "prepare",
        "catalog",
        "stages",
        "flow",
        "record",
    },
}
#: Each SDK is imported in one place, which turns its exceptions into ours.
SDKS: dict[str, str | tuple[str, ...]] = {
    "docker": "provider/docker",
    "ansible_runner": "prepare",
    "testinfra": "check/testinfra_host.py",
    "sqlalchemy": "record",
    "alembic": "record",
    "httpx": "versions",
    "pypi_simple": "versions",
    "univers": "versions",
    "distributed": "engine",
    "apprise": "notify.py",
    "detect_secrets": "redact",
    "jinja2": ("report", "site"),
    "junitparser": "report/junit.py",
    "redminelib": "ticket/redmine.py",
    "rt": "ticket/rt.py",
    "jira": "ticket/jira.py",
    "github": "ticket/github.py",
    "gitlab": "ticket/gitlab.py",
    "zenpy": "ticket/zendesk.py",
    "keyring": "ticket/tokens.py",
}


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def rooms_used(path: Path) -> set[str]:
    """The other rooms that a file imports."""
    words = [name.split(".") for name in imports(path)]
    used = {rest[0] for top, *rest in words if top == "repro" and rest}
    return used - {"__version__", room(path)}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_rooms_import_only_what_they_may(path: Path) -> None:
    ours = room(path)
    if ours in ("cli", "__main__", "__init__"):
        return
    assert ours in MAY_IMPORT, f"the room {ours} is new: say whom it may import"
    for name in rooms_used(path):
        assert name in MAY_IMPORT[ours], f"{ours} may not import {name}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_an_sdk_is_imported_in_one_place(path: Path) -> None:
    where = str(path.relative_to(PACKAGE))
    for name in imports(path):
        place = SDKS.get(name.split(".")[0], "")
        assert where.startswith(place), f"{where} imports {name}"


def test_the_table_names_rooms_that_are_there() -> None:
    rooms = {room(path) for path in FILES} - {"cli", "__main__", "__init__"}
    assert rooms == MAY_IMPORT.keys()


def test_no_room_is_allowed_what_it_does_not_do() -> None:
    used: dict[str, set[str]] = defaultdict(set)
    for path in FILES:
        used[room(path)] |= rooms_used(path)
    for ours, may in MAY_IMPORT.items():
        assert may - BASE <= used[ours], f"{ours} imports only {used[ours]}"


def test_the_design_says_the_same() -> None:
    rows = re.findall(r"^\| (`.+`) \| .+ \|(.*)\|$", DESIGN.read_text("utf-8"), re.MULTILINE)
    told = {
        name: {each for each in may.strip().split(", ") if each}
        for names, may in rows
        for name in re.findall(r"`(\w+)(?:/|\.py)`", names)
    }
    assert told == {name: may - BASE for name, may in MAY_IMPORT.items()} | {"cli": {"anything"}}
