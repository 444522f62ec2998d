"""Which versions of a product exist, and how they order."""

from repro.versions.order import in_range, is_prerelease, order
from repro.versions.releases import Release, Releases, check, latest, released

__all__ = [
    "Release",
    "Releases",
    "check",
    "in_range",
    "is_prerelease",
    "latest",
    "order",
    "released",
]
