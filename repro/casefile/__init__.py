"""Case files: YAML → Case, with every problem located; the published JSON Schema."""

from repro.casefile.loading import LoadedCase, load, load_many
from repro.casefile.problem import Problem

__all__ = ["LoadedCase", "Problem", "load", "load_many"]
