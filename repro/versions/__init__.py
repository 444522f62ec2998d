"""Which versions of a product exist, how they order, and which of them a text means."""

from repro.versions.choose import choose, newer_than
from repro.versions.order import in_range, is_prerelease, order
from repro.versions.release import Release, Releases
from repro.versions.releases import KEPT, check, latest, released

__all__ = [
    "KEPT",
    "Release",
    "Releases",
    "check",
    "choose",
    "in_range",
    "is_prerelease",
    "latest",
    "newer_than",
    "order",
    "released",
]
