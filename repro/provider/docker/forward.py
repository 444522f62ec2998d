"""Engines that a plain socket does not reach: ``ssh://``, and TCP behind TLS.

Each gets a socket in a folder of this user's own, which is forwarded for as long as this process
lives.  So all that speaks to an engine, Ansible too, speaks to a plain socket.
"""

from __future__ import annotations

import contextlib
import shutil
import socket
import tempfile
import threading
import time
from pathlib import Path
from typing import Protocol

from repro.provider.docker.endpoint import Endpoint


class Forward(Protocol):
    """A way to one engine."""

    @property
    def url(self) -> str:
        """The local address."""

    def alive(self) -> bool:
        """Whether it still forwards anything."""

    def said(self) -> str:
        """What went wrong last, in the words of who forwards; empty where nothing did."""


SOCKET = "docker.sock"
_PREFIX = "repro-engine-socket-"
#: Seconds after which a folder that never got its socket is nobody's.
_YOUNG = 3600.0

_open: dict[Endpoint, Forward] = {}
_lock = threading.Lock()


def to(endpoint: Endpoint) -> Forward | None:
    """The way to an engine, shared by all in this process; None where no way is needed.

    Raises EngineError with what ssh or TLS said.
    """
    if not _needed(endpoint):
        return None
    with _lock:
        found = _open.get(endpoint)
        if found is None or not found.alive():
            found = _open[endpoint] = _opened(endpoint)
        return found


def _needed(endpoint: Endpoint) -> bool:
    if endpoint.url.startswith("ssh://"):
        return True
    return endpoint.tls is not None and endpoint.url.startswith(("tcp://", "https://"))


def _opened(endpoint: Endpoint) -> Forward:
    if endpoint.url.startswith("ssh://"):
        from repro.provider.docker.tunnel import Tunnel

        return Tunnel(endpoint.url)
    from repro.provider.docker.tls import TlsForward

    return TlsForward(endpoint)


def new_folder() -> Path:
    """A folder of this user's own, for a socket.

    A process that ends at once cannot remove its own, so the next one does.
    """
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        if _is_left(folder):
            shutil.rmtree(folder, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=_PREFIX))


def _is_left(folder: Path) -> bool:
    """Whether nobody listens there any more; what cannot be told stays."""
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(1)
        try:
            probe.connect(str(folder / SOCKET))
        except ConnectionRefusedError:
            return True
        except FileNotFoundError:
            with contextlib.suppress(FileNotFoundError):
                return time.time() - folder.stat().st_mtime > _YOUNG
        except OSError:
            return False
    return False
