"""The only place that touches the docker SDK.  Whatever it raises leaves as an error of ours."""

from __future__ import annotations

import contextlib
import sys
import threading
import weakref
from collections.abc import Iterator
from functools import cached_property
from types import ModuleType
from typing import Any

from repro.errors import DiskFullError, EngineError, ReproError
from repro.provider.docker.endpoint import Endpoint, local_socket, not_running
from repro.provider.docker.stream import Stream

#: Seconds that the engine may take to answer; and for what moves whole file systems.
_PATIENCE = 60
_LONG_PATIENCE = 1800
#: Seconds without a word of progress after which a pull is given up.
_PULL_PATIENCE = 15


class MissingError(EngineError):
    """The engine knows no such thing (any more): HTTP status 404."""

    default_cause = "it was removed from outside"


class ConflictError(EngineError):
    """It is in use, or in a state in which that is impossible: HTTP status 409."""

    default_cause = "it is in use, or being removed at this moment"


class UnreachableError(EngineError):
    """The engine did not answer."""


_importing = threading.Lock()


def _sdk() -> ModuleType:
    """The docker package, without paramiko.

    Its transport tries to import paramiko for ssh:// addresses, which doubles the time that the
    import takes; those we reach through ``tunnel``, so the attempt is made to fail.
    """
    with _importing:
        if "docker" in sys.modules or "paramiko" in sys.modules:
            import docker

            return docker
        sys.modules["paramiko"] = None  # type: ignore[assignment]
        try:
            import docker
        finally:
            del sys.modules["paramiko"]
        return docker


class Engine:
    """A container engine.  Every call has a time-out; calls may come from several threads."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self._urls: list[str] = []

    @property
    def url(self) -> str:
        """The address that is spoken to: a local socket also for ssh://."""
        if not self._urls:
            url = self.endpoint.url
            if url.startswith("ssh://"):
                from repro.provider.docker.tunnel import forward

                url = forward(url)
            self._urls.append(url)
        return self._urls[0]

    @property
    def local(self) -> bool:
        """Whether it runs on this machine, so that its folders can be looked at."""
        return local_socket(self.endpoint.url) is not None

    def call(self, method: str, *args: Any, **options: Any) -> Any:
        """Call a method of ``docker.APIClient``.

        Raises MissingError, ConflictError, UnreachableError, DiskFullError, or else EngineError.
        """
        with self._translated(method):
            return getattr(self._client, method)(*args, **options)

    def slowly(self, method: str, *args: Any, **options: Any) -> Any:
        """``call`` for what may take minutes."""
        with self._translated(method):
            return getattr(self._slow_client, method)(*args, **options)

    def pull(self, repository: str, tag: str) -> Iterator[dict[str, Any]]:
        """Pull an image; yields the engine's progress messages.

        Raises EngineError, also for a registry that keeps silent.
        """
        with self._translated("pull"):
            yield from self._connect(_PULL_PATIENCE).pull(
                repository, tag=tag, stream=True, decode=True
            )

    def stream(self, method: str, *args: Any, **options: Any) -> Stream:
        """``call`` for what answers with a socket."""
        with self._translated(method):
            return Stream(getattr(self._client, method)(*args, **options))

    @cached_property
    def info(self) -> dict[str, Any]:
        """What the engine says of itself, asked once."""
        found: dict[str, Any] = self.call("info")
        return found

    @cached_property
    def _client(self) -> Any:
        return self._connect(_PATIENCE)

    @cached_property
    def _slow_client(self) -> Any:
        return self._connect(_LONG_PATIENCE)

    def _connect(self, patience: int) -> Any:
        docker = _sdk()
        client = docker.APIClient(
            base_url=self.url, version="auto", timeout=patience, tls=self._tls(docker)
        )
        # Proxies and .netrc are not for the engine; asking for them costs time in every call.
        client.trust_env = False
        weakref.finalize(self, client.close)
        return client

    def _tls(self, docker: ModuleType) -> Any:
        folder = self.endpoint.tls
        if folder is None:
            return False
        return docker.tls.TLSConfig(
            client_cert=(str(folder / "cert.pem"), str(folder / "key.pem")),
            ca_cert=str(folder / "ca.pem"),
            verify=self.endpoint.verify,
        )

    @contextlib.contextmanager
    def _translated(self, method: str) -> Iterator[None]:
        try:
            yield
        except ReproError:
            raise
        except Exception as error:
            raise self._ours(error, method.replace("_", " ")) from error

    def _ours(self, error: Exception, what: str) -> ReproError:
        docker = _sdk()
        if not isinstance(error, docker.errors.APIError):
            if isinstance(error, TypeError | AttributeError):
                raise error  # a defect of ours
            unreachable = not_running(self.endpoint.url, error)
            return UnreachableError(
                unreachable.what, cause=unreachable.cause, action=unreachable.action
            )
        said = str(error.explanation or error).strip()
        if "no space left on device" in said.lower():
            return DiskFullError(f"the engine's disk is full ({what}): {said}")
        kinds: dict[int | None, type[EngineError]] = {404: MissingError, 409: ConflictError}
        kind = kinds.get(error.status_code, EngineError)
        if "no such container" in said.lower():
            kind = MissingError  # whatever the status: Podman says so with 500
        cause = "" if kind is not EngineError else "the engine refused the request"
        return kind(f"{what}: {said}", cause=cause)
