"""Profiles and playbooks of an archive: which are taken along, and which of them are believed.

A replay happens inside nodes; but the image of an OS profile is asked of a registry, its ``build``
is carried out on this machine, a product profile's ``releases`` too, and a playbook is code of
Ansible's, which may run anywhere.  Those of an archive are used where they are those that are
here already, or where somebody says ``--trust``.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from repro import files
from repro.archive.contents import CATALOG
from repro.catalog import Catalog
from repro.errors import ProfileError
from repro.model.case import Case
from repro.model.profile import OsProfile, ProductProfile, TopologyProfile
from repro.model.record import RunRecord
from repro.settings import Settings

_MAX_FILE = 16 * 2**20
#: What of an OS profile makes no difference to a node.
_COSMETIC = {"title", "notes", "verified", "end_of_life"}


def used(
    record: RunRecord, case: Case, catalog: Catalog, playbooks: Iterable[str]
) -> dict[str, bytes]:
    """The profiles and playbooks that a run was made by, by their names below ``catalog/``.

    As they are here now; of an OS, as the run's plan has it.  Of a run that was imported, what
    came with it.
    """
    if (Path(record.folder) / CATALOG).is_dir():
        return {}
    names = [("topologies", _topology(record)), ("products", _product(case))]
    paths = {f"profiles/{kind}/{name}.yml": _path(catalog, kind, name) for kind, name in names}
    found = {name: path.read_bytes() for name, path in paths.items() if path is not None}
    for node in record.plan.nodes if record.plan else ():
        profile = node.preparation.os
        found[f"profiles/os/{profile.name}.yml"] = _os(profile, catalog)
    for name in playbooks:
        with suppress(ProfileError):  # one that is gone; it is used from where the archive goes
            parts = _read_with_tasks(catalog.playbook(name))
            found |= {f"playbooks/{name}/{part}": data for part, data in parts}
    return found


class ArchiveCatalog(Catalog):
    """What an archive brings, in front of what is here.

    ``images``: its nodes are there as images, so no profile or playbook of it acts on anything.
    ``differing`` names what it brings that differs from what is here, and acts on this machine.
    """

    def __init__(
        self, settings: Settings, folder: Path, *, images: bool = False, trust: bool = False
    ) -> None:
        super().__init__(settings)
        theirs = Catalog(settings.model_copy(update={"profiles": ()}), folder)
        own, playbooks = folder / "profiles", folder / "playbooks"
        self._images = images
        self._trust = trust
        self._systems = {name: theirs.os(name) for name in _names(own / "os")}
        self._products = {name: theirs.product(name) for name in _names(own / "products")}
        self._shapes = {name: theirs.topology(name) for name in _names(own / "topologies")}
        self._playbooks = {
            path.stem: dict(_read_with_tasks(path))
            for path in sorted(playbooks.glob("*/*.yml"))
            if path.stem == path.parent.name
        }
        self._kept = settings.cache / "playbooks"
        self.differing = tuple(self._differing())

    def os(self, name: str) -> OsProfile:
        """An OS profile; of one that differs the one here, but by trust."""
        theirs = self._systems.get(name)
        if theirs is None:
            return super().os(name)
        if self._images:
            return theirs.model_copy(update={"build": None})
        if self._trust:
            return theirs
        return super().os(self._here("OS profile", name, there=self._has_os(name)))

    def product(self, name: str) -> ProductProfile:
        """A product profile; one of the archive's has no command for this machine."""
        theirs = self._products.get(name)
        return theirs.model_copy(update={"releases": None}) if theirs else super().product(name)

    def topology(self, name: str) -> TopologyProfile:
        """A topology, which is nothing but data."""
        return self._shapes.get(name) or super().topology(name)

    def playbook(self, name: str) -> Path:
        """A playbook; of one that differs the one here, but by trust."""
        theirs = self._playbooks.get(name.removesuffix(".yml"))
        if theirs is None:
            return super().playbook(name)
        if self._trust and theirs != self._playbook_here(name):
            return self._keep(name, theirs)
        there = bool(self._playbook_here(name))
        return super().playbook(self._here("playbook", name, there=there))

    def names(self, kind: str) -> list[str]:
        """All names of a kind, those of the archive too."""
        kinds: dict[str, Iterable[str]] = {
            "os": self._systems,
            "products": self._products,
            "topologies": self._shapes,
        }
        return sorted({*super().names(kind), *kinds[kind]})

    def _differing(self) -> Iterator[str]:
        for name, theirs in self._systems.items():
            if not self._has_os(name) or not _same(theirs, super().os(name)):
                yield f"OS profile {name}"
        for name, playbook in self._playbooks.items():
            if playbook != self._playbook_here(name):
                yield f"playbook {name}"

    def _has_os(self, name: str) -> bool:
        return _path(self, "os", name) is not None

    def _playbook_here(self, name: str) -> dict[str, bytes]:
        try:
            path = super().playbook(name)
        except ProfileError:
            return {}
        return dict(_read_with_tasks(path))

    def _here(self, kind: str, name: str, *, there: bool) -> str:
        """The name of what is here too.  Raises ProfileError where it is not."""
        if not there:
            raise ProfileError(
                f"the {kind} {name} is not here, and that of an archive may act on this machine",
                cause="the archive comes from a site that has profiles or playbooks of its own",
                action="unpack the archive with tar and read it; then say --trust",
            )
        return name

    def _keep(self, name: str, parts: Mapping[str, bytes]) -> Path:
        """A playbook as Ansible needs it, in a folder that is called by its content."""
        digest = hashlib.sha256()
        for part, data in sorted(parts.items()):
            digest.update(hashlib.sha256(part.encode()).digest() + hashlib.sha256(data).digest())
        folder = self._kept / digest.hexdigest()
        with files.trouble(f"cannot keep the playbook {name}"):
            for part, data in parts.items():
                files.make_folders((folder / part).parent)
                files.write_atomic(folder / part, data)
        return folder / f"{name.removesuffix('.yml')}.yml"


def _same(theirs: OsProfile, ours: OsProfile) -> bool:
    return theirs.model_dump(exclude=_COSMETIC) == ours.model_dump(exclude=_COSMETIC)


def _names(folder: Path) -> list[str]:
    return sorted(path.stem for path in folder.glob("*.yml"))


def _product(case: Case) -> str:
    product = case.environment.product
    return "" if product is None or product.purl else product.name or ""


def _topology(record: RunRecord) -> str:
    """The topology; of nodes that the case writes out there is no profile of this name."""
    return record.header.cell.topology


def _path(catalog: Catalog, kind: str, name: str) -> Path | None:
    try:
        return catalog.path(kind, name)
    except ProfileError:
        return None


def _os(profile: OsProfile, catalog: Catalog) -> bytes:
    path = _path(catalog, "os", profile.name)
    if path is not None and catalog.os(profile.name) == profile:
        return path.read_bytes()
    import yaml

    content = profile.model_dump(mode="json", exclude={"name"}, exclude_none=True)
    text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=100)
    return f"# As the run had it; it was changed since.\n{text}".encode()


def _read_with_tasks(path: Path) -> Iterator[tuple[str, bytes]]:
    """A playbook and the tasks beside it, as the key of a prepared image has them."""
    for part in (path, *sorted(path.parent.glob("tasks/*.yml"))):
        yield os.path.relpath(part, path.parent), files.read_bounded(part.resolve(), _MAX_FILE)
