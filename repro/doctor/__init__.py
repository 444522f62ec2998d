"""What works here, what does not, and what to do about it."""

from repro.doctor.checks import CHECKS, examine
from repro.doctor.finding import Finding

__all__ = ["CHECKS", "Finding", "examine"]
