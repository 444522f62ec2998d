"""Proxies, mirrors and a private CA, as the package managers of a node take them.

All of it is handed over in the environment and in one folder, which is removed before a node is
saved, so that nothing of this site stays in a prepared image.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from repro.errors import SettingsError
from repro.model.profile import OsProfile
from repro.ports import GuestFile
from repro.settings import Settings

#: What only the preparation needs; removed before a node is saved.
FOLDER = "/run/repro"
CA_FILE = f"{FOLDER}/ca.pem"
APT_CONFIG = f"{FOLDER}/apt.conf"
_SOURCES = f"{FOLDER}/sources.list"

#: Variables by which pip, npm, git, curl, OpenSSL … find a CA bundle.
CA_VARIABLES = (
    "PIP_CERT", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS",
    "npm_config_cafile", "GIT_SSL_CAINFO",
)  # fmt: skip

#: No questions, no caches, no news: output that can be read, and nothing left behind.
_QUIET = {
    "DEBIAN_FRONTEND": "noninteractive",
    "LC_ALL": "C.UTF-8",
    "PIP_NO_INPUT": "1",
    "PIP_NO_CACHE_DIR": "1",
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "PIP_ROOT_USER_ACTION": "ignore",
    "PIP_PROGRESS_BAR": "off",
    "npm_config_cache": f"{FOLDER}/npm",
    "npm_config_update_notifier": "false",
    "npm_config_audit": "false",
    "npm_config_fund": "false",
}

#: Speed: a half-made image is thrown away, so dpkg need not sync every file to disk, and nobody
#: reads manuals in a node.  Source: apt.conf(5), dpkg(1).
_APT_OPTIONS = """\
Acquire::Languages "none";
Acquire::Retries "3";
DPkg::Options {
  "--force-unsafe-io";
  "--path-exclude=/usr/share/doc/*"; "--path-include=/usr/share/doc/*/copyright";
  "--path-exclude=/usr/share/man/*/*";
};
"""


def guest_environment(settings: Settings, os: OsProfile) -> dict[str, str]:
    """Variables for every command that prepares a node."""
    env = dict(_QUIET)
    if os.packages == "apt":
        env["APT_CONFIG"] = APT_CONFIG
    if settings.ca_bundle is not None:
        env |= dict.fromkeys(CA_VARIABLES, CA_FILE)
    proxies = {"http_proxy": settings.proxy.http, "https_proxy": settings.proxy.https}
    for name, url in proxies.items():
        if url:
            env |= dict.fromkeys((name, name.upper()), url)
            env |= dict.fromkeys(("no_proxy", "NO_PROXY"), settings.proxy.no_proxy)
    if settings.mirrors.pypi:
        env["PIP_INDEX_URL"] = settings.mirrors.pypi
        parts = urlsplit(settings.mirrors.pypi)
        if parts.scheme == "http" and parts.hostname:
            env["PIP_TRUSTED_HOST"] = parts.hostname
    if settings.mirrors.npm:
        env["npm_config_registry"] = settings.mirrors.npm
    return env


def guest_files(settings: Settings, os: OsProfile) -> list[GuestFile]:
    """Files for FOLDER.  Raises SettingsError when the CA bundle cannot be read."""
    files = []
    if settings.ca_bundle is not None:
        try:
            files.append(GuestFile(CA_FILE, settings.ca_bundle.read_bytes()))
        except OSError as error:
            raise SettingsError(f"cannot read the CA bundle: {error}") from error
    if os.packages == "apt":
        sources = apt_sources(settings, os)
        config = apt_config(settings, os, own_sources=bool(sources))
        files.append(GuestFile(APT_CONFIG, config.encode()))
        if sources:
            files.append(GuestFile(_SOURCES, sources.encode()))
    return files


def apt_config(settings: Settings, os: OsProfile, *, own_sources: bool) -> str:
    """The file that ``APT_CONFIG`` names: read beside the node's own configuration."""
    lines = [_APT_OPTIONS]
    if settings.ca_bundle is not None:
        lines.append(f'Acquire::https::CaInfo "{CA_FILE}";\n')
    for scheme, url in (("http", settings.proxy.http), ("https", settings.proxy.https)):
        if url:
            lines.append(f'Acquire::{scheme}::Proxy "{url}";\n')
    if os.build is not None and not os.build.check_valid_until:
        lines.append('Acquire::Check-Valid-Until "false";\n')
    if own_sources:
        lines.append(f'Dir::Etc::sourcelist "{_SOURCES}";\nDir::Etc::sourceparts "-";\n')
    return "".join(lines)


def apt_sources(settings: Settings, os: OsProfile) -> str:
    """sources.list(5) for the mirrors in the settings; empty: the node's own sources stand."""
    mirrors = settings.mirrors
    mirror = {"debian": mirrors.debian, "ubuntu": mirrors.ubuntu}.get(os.release.id)
    if mirror is None or os.build is None:
        return ""
    suite, components = os.build.suite, " ".join(os.build.components)
    lines = [f"deb {mirror} {suite} {components}"]
    if os.release.id == "ubuntu":
        lines += [
            f"deb {mirror} {suite}-{pocket} {components}" for pocket in ("updates", "security")
        ]
    elif os.release.version_id is not None:  # testing has no pockets of its own
        lines.append(f"deb {mirror} {suite}-updates {components}")
        if mirrors.debian_security:
            lines.append(f"deb {mirrors.debian_security} {suite}-security {components}")
    return "\n".join(lines) + "\n"
