"""Case + profiles → Plan.  Pure: reads profiles through a protocol, touches nothing else."""

from repro.plan.asked import NO_OVERRIDES, Overrides, Profiles
from repro.plan.make import at_version, make_plan
from repro.plan.purl import parse_purl

__all__ = ["NO_OVERRIDES", "Overrides", "Profiles", "at_version", "make_plan", "parse_purl"]
