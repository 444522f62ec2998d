"""The only place that touches the docker SDK.  Whatever it raises leaves as an error of ours."""

from __future__ import annotations

import contextlib
import functools
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from functools import cached_property
from types import ModuleType
from typing import Any

from repro.errors import DiskFullError, EngineError, ReproError
from repro.provider.docker import forward
from repro.provider.docker.endpoint import Endpoint, local_socket, not_running
from repro.provider.docker.stream import Stream

#: Seconds that the engine may take to answer; and for what moves whole file systems.
_PATIENCE = 60
_LONG_PATIENCE = 1800
#: Seconds after which a pull is given up without a first word, and between two words: at the end
#: of a layer, the engine is silent until all of it is on the disk.
_PULL_PATIENCE = 45
_PULL_SILENCE = 300


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
    import takes; those we reach through ``forward``, so the attempt is made to fail.
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


def _send(send: Callable[..., Any], request: Any, **options: Any) -> Any:
    """Send a request; the engine begins its answer to a pull with the first word of progress."""
    response = send(request, **{**options, "timeout": _PULL_PATIENCE})
    connection = getattr(response.raw.connection, "sock", None)
    if connection is not None:
        connection.settimeout(_PULL_SILENCE)
    return response


class Engine:
    """A container engine.  Every call has a time-out; calls may come from several threads."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint

    @property
    def url(self) -> str:
        """The address that is spoken to: a local socket also for ssh:// and behind TLS."""
        return self._forward.url if self._forward else self.endpoint.url

    @cached_property
    def _forward(self) -> forward.Forward | None:
        return forward.to(self.endpoint)

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
            client = self._connect(_PATIENCE)
            # The SDK pulls without any time-out, and has no option for one.
            client.send = functools.partial(_send, client.send)
            yield from client.pull(repository, tag=tag, stream=True, decode=True)

    def saved(self, image: str) -> Iterator[bytes]:
        """An image as a tar stream, as of ``docker save``."""
        with self._translated("save an image"):
            yield from self._slow_client.get_image(image)

    def load(self, archive: Iterator[bytes]) -> None:
        """Load such a tar stream.  Raises EngineError with the engine's own words."""
        with self._translated("load an image"):
            for message in self._slow_client.load_image(archive):
                if "error" in message:
                    raise EngineError(f"the engine could not load an image: {message['error']}")

    def stream(self, method: str, *args: Any, **options: Any) -> Stream:
        """``call`` for what answers with a socket."""
        with self._translated(method):
            return Stream(getattr(self._client, method)(*args, **options))

    @cached_property
    def podman(self) -> bool:
        """Whether it is Podman, whose compatible socket names itself among the components."""
        components = self.call("version").get("Components") or ()
        return any("podman" in str(each.get("Name")).lower() for each in components)

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
        client = docker.APIClient(base_url=self.url, version="auto", timeout=patience, tls=False)
        # Proxies and .netrc are not for the engine; asking for them costs time in every call.
        client.trust_env = False
        weakref.finalize(self, client.close)
        return client

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
            said = self._forward.said() if self._forward else ""
            unreachable = not_running(self.endpoint.url, said or error)
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
        elif "container state improper" in said.lower():
            kind = ConflictError  # so does Podman of a container that does not run
        cause = "" if kind is not EngineError else "the engine refused the request"
        return kind(f"{what}: {said}", cause=cause)
