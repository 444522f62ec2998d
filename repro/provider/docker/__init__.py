"""Containers of a Docker engine as nodes (Podman's compatible socket serves too)."""

from __future__ import annotations

from repro.provider.docker.provider import DockerProvider
from repro.settings import Settings


def connect(settings: Settings) -> DockerProvider:
    """The provider for the engine that the settings and the environment name.

    Nothing is asked of the engine yet: one that is not there shows at the first use.
    """
    return DockerProvider(settings)
