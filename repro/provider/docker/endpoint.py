"""Which engine to talk to, chosen as the docker command line chooses it.

Order: the setting ``engine``, ``DOCKER_HOST``, ``DOCKER_CONTEXT``, the current context of
``config.json``, then the usual sockets (docker docs, "Docker contexts").
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from repro.errors import EngineError, SettingsError

_DEFAULT = "unix:///var/run/docker.sock"


@dataclass(frozen=True)
class Endpoint:
    """An engine's address.  ``tls`` is the folder of ca.pem, cert.pem and key.pem, where used."""

    url: str
    tls: Path | None = None
    verify: bool = True


def resolve(engine: str | None, environ: Mapping[str, str] = os.environ) -> Endpoint:
    """The engine to use; ``engine`` is an address or the name of a context.

    Raises SettingsError for a context that does not exist or cannot be read.
    """
    if engine and "://" in engine:
        return Endpoint(engine, _tls_folder(environ))
    if engine:
        return _context(engine, environ)
    if host := environ.get("DOCKER_HOST"):
        return Endpoint(host, _tls_folder(environ))
    name = environ.get("DOCKER_CONTEXT") or _current_context(environ)
    return _context(name, environ) if name and name != "default" else Endpoint(_usual(environ))


def _usual(environ: Mapping[str, str]) -> str:
    """The system's socket, else that of an engine which this user runs without being root."""
    own = Path(environ.get("XDG_RUNTIME_DIR", "/nonexistent")) / "docker.sock"
    if not Path(_DEFAULT.removeprefix("unix://")).exists() and own.exists():
        return f"unix://{own}"
    return _DEFAULT


def _folder(environ: Mapping[str, str]) -> Path:
    return Path(environ.get("DOCKER_CONFIG") or Path(environ.get("HOME", "/")) / ".docker")


def _tls_folder(environ: Mapping[str, str]) -> Path | None:
    if not environ.get("DOCKER_TLS_VERIFY"):
        return None
    return Path(environ.get("DOCKER_CERT_PATH") or _folder(environ))


def _read(path: Path) -> dict[str, object]:
    try:
        content = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise SettingsError(f"cannot read {path}", cause=str(error)) from error
    return content if isinstance(content, dict) else {}


def _current_context(environ: Mapping[str, str]) -> str:
    return str(_read(_folder(environ) / "config.json").get("currentContext") or "")


def _context(name: str, environ: Mapping[str, str]) -> Endpoint:
    digest = hashlib.sha256(name.encode()).hexdigest()
    contexts = _folder(environ) / "contexts"
    endpoints = _read(contexts / "meta" / digest / "meta.json").get("Endpoints")
    docker = endpoints.get("docker") if isinstance(endpoints, dict) else None
    if not isinstance(docker, dict) or not docker.get("Host"):
        raise SettingsError(
            f"there is no Docker context {name!r}",
            cause=f"it has no address under {contexts / 'meta'}",
            action="`docker context ls` lists them; correct `engine` in the settings",
        )
    tls = contexts / "tls" / digest / "docker"
    verify = not docker.get("SkipTLSVerify")
    return Endpoint(str(docker["Host"]), tls if tls.is_dir() else None, verify)


def local_socket(url: str) -> Path | None:
    """The path of a socket on this machine; None for an engine elsewhere."""
    if not url.startswith("unix://"):
        return None
    return Path(url.removeprefix("unix://"))


def not_running(url: str, error: object) -> EngineError:
    """The error for an engine that does not answer."""
    path = local_socket(url)
    if path is None:
        cause = f"no engine answers there: {error}"
    elif not path.exists():
        cause = f"there is no socket {path}: no engine runs here, or it listens elsewhere"
    elif not os.access(path, os.R_OK | os.W_OK):
        cause = f"this user may not use {path}"
    else:
        cause = f"{path} is there, but nothing answers: {error}"
    action = "start the engine there; or correct DOCKER_HOST, the context or `engine` in settings"
    if url == _DEFAULT:
        action = "`repro doctor` says what is missing, `repro doctor --fix` starts an engine"
    return EngineError(
        f"the container engine at {url} cannot be reached", cause=cause, action=action
    )
