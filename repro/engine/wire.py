"""Reaching a Dask scheduler: encryption, a first word with it, and what is wrong if it fails."""

from __future__ import annotations

import asyncio
import importlib.util
import ipaddress
import logging
import os
import platform
import socket
import ssl
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from repro.errors import InputError, ServiceError, SettingsError
from repro.settings import Settings

if TYPE_CHECKING:
    from distributed.security import Security

#: Seconds that a scheduler gets to answer.
PATIENCE = 10.0
_SCHEMES = ("tcp", "tls")
_START = "start one (`dask scheduler --host ADDRESS`, docs/cluster.md), or correct the address"


def split(address: str) -> tuple[str, str, int]:
    """Scheme, host and port of a scheduler's address.  Raises InputError."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        port = None
    if port is None or parts.scheme not in _SCHEMES or not parts.hostname or parts.path:
        raise InputError(
            f"{address!r} is no address of a scheduler",
            action="write it like tcp://127.0.0.1:8786 or tls://build-1.example:8786",
        )
    return parts.scheme, parts.hostname, port


def need_distributed() -> None:
    """Raises SettingsError where Dask is not installed; and keeps its log to what matters."""
    if importlib.util.find_spec("distributed") is None:
        raise SettingsError(
            "cells on other machines need Dask, which is not installed",
            cause="it is an extra of repro",
            action="pip install 'repro-cases[cluster]'",
        )
    import dask
    import distributed

    assert distributed
    # A case with large files is no mistake.
    dask.config.set({"distributed.admin.large-graph-warning-threshold": "1GiB"})
    level = logging.INFO if os.environ.get("REPRO_DEBUG") else logging.CRITICAL
    logging.getLogger("distributed").setLevel(level)
    for name in ("client", "core", "worker", "scheduler", "comm"):
        logging.getLogger(f"distributed.{name}").setLevel(level)


def security(address: str, settings: Settings) -> Security:
    """How to speak with the scheduler: ``cluster`` of the settings, else Dask's own configuration.

    Raises SettingsError for a certificate that is not there.
    """
    from distributed.security import Security

    if split(address)[0] != "tls":
        return Security()
    cluster = settings.cluster
    named = {"ca": cluster.ca, "cert": cluster.cert, "key": cluster.key}
    if not any(named.values()):
        return _from_dask(Security(require_encryption=True), address)
    for key, path in named.items():
        if path is None or not path.is_file():
            raise SettingsError(
                f"`cluster.{key}` in the settings is missing, or no file: {path or 'not set'}",
                cause=f"{address} needs a CA, a certificate and its key",
            )
    chosen: dict[str, Any] = {"tls_ca_file": str(cluster.ca)}
    for role in ("client", "worker"):
        chosen |= {f"tls_{role}_cert": str(cluster.cert), f"tls_{role}_key": str(cluster.key)}
    return Security(require_encryption=True, **chosen)


def _from_dask(found: Security, address: str) -> Security:
    if not found.tls_ca_file or not found.tls_client_cert:
        raise SettingsError(
            f"{address} needs certificates, and none are set",
            cause="neither `cluster` in the settings nor Dask's own configuration names them",
            action="set `cluster: {ca: …, cert: …, key: …}` in the settings (docs/cluster.md)",
        )
    return found


def check(address: str, chosen: Security, role: Literal["client", "worker"] = "client") -> None:
    """Have a first word with the scheduler.

    Raises ServiceError when it is not there, does not speak the same way, or is of a version that
    does not fit.
    """
    import distributed

    _, host, port = split(address)
    try:
        # Dask itself would try again and again until its time is up.
        socket.create_connection((host, port), PATIENCE).close()
    except OSError as error:
        raise ServiceError(
            f"no scheduler can be reached at {address}", cause=str(error), action=_START
        ) from error
    try:
        arguments = chosen.get_connection_args(role)
        found = asyncio.run(asyncio.wait_for(_versions(address, arguments), PATIENCE))
        theirs = found["packages"]["distributed"], _minor(found["host"]["python"])
    except (TimeoutError, OSError, ValueError, TypeError, KeyError) as error:
        raise _not_understood(address, error) from error
    ours = distributed.__version__, _minor(platform.python_version())
    if theirs != ours:
        raise ServiceError(
            f"the scheduler at {address} does not fit: it has distributed {theirs[0]} on "
            f"Python {theirs[1]}, here are distributed {ours[0]} and Python {ours[1]}",
            cause="all parts of a Dask cluster have to be of the same version",
            action="install the same versions of repro, distributed and Python on both sides",
        )


async def _versions(address: str, arguments: dict[str, Any]) -> Any:
    from distributed.core import rpc

    async with rpc(address, connection_args=arguments) as scheduler:
        return await scheduler.versions()


def _minor(python: object) -> str:
    """``3.11`` of ``3.11.7.final.0``."""
    return ".".join(str(python).split(".")[:2])


def _not_understood(address: str, error: BaseException) -> ServiceError:
    told: BaseException = error
    while told.__cause__ is not None:
        told = told.__cause__
    if address.startswith("tcp:"):
        cause = "it expects encryption (tls://), or it is no Dask scheduler"
        action = "write tls:// where the scheduler was started with certificates"
    elif isinstance(told, ssl.SSLCertVerificationError):
        cause = f"its certificate is not from the CA of `cluster.ca`: {told.verify_message}"
        action = "give both sides certificates of the same CA (docs/cluster.md)"
    elif isinstance(told, ssl.SSLEOFError | ConnectionError) or "ALERT" in str(told):
        cause = "it does not accept the certificate `cluster.cert`"
        action = "give both sides certificates of the same CA (docs/cluster.md)"
    else:
        cause = "it does not speak TLS, or it is no Dask scheduler"
        action = "write tcp:// where the scheduler was started without certificates"
    return ServiceError(
        f"what listens at {address} does not answer as a scheduler: {told or type(told).__name__}",
        cause=cause,
        action=action,
    )


def own_host(address: str) -> str:
    """The one address of this machine by which the scheduler reaches it; a worker listens there
    and nowhere else.
    """
    from distributed.utils import get_ip

    _, host, port = split(address)
    return "127.0.0.1" if is_loopback(address) else str(get_ip(host, port))


def is_loopback(address: str) -> bool:
    """Whether the scheduler is on this machine, out of reach for others."""
    host = split(address)[1]
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
