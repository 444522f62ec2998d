from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from repro.cli.progress import Progress


def test_the_command_that_goes_on_can_be_copied(capsys: pytest.CaptureFixture[str]) -> None:
    case = Path("cases/the customer's.yml")
    Progress(as_json=False).interrupted("20261121-224155-demo-1-0a1b", case)
    (told,) = (
        row for row in capsys.readouterr().err.splitlines() if row.startswith("go on with: ")
    )
    command = told.removeprefix("go on with: ").partition("  (")[0]
    assert shlex.split(command) == ["repro", "run", str(case)]
