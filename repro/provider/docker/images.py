"""The image of an OS: from the local engine, else pulled, else built from its package mirror."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

from repro.errors import DiskFullError, EngineError, EnvironmentTrouble, ImageError
from repro.model.profile import Build, OsProfile
from repro.ports import Image, Say
from repro.provider.docker.engine import Engine, MissingError
from repro.settings import Settings

#: Raised when what a built image holds changes, so that an older tarball is not used.
_RECIPE = 1
_BUILD_TIMEOUT = 1800
_UBUNTU_KEYRING = "/usr/share/keyrings/ubuntu-archive-keyring.gpg"
_PATH = "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#: As in the images of the registries: installing a daemon does not start it.
_NO_DAEMONS = (
    'printf "#!/bin/sh\\nexit 101\\n" >"$1/usr/sbin/policy-rc.d" && '
    'chmod 755 "$1/usr/sbin/policy-rc.d"'
)


class Images:
    """OS images of one engine."""

    def __init__(self, engine: Engine, settings: Settings) -> None:
        self._engine = engine
        self._settings = settings

    def of(self, os_profile: OsProfile, say: Say) -> Image:
        """The OS's image.  Raises ImageError naming what was tried and why it failed."""
        tried: list[str] = []
        names = (os_profile.image, built_name(os_profile))
        for name in names:
            if (found := self._local(name)) is not None:
                return found
        tried.append(f"local: the engine has neither {names[0]} nor {names[1]}")
        for way, attempt in (("pull", self._pull), ("build", self._build)):
            try:
                return attempt(os_profile, say)
            except DiskFullError:
                raise
            except EnvironmentTrouble as error:
                reason = error.cause or error.what
                tried.append(f"{way}: {error.what}" + (f" ({reason})" if error.cause else ""))
                say(f"{os_profile.name}: {way} failed: {error.what}")
        raise ImageError(
            f"there is no image of {os_profile.title}; tried:\n  - " + "\n  - ".join(tried),
            cause="the image is not here, its registry cannot be used, and it could not be built",
            action="set `mirrors.images` to a registry that is reachable, load the image with "
            f"`docker load`, or tag one as {built_name(os_profile)}",
        )

    def source(self, os_profile: OsProfile) -> Literal["local", "pulled", "built"] | None:
        """Where the OS's image would come from; nothing is fetched.  None: from nowhere."""
        if any(self._local(name) for name in (os_profile.image, built_name(os_profile))):
            return "local"
        if os_profile.build is not None and shutil.which("mmdebstrap"):
            return "built"
        with contextlib.suppress(EngineError):
            self._engine.call("inspect_distribution", self._wanted(os_profile))
            return "pulled"
        return None

    def _local(
        self, name: str, source: Literal["local", "pulled", "built"] = "local"
    ) -> Image | None:
        try:
            found = self._engine.call("inspect_image", name)
        except MissingError:
            return None
        return as_image(name, found, source)

    # -- pull ------------------------------------------------------------------------------

    def _wanted(self, os_profile: OsProfile) -> str:
        """What is pulled: from the mirror where one is set."""
        mirror = self._settings.mirrors.images
        return f"{mirror.rstrip('/')}/{os_profile.image}" if mirror else os_profile.image

    def _pull(self, os_profile: OsProfile, say: Say) -> Image:
        name, wanted = os_profile.image, self._wanted(os_profile)
        repository, tag = split_reference(wanted)
        say(f"pulling {wanted}")
        progress = PullProgress()
        for message in self._engine.pull(repository, tag):
            if "error" in message:
                raise ImageError(f"{wanted}: {message['error']}")
            if line := progress.line(message):
                say(f"pulling {wanted}: {line}")
        if wanted != name:
            self._engine.call("tag", wanted, *split_reference(name))
        image = self._local(name, "pulled")
        if image is None:
            raise ImageError(f"{wanted} was pulled, but the engine does not have it")
        say(f"pulled {wanted}, {image.digest}")
        return image

    # -- build -----------------------------------------------------------------------------

    def _build(self, os_profile: OsProfile, say: Say) -> Image:
        build = os_profile.build
        if build is None:
            raise ImageError(f"the profile {os_profile.name} does not say how it is built")
        tarball = self._tarball(os_profile, build)
        with locked(tarball.with_suffix(".lock"), lambda: say(f"waiting for {tarball.name}")):
            # Another process may have built it while this one waited.
            if (found := self._local(built_name(os_profile), "built")) is not None:
                return found
            if not tarball.exists():
                say(f"building {os_profile.title} with mmdebstrap")
                self._bootstrap(build, tarball)
            say(f"importing {tarball.name}")
            self._import(tarball, os_profile)
        image = self._local(built_name(os_profile), "built")
        if image is None:
            raise ImageError(f"{tarball} was imported, but the engine does not have it")
        return image

    def _tarball(self, os_profile: OsProfile, build: Build) -> Path:
        content = json.dumps([_RECIPE, build.model_dump(), _sources(build, self._settings)])
        digest = hashlib.sha256(content.encode()).hexdigest()[:12]
        folder = self._settings.cache / "os"
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f"{os_profile.name}-{digest}.tar"

    def _bootstrap(self, build: Build, tarball: Path) -> None:
        program = shutil.which("mmdebstrap")
        if program is None:
            raise ImageError("mmdebstrap is not installed", action="apt-get install mmdebstrap")
        with tempfile.TemporaryDirectory(dir=tarball.parent, prefix=".building-") as folder:
            made = Path(folder) / tarball.name
            command = [
                program,
                *self._arguments(build),
                str(made),
                *_sources(build, self._settings),
            ]
            try:
                done = subprocess.run(
                    command,
                    stdin=subprocess.DEVNULL,
                    capture_output=True,
                    text=True,
                    errors="backslashreplace",
                    timeout=_BUILD_TIMEOUT,
                    env=self._environ(),
                    check=False,
                )
            except subprocess.TimeoutExpired as error:
                raise ImageError(f"mmdebstrap took over {_BUILD_TIMEOUT} s") from error
            if done.returncode != 0:
                raise ImageError(f"mmdebstrap failed: {_last_words(done.stderr)}")
            made.replace(tarball)

    def _arguments(self, build: Build) -> list[str]:
        arguments = ["--variant=minbase", f"--components={','.join(build.components)}"]
        arguments.append(f"--customize-hook={_NO_DAEMONS}")
        if self._settings.ca_bundle is not None:
            arguments.append(f'--aptopt=Acquire::https::CAInfo "{self._settings.ca_bundle}"')
        if not build.check_valid_until:
            arguments.append('--aptopt=Acquire::Check-Valid-Until "false"')
        if build.mirror == "ubuntu" and Path(_UBUNTU_KEYRING).exists():
            arguments.append(f"--keyring={_UBUNTU_KEYRING}")
        return [*arguments, build.suite]

    def _environ(self) -> dict[str, str]:
        proxy = self._settings.proxy
        wanted = {"http_proxy": proxy.http, "https_proxy": proxy.https, "no_proxy": proxy.no_proxy}
        return {**os.environ, **{name: value for name, value in wanted.items() if value}}

    def _import(self, tarball: Path, os_profile: OsProfile) -> None:
        repository, tag = split_reference(built_name(os_profile))
        answer = self._engine.slowly(
            "import_image_from_file",
            str(tarball),
            repository=repository,
            tag=tag,
            changes=['CMD ["bash"]', _PATH],
        )
        if '"error"' in answer:
            raise ImageError(f"the engine could not import {tarball}: {answer.strip()}")


#: A layer's part is done; what the engine said before may fall short of its size.
_WHOLE = ("Download complete", "Pull complete")


class PullProgress:
    """Turns the engine's messages, several a second and layer, into a line now and then.

    Layers become known as they begin, so what is in hand grows; unpacking follows loading, takes
    as long on a slow disk, and goes through the same bytes.
    """

    def __init__(self) -> None:
        self._sizes: dict[str, int] = {}
        self._loaded = _Part("loaded")
        self._unpacked = _Part("unpacked")
        self._retried: set[str] = set()

    def line(self, message: dict[str, Any]) -> str | None:
        """A line for every tenth that is loaded or unpacked, and for a layer's first retry."""
        status, layer = str(message.get("status", "")), str(message.get("id"))
        detail = message.get("progressDetail") or {}
        if status.startswith("Retrying"):
            again = layer in self._retried
            self._retried.add(layer)
            return None if again else f"layer {layer} could not be loaded; trying again"
        if status == "Downloading" and detail.get("total"):
            self._sizes[layer] = detail["total"]
            return self._loaded.reached(layer, detail["current"], self._sizes)
        if status in _WHOLE and layer in self._sizes:
            part = self._loaded if status == "Download complete" else self._unpacked
            return part.reached(layer, self._sizes[layer], self._sizes)
        if status == "Extracting" and detail.get("total"):
            self._sizes.setdefault(layer, detail["total"])
            return self._unpacked.reached(layer, detail["current"], self._sizes)
        return None


class _Part:
    """What is done of all layers, told when it is a tenth more than when it was told last."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._done: dict[str, int] = {}
        self._told = 0

    def reached(self, layer: str, current: int, sizes: dict[str, int]) -> str | None:
        self._done[layer] = current
        done, total = sum(self._done.values()), sum(sizes.values())
        if done - self._told < total / 10:
            return None
        self._told = done
        return f"{self._name} {done / 1e6:.0f} of {total / 1e6:.0f} MB"


def built_name(os_profile: OsProfile) -> str:
    """The name under which an image that repro built is kept."""
    return f"repro/os/{os_profile.name}:latest"


def as_image(
    name: str, found: dict[str, Any], source: Literal["local", "pulled", "built", "prepared"]
) -> Image:
    """What ``inspect_image`` found.  The digest is the registry's where it came from one."""
    digests = found.get("RepoDigests") or []
    digest = digests[0].partition("@")[2] if digests else found["Id"]
    return Image(name, digest, found["Architecture"], source)


def split_reference(reference: str) -> tuple[str, str]:
    """Repository and tag; the colon of a port is not that of a tag."""
    repository, colon, tag = reference.rpartition(":")
    if not colon or "/" in tag:
        return reference, "latest"
    return repository, tag


def _sources(build: Build, settings: Settings) -> list[str]:
    """Lines for sources.list; none lets mmdebstrap take its own, security updates included."""
    mirrors = settings.mirrors
    mirror = mirrors.ubuntu if build.mirror == "ubuntu" else mirrors.debian
    if mirror is None:
        return []
    components = " ".join(build.components)
    security = mirror if build.mirror == "ubuntu" else mirrors.debian_security
    lines = [f"deb {mirror} {build.suite} {components}"]
    if build.suite not in ("sid", "unstable", "testing", "forky"):
        lines.append(f"deb {mirror} {build.suite}-updates {components}")
        if security:
            lines.append(f"deb {security} {build.suite}-security {components}")
    return lines


def _last_words(text: str) -> str:
    telling = [line for line in text.splitlines() if line.startswith(("E:", "Err"))]
    return "; ".join((telling or text.splitlines())[-3:]) or "it did not say why"


@contextlib.contextmanager
def locked(path: Path, waiting: Callable[[], None]) -> Iterator[None]:
    """Hold a lock file; ``waiting`` is called once where another process has it."""
    import filelock

    path.parent.mkdir(parents=True, exist_ok=True)
    lock = filelock.FileLock(path)
    try:
        lock.acquire(blocking=False)
    except filelock.Timeout:
        waiting()
        lock.acquire()
    try:
        yield
    finally:
        lock.release()
