"""The labels by which everything that repro makes in an engine is known as its own."""

from __future__ import annotations

import time
from collections.abc import Mapping

PREFIX = "dev.repro."
ENVIRONMENT = PREFIX + "environment"
NODE = PREFIX + "node"
WORKSPACE = PREFIX + "workspace"
PURPOSE = PREFIX + "purpose"
CREATED = PREFIX + "created"
DISKS = PREFIX + "disks"
DISK_LIMIT = PREFIX + "disk-limit"
KEY = PREFIX + "key"
TITLE = PREFIX + "title"
LOCK = PREFIX + "lock"
#: What the flow adds to its environments stands below this one.
OTHER = PREFIX + "label."


def of_environment(
    environment: str, workspace: str, purpose: str, more: Mapping[str, str]
) -> dict[str, str]:
    """The labels of all that belongs to an environment."""
    return {
        ENVIRONMENT: environment,
        WORKSPACE: workspace,
        PURPOSE: purpose,
        CREATED: f"{time.time():.3f}",
        **{OTHER + name: value for name, value in more.items()},
    }


def label_filter(**wanted: str | None) -> dict[str, list[str]]:
    """A filter of the engine's lists: ``environment=ID``, ``workspace=ID``, ``key=None`` …"""
    return {
        "label": [
            f"{PREFIX}{name}={value}" if value is not None else f"{PREFIX}{name}"
            for name, value in wanted.items()
        ]
    }
