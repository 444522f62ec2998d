"""Prepared images: a node's state after its product is installed, under a key of what went in."""

from __future__ import annotations

import base64
import contextlib
import os
import zlib
from pathlib import Path
from typing import Any

from repro.errors import EngineError, NotFoundError
from repro.model.image import SavedImage
from repro.model.record import NodeLock
from repro.ports import Image, PreparedInfo, Say
from repro.provider.docker import labels, saved
from repro.provider.docker.engine import ConflictError, Engine, MissingError
from repro.provider.docker.images import as_image
from repro.provider.leases import Leases
from repro.settings import Settings

REPOSITORY = "repro/prepared"
_TAG_LENGTH = 40


class Prepared:
    """The prepared images of one engine.

    A commit makes an image with its name and labels all at once, so a half-made one never has a
    name.  Images are shared with other workspaces of the engine, but only our own are removed.
    """

    def __init__(self, engine: Engine, settings: Settings, leases: Leases) -> None:
        self._engine = engine
        self._settings = settings
        self._leases = leases
        self._uses = settings.home / "prepared"

    def find(self, key: str) -> Image | None:
        """The image under this key; looking it up counts as use."""
        try:
            found = self._engine.call("inspect_image", reference(key))
        except MissingError:
            return None
        kept = found["Config"].get("Labels") or {}
        if kept.get(labels.KEY) != key:
            return None
        self._touch(key)
        image = as_image(reference(key), found, "prepared")
        return Image(image.reference, found["Id"], image.architecture, "prepared", _lock(kept))

    def save(self, container: str, key: str, title: str, lock: NodeLock) -> Image:
        """Keep a container's state under the key."""
        described = self._engine.call("inspect_container", container)
        base = self._engine.call("inspect_image", described["Image"])["Config"]
        config = {
            "Cmd": base.get("Cmd") or ["/bin/sh"],
            "Entrypoint": base.get("Entrypoint"),
            "WorkingDir": base.get("WorkingDir") or "/",
            "User": base.get("User") or "",
            "Env": base.get("Env") or [],
            "Labels": {
                **dict.fromkeys((labels.ENVIRONMENT, labels.NODE, labels.PURPOSE), ""),
                **self._labels(key, title, lock),
            },
        }
        self._touch(key)
        self._engine.slowly(
            "commit",
            container,
            REPOSITORY,
            key[:_TAG_LENGTH],
            conf=config,
            changes=_instructions(config["Labels"]) if self._engine.podman else None,
        )
        image = self.find(key)
        if image is None:
            raise EngineError(f"{reference(key)} was saved, but the engine does not have it")
        return image

    def save_layers(self, key: str, folder: Path) -> SavedImage:
        """Write its layers into the folder, each called by its SHA-256.  Raises NotFoundError."""
        image = self.find(key)
        if image is None:
            raise NotFoundError(
                f"the prepared image {key[:12]} is not here any more",
                cause="it was removed, by `repro cache` or because there was too much",
                action="run the case again, which makes it again, and export that run",
            )
        found = self._engine.call("inspect_image", image.digest)
        title = (found["Config"].get("Labels") or {}).get(labels.TITLE, "")
        return saved.take_apart(self._engine.saved(image.reference), folder, title, image.lock)

    def load(self, image: SavedImage, folder: Path) -> Image:
        """Make an image of the layers in the folder, unless it is there already."""
        with self.exclusively(image.key, lambda _line: None):
            found = self.find(image.key)
            if found is None:
                kept = self._labels(image.key, image.title, image.lock)
                name = reference(image.key)
                self._engine.load(saved.put_together(image, folder, name, kept))
                found = self.find(image.key)
        if found is None:
            raise EngineError(f"{image.title} was loaded, but the engine does not have it")
        return found

    def _labels(self, key: str, title: str, lock: NodeLock | None) -> dict[str, str]:
        """What a prepared image is known by."""
        kept = {
            labels.WORKSPACE: self._leases.workspace,
            labels.KEY: key,
            labels.TITLE: title,
        }
        if lock is not None:
            packed = zlib.compress(lock.model_dump_json().encode())
            kept[labels.LOCK] = base64.b64encode(packed).decode()
        return kept

    def exclusively(self, key: str, say: Say) -> contextlib.AbstractContextManager[None]:
        """Held by the one that makes the image of this key."""
        from repro.provider.docker.images import locked

        return locked(
            self._uses / f"{key}.lock",
            lambda: say("waiting for another run that prepares the same node"),
        )

    def all(self) -> list[PreparedInfo]:
        """The prepared images, least recently used first; ``size`` is what each adds to its OS."""
        found = [self._info(each) for each in self._list() if _names(each)]
        return sorted(found, key=lambda info: info.used)

    def forget(self, key: str) -> None:
        """Remove one.  Raises NotFoundError; EngineError where a node uses it."""
        try:
            self._engine.call("remove_image", reference(key))
        except MissingError:
            raise NotFoundError(f"there is no prepared image {key}") from None
        self._use_file(key).unlink(missing_ok=True)

    def prune(self) -> list[str]:
        """Remove those past the budget, least recently used first, and what lost its name."""
        removed = [
            f"image {each['Id'][:19]} (replaced)"
            for each in self._list()
            if not _names(each) and self._remove(each["Id"])
        ]
        infos = self.all()
        total = sum(info.size for info in infos)
        for info in infos:
            if total <= self._settings.cache_budget:
                break
            with contextlib.suppress(NotFoundError, ConflictError):
                self.forget(info.key)
                total -= info.size
                removed.append(f"prepared image {info.title} ({info.reference})")
        return removed

    def _list(self) -> list[dict[str, Any]]:
        # One label alone: asked for two, Podman finds no image.
        filters = labels.label_filter(workspace=self._leases.workspace)
        found: list[dict[str, Any]] = self._engine.call("images", filters=filters)
        return [each for each in found if (each["Labels"] or {}).get(labels.KEY)]

    def _remove(self, image: str) -> bool:
        try:
            self._engine.call("remove_image", image)
        except EngineError:
            return False
        return True

    def _info(self, each: dict[str, Any]) -> PreparedInfo:
        key = each["Labels"][labels.KEY]
        return PreparedInfo(
            key=key,
            reference=reference(key),
            title=each["Labels"].get(labels.TITLE, ""),
            size=max(0, each["Size"] - self._base_size(each)),
            used=self._used(key, each["Created"]),
        )

    def _base_size(self, each: dict[str, Any]) -> int:
        """The size of the OS image below, which is there once for all that stand on it."""
        try:
            parent = each.get("ParentId")
            return int(self._engine.call("inspect_image", parent)["Size"]) if parent else 0
        except EngineError:
            return 0

    def _use_file(self, key: str) -> Path:
        return self._uses / f"{key}.used"

    def _touch(self, key: str) -> None:
        # A full or read-only disk spoils the order of use, not the run.
        with contextlib.suppress(OSError):
            self._uses.mkdir(parents=True, exist_ok=True)
            self._use_file(key).touch()
            os.utime(self._use_file(key))

    def _used(self, key: str, created: float) -> float:
        try:
            return self._use_file(key).stat().st_mtime
        except OSError:
            return float(created)


def reference(key: str) -> str:
    """The name of the image of a key."""
    return f"{REPOSITORY}:{key[:_TAG_LENGTH]}"


def _instructions(kept: dict[str, str]) -> list[str]:
    """Labels for Podman, which passes ``conf`` by; it takes all up to the end of the line as is."""
    return [f"LABEL {name}={' '.join(value.split())}" for name, value in kept.items()]


def _names(each: dict[str, Any]) -> list[str]:
    return [name for name in each.get("RepoTags") or [] if name != "<none>:<none>"]


def _lock(kept: dict[str, str]) -> NodeLock | None:
    try:
        return NodeLock.model_validate_json(zlib.decompress(base64.b64decode(kept[labels.LOCK])))
    except (KeyError, ValueError, zlib.error):
        return None
