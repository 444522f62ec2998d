"""Versions of a Debian package, from the ``Packages`` index of a mirror's suite."""

from __future__ import annotations

import lzma
import platform
import re
from typing import Any

from repro.errors import ServiceError, VersionError
from repro.settings import Settings
from repro.versions.web import get

#: Bytes of a compressed index; Debian's main is around 10 MiB.
_LIMIT = 128 * 1024 * 1024
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "ppc64le": "ppc64el", "i686": "i386"}


def architecture() -> str:
    """Debian's name for this machine's architecture."""
    return _ARCHITECTURES.get(platform.machine(), platform.machine())


def ask(name: str, suite: str, arch: str, settings: Settings) -> list[dict[str, Any]]:
    """The versions that a suite's main component carries now.

    Raises VersionError when it has no such package, ServiceError on any trouble.
    Source: the Debian repository format, "Packages indices".
    """
    what = f"the package index of {suite}"
    url = f"{str(settings.mirrors.debian).rstrip('/')}/dists/{suite}/main/binary-{arch}/Packages.xz"
    body = get(url, settings, what=what, limit=_LIMIT)
    if body is None:
        raise ServiceError(f"{what} is not at {url}", action="correct `mirrors.debian`")
    try:
        index = lzma.decompress(body).decode("utf-8", "replace")
    except lzma.LZMAError as error:
        raise ServiceError(f"{what} cannot be understood", cause=str(error)) from error
    stanza = re.compile(
        rf"^Package: {re.escape(name)}\n(?:\S.*\n| .*\n)*?Version: (\S+)$", re.MULTILINE
    )
    if not (versions := stanza.findall(index)):
        raise VersionError(f"{suite} has no package {name}", action="correct `product` or `os`")
    return [{"version": version} for version in dict.fromkeys(versions)]
