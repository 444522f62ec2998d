"""Versions of a Debian package, from the ``Packages`` index of a mirror's suite."""

from __future__ import annotations

import lzma
import platform
import re
import subprocess
from collections.abc import Mapping
from functools import cache

from repro.errors import ServiceError
from repro.settings import Settings
from repro.versions.release import Found, Release
from repro.versions.web import Validators, get, shown

#: Bytes of a compressed index; Debian's main is around 10 MiB.
_LIMIT = 128 * 1024 * 1024
#: Bytes of an index; Debian's main is around 50 MiB.
_UNPACKED = 512 * 1024 * 1024
#: Seconds for apt to say what it reads.
_APT_TIMEOUT = 20.0
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "ppc64le": "ppc64el", "i686": "i386"}


def architecture() -> str:
    """Debian's name for this machine's architecture."""
    return _ARCHITECTURES.get(platform.machine(), platform.machine())


@cache
def apt_mirrors() -> Mapping[str, str]:
    """The archives of Debian that this machine's apt reads, by label; others are left out.

    Source: apt-get(8), ``indextargets``; the labels stand in each archive's signed Release file.
    """
    fields = "$(ORIGIN) $(LABEL) $(REPO_URI)"
    command = ["apt-get", "indextargets", "--format", fields, "Created-By: Packages"]
    try:
        listed = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=_APT_TIMEOUT
        )
    except (OSError, subprocess.TimeoutExpired):
        return {}
    rows = [line.split() for line in listed.stdout.splitlines()]
    return {
        row[1]: row[2]
        for row in rows
        if len(row) == 3 and row[0] == "Debian" and row[2].startswith(("http://", "https://"))
    }


def pockets(suite: str, settings: Settings) -> list[tuple[str, str]]:
    """Mirror and suite of all that a node of this suite installs from; the suite itself first.

    The mirrors of the settings, else those that this machine's own apt has Debian from; empty
    where there is neither.
    """
    mirror, security = settings.mirrors.debian, settings.mirrors.debian_security
    if mirror is None:
        own = apt_mirrors()
        mirror, security = own.get("Debian"), security or own.get("Debian-Security")
    found = [(mirror, suite), (mirror, f"{suite}-updates"), (security, f"{suite}-security")]
    return [(base, each) for base, each in found if base]


def ask(
    name: str, mirror: str, suite: str, arch: str, settings: Settings, known: Validators,
    *, optional: bool = False,
) -> Found | None:  # fmt: skip
    """The versions that a suite's main component carries now; None: what is known still stands.

    ``optional``: there need not be such a suite.  Raises ServiceError on any trouble.
    Source: the Debian repository format, "Packages indices".
    """
    what = f"the package index of {suite}"
    url = f"{mirror.rstrip('/')}/dists/{suite}/main/binary-{arch}/Packages.xz"
    answer = get(url, settings, what=what, limit=_LIMIT, known=known)
    if answer is None and optional:
        return Found([])
    if answer is None:
        raise ServiceError(f"{what} is not at {shown(url)}", action="correct `mirrors.debian`")
    if answer.unchanged:
        return None
    try:
        index = _unpacked(answer.body).decode("utf-8", "replace")
    except (lzma.LZMAError, EOFError, ValueError) as error:
        raise ServiceError(f"{what} cannot be understood", cause=str(error)) from error
    stanza = re.compile(
        rf"^Package: {re.escape(name)}\n(?:\S.*\n| .*\n)*?Version: (\S+)$", re.MULTILINE
    )
    versions = dict.fromkeys(stanza.findall(index))
    return Found([Release(version=one) for one in versions], answer.validators)


def _unpacked(body: bytes) -> bytes:
    reader = lzma.LZMADecompressor()
    index = reader.decompress(body, max_length=_UNPACKED)
    if not reader.eof:
        raise ValueError("it is cut off, or much too long")
    return index
