"""Case files: YAML → Case, with every problem located; the published JSON Schema."""

from __future__ import annotations

from typing import Any

from repro.casefile.loading import LoadedCase, load, load_many
from repro.casefile.problem import Problem
from repro.model.case import Case

__all__ = ["LoadedCase", "Problem", "dumps", "load", "load_many", "markdown", "schema"]

# What a run does not need is imported where it is used.


def dumps(case: Case) -> str:
    """The case as YAML text that loads as an equal case; what has its default is left out."""
    from repro.casefile.dump import dumps

    return dumps(case)


def schema() -> dict[str, Any]:
    """The JSON Schema of a case file, draft 2020-12."""
    from repro.casefile.json_schema import schema

    return schema()


def markdown() -> str:
    """The tables of the reference page: every key with type, default and meaning."""
    from repro.casefile.reference import markdown

    return markdown()
