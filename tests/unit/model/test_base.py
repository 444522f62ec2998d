from __future__ import annotations

import ast
from pathlib import Path

import pytest

import repro.model

FILES = sorted(Path(str(repro.model.__file__)).parent.glob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_annotation_is_postponed(path: Path) -> None:
    """Pydantic compiles each one that is: every command that reads a model waits for that."""
    imports = [
        node for node in ast.parse(path.read_text()).body if isinstance(node, ast.ImportFrom)
    ]
    assert "__future__" not in [each.module for each in imports]
