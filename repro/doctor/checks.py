"""The checks, in the order in which one thing needs another."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from repro.doctor import engine
from repro.doctor.finding import Finding
from repro.errors import EngineError, ReproError
from repro.ports import Provider
from repro.settings import Settings

_LITTLE_DISK = 5 * 2**30


def examine(settings: Settings, connect: Callable[[], Provider]) -> Iterator[Finding]:
    """Every check, one after the other."""
    for check in CHECKS:
        try:
            yield from check(settings, connect)
        except ReproError as error:
            name = check.__name__.removeprefix("_").replace("_", " ")
            yield Finding(name, "trouble", error.what, error.action)


def _python(_settings: Settings, _connect: Callable[[], Provider]) -> Iterator[Finding]:
    version = platform.python_version()
    good = sys.version_info >= (3, 11)
    yield Finding("Python", "ok" if good else "trouble", version, "" if good else "needs 3.11")


def _ansible(_settings: Settings, _connect: Callable[[], Provider]) -> Iterator[Finding]:
    try:
        core = importlib.metadata.version("ansible-core")
        runner = importlib.metadata.version("ansible-runner")
    except importlib.metadata.PackageNotFoundError as error:
        yield Finding("Ansible", "trouble", f"{error.name} is not installed", "install repro again")
        return
    collection = importlib.util.find_spec("ansible_collections.community.docker")
    if collection is None:
        remedy = "pip install ansible (it brings the collections)"
        yield Finding("Ansible", "trouble", "the collection community.docker is missing", remedy)
        return
    yield Finding("Ansible", "ok", f"ansible-core {core}, ansible-runner {runner}")


def _settings(settings: Settings, _connect: Callable[[], Provider]) -> Iterator[Finding]:
    mirrors = {key: value for key, value in settings.mirrors.model_dump().items() if value}
    seen = ", ".join(f"{key}: {_without_password(value)}" for key, value in mirrors.items())
    yield Finding("mirrors", "ok", seen or "none set: the public ones")
    proxy = settings.proxy.https or settings.proxy.http
    yield Finding("proxy", "ok", _without_password(proxy) if proxy else "none set")
    if settings.ca_bundle is None:
        yield Finding("CA", "ok", "none set: the public ones")
        return
    count = settings.ca_bundle.read_bytes().count(b"BEGIN CERTIFICATE")
    seen = f"{settings.ca_bundle}, {count} certificates"
    remedy = "" if count else "give a PEM file in `ca_bundle`"
    yield Finding("CA", "trouble" if remedy else "ok", seen, remedy)


def _engine(_settings: Settings, connect: Callable[[], Provider]) -> Iterator[Finding]:
    try:
        info = connect().engine()
    except EngineError as error:
        yield engine.trouble(error)
        return
    memory = info.memory / 2**30
    seen = f"{info.name} {info.version}, {info.architecture}, {info.cpus} cores, {memory:.1f} GiB"
    yield Finding("engine", "ok", seen)
    yield Finding("kernel", "ok", f"{info.kernel} (containers share it)")


def _disk(settings: Settings, _connect: Callable[[], Provider]) -> Iterator[Finding]:
    for name, path in (("home", settings.home), ("cache", settings.cache)):
        free = shutil.disk_usage(_existing(path)).free
        low = free < _LITTLE_DISK
        yield Finding(
            f"disk ({name})",
            "warning" if low else "ok",
            f"{free / 2**30:.1f} GiB free at {path}",
            "`repro cache prune --all`, or another folder in the settings" if low else "",
        )
    writable = os.access(_existing(settings.home), os.W_OK)
    if not writable:
        yield Finding("home", "trouble", f"{settings.home} is not writable", "set REPRO_HOME")


def _images(_settings: Settings, _connect: Callable[[], Provider]) -> Iterator[Finding]:
    found = shutil.which("mmdebstrap")
    if found:
        yield Finding("building images", "ok", f"{found}: Debian and Ubuntu, where none is pulled")
        return
    yield Finding(
        "building images",
        "warning",
        "mmdebstrap is not installed: images come from the engine or a registry only",
        "install the package mmdebstrap",
        engine.installer("mmdebstrap"),
    )


def _registries(settings: Settings, _connect: Callable[[], Provider]) -> Iterator[Finding]:
    from repro import versions

    for name, purl in (("PyPI", "pkg:pypi/pip"), ("npm", "pkg:npm/npm")):
        try:
            count = len(versions.released(purl, settings).releases)
        except ReproError as error:
            yield Finding(
                name, "trouble", error.what, "check `proxy`, `mirrors` and `ca_bundle` in settings"
            )
            continue
        yield Finding(name, "ok", f"answers ({count} releases of {purl})")


def _backends(_settings: Settings, connect: Callable[[], Provider]) -> Iterator[Finding]:
    try:
        provider = connect()
    except EngineError as error:
        yield Finding("backend docker", "trouble", error.what, "see `engine` above")
    else:
        powers = ", ".join(sorted(provider.powers)) or "nothing beyond the ordinary"
        yield Finding("backend docker", "ok", f"steps run, wait, http; beyond those: {powers}")
    kvm = "/dev/kvm is there" if Path("/dev/kvm").exists() else "no /dev/kvm"
    yield Finding("backend vm", "warning", f"cases are read and planned, not carried out; {kvm}")
    yield Finding("backend hosts", "warning", "cases are read and planned, not carried out")
    yield Finding("faults", "warning", "cases are read and planned, not carried out")


CHECKS: tuple[Callable[[Settings, Callable[[], Provider]], Iterator[Finding]], ...] = (
    _python,
    _ansible,
    _settings,
    _disk,
    _engine,
    _images,
    _registries,
    _backends,
)


def _existing(path: Path) -> Path:
    while not path.exists():
        path = path.parent
    return path


def _without_password(url: str) -> str:
    head, at, tail = url.rpartition("@")
    return f"{head.split('://')[0]}://…@{tail}" if at else url
