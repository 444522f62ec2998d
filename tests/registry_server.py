"""A registry of images: Debian's docker-registry, on loopback."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.servers import Server, free_port


@contextmanager
def registry_in(folder: Path) -> Iterator[str]:
    """One that keeps everything in a folder of its own; its host and port."""
    if shutil.which("docker-registry") is None:
        pytest.fail("install docker-registry: `apt-get install docker-registry`")
    host = f"127.0.0.1:{free_port()}"
    config = folder / "registry.yml"
    config.write_text(
        "version: 0.1\n"
        f"storage: {{filesystem: {{rootdirectory: {folder}/registry}}}}\n"
        f"http: {{addr: '{host}'}}\n"
    )
    command = ("docker-registry", "serve", str(config))
    server = Server(command, folder, {}, f"http://{host}/v2/", folder / "registry.log")
    server.start()
    try:
        yield host
    finally:
        server.stop()
