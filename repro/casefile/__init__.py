"""Case files: YAML → Case, with every problem located; the published JSON Schema."""

from repro.casefile.dump import dumps
from repro.casefile.loading import LoadedCase, load, load_many
from repro.casefile.problem import Problem
from repro.casefile.schema import schema

__all__ = ["LoadedCase", "Problem", "dumps", "load", "load_many", "schema"]
