"""Layered look-up: the workspace's ``./profiles`` before the site's before the built-in ones."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from repro.casefile.loading import read_model
from repro.casefile.problem import meant, nearest
from repro.errors import ProfileError
from repro.model.base import Frozen
from repro.model.profile import OsProfile, ProductProfile, TopologyProfile
from repro.settings import Settings

P = TypeVar("P", bound=Frozen)

#: Folders of a layer, each with the word for one of its files.
KINDS = {"os": "OS profile", "products": "product profile", "topologies": "topology"}


def builtin_root() -> Path:
    """The folder that holds the built-in ``profiles``, ``playbooks`` and ``cases``.

    In an installed package that is ``repro/data``, in a checkout the repository itself.
    """
    package = Path(__file__).resolve().parent.parent
    data = package / "data"
    return data if data.is_dir() else package.parent


class Catalog:
    """Profiles by name.  Each layer is a ``profiles`` folder, with ``playbooks`` beside it.

    A profile is read once: a campaign asks for the same few thousands of times.
    """

    def __init__(self, settings: Settings, workspace: Path | None = None) -> None:
        """``workspace`` is the folder whose ``profiles`` come first (default: the current one)."""
        own = (workspace or Path.cwd()) / "profiles"
        layers = [own, *reversed(settings.profiles), builtin_root() / "profiles"]
        self._layers = tuple(dict.fromkeys(layer.absolute() for layer in layers))
        self._listed: dict[str, list[str]] = {}
        self._profiles: dict[tuple[str, str], Frozen] = {}

    @property
    def cases(self) -> tuple[Path, ...]:
        """The folders of cases beside the layers, first the workspace's."""
        folders = (layer.parent / "cases" for layer in self._layers)
        return tuple(folder for folder in folders if folder.is_dir())

    def os(self, name: str) -> OsProfile:
        """``os/NAME.yml``.  Raises ProfileError."""
        return self._profile(OsProfile, "os", name)

    def product(self, name: str) -> ProductProfile:
        """``products/NAME.yml``.  Raises ProfileError."""
        return self._profile(ProductProfile, "products", name)

    def topology(self, name: str) -> TopologyProfile:
        """``topologies/NAME.yml``.  Raises ProfileError."""
        return self._profile(TopologyProfile, "topologies", name)

    def playbook(self, name: str) -> Path:
        """``NAME.yml`` in the ``playbooks`` beside a layer.  Raises ProfileError."""
        folders = [layer.parent / "playbooks" for layer in self._layers]
        name = name.removesuffix(".yml")
        if path := _first(folders, name):
            return path
        known = sorted({path.stem for folder in folders for path in folder.glob("*.yml")})
        raise ProfileError(
            f"there is no playbook {name!r}{meant(name, known)}", cause=_looked_in(folders)
        )

    def names(self, kind: str) -> list[str]:
        """All names of a kind (``os``, ``products``, ``topologies``), sorted."""
        if kind not in self._listed:
            files = [path for folder in self._folders(kind) for path in folder.glob("*.yml")]
            self._listed[kind] = sorted({path.stem for path in files})
        return self._listed[kind]

    def path(self, kind: str, name: str) -> Path:
        """The file of a profile.  Raises ProfileError naming the nearest one."""
        folders = self._folders(kind)
        if path := _first(folders, name):
            return path
        known = self.names(kind)
        near = nearest(name, known)
        raise ProfileError(
            f"there is no {KINDS[kind]} {name!r}" + (f'; did you mean "{near}"?' if near else ""),
            cause=_looked_in(folders),
            action=f"choose one of: {', '.join(known)}" if known else "",
        )

    def _folders(self, kind: str) -> tuple[Path, ...]:
        return tuple(layer / kind for layer in self._layers)

    def _profile(self, model: type[P], kind: str, name: str) -> P:
        if (kind, name) not in self._profiles:
            self._profiles[kind, name] = _read(model, self.path(kind, name))
        found = self._profiles[kind, name]
        assert isinstance(found, model)
        return found


def _first(folders: list[Path] | tuple[Path, ...], name: str) -> Path | None:
    """The file of this name in the first folder that has one; a name is never a path."""
    if not name or name.startswith(".") or "/" in name or "\0" in name:
        return None
    paths = (folder / f"{name}.yml" for folder in folders)
    return next((path for path in paths if path.is_file()), None)


def _looked_in(folders: list[Path] | tuple[Path, ...]) -> str:
    return "looked in " + ", ".join(str(folder) for folder in folders)


def _read(model: type[P], path: Path) -> P:
    """Raises ProfileError with every problem of the file."""
    profile, problems = read_model(model, path, name=path.stem)
    if profile is None:
        lines = "\n".join(str(problem) for problem in problems)
        raise ProfileError(f"{lines}\nthe profile {path.stem} is wrong", action=f"correct {path}")
    return profile
