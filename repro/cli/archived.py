"""``repro run ARCHIVE``: somebody else's run, as far as it can be had here."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from repro.cli.given import Given
from repro.cli.session import Session

if TYPE_CHECKING:
    from repro.archive.catalog import ArchiveCatalog
    from repro.archive.taking import Unpacked
    from repro.casefile import LoadedCase
    from repro.model.plan import Plan, Preparation
    from repro.model.record import Event, RunRecord
    from repro.plan import Overrides
    from repro.ports import ImageStore
    from repro.stages import Keep, Tools

#: What makes no difference to an image: words, and how its OS came to the engine.
_COSMETIC = {"title", "notes", "verified", "end_of_life", "build"}
#: Machines as kernels call them, and as engines do.
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


class ArchiveSession(Session):
    """A session with an archive's profiles.  ``images``: keys of the nodes' images, if brought."""

    def __init__(self, catalog: ArchiveCatalog, images: Mapping[str, str]) -> None:
        self.catalog = catalog
        self._images = images

    def tools(self, keep: Keep, listen: Callable[[Event], None], *, fresh: bool = False) -> Tools:
        """What runs are carried out with; nothing is prepared that was brought."""
        made = super().tools(keep, listen, fresh=fresh)
        if not self._images:
            return made
        from repro.prepare.brought import Brought

        return replace(made, preparer=Brought(self.provider, self._images))

    def check_version(self, loaded: LoadedCase, plan: Plan) -> None:
        """Ask no registry about what was brought."""
        if not self._images:
            super().check_version(loaded, plan)


def image_store(session: Session) -> ImageStore:
    """The engine's prepared images, to be taken elsewhere.  Raises UnsupportedError."""
    from repro.errors import UnsupportedError
    from repro.ports import ImageStore

    if not isinstance(session.provider, ImageStore):
        raise UnsupportedError(f"{session.provider.name} has no images that could be taken along")
    return session.provider


def open_archive(path: Path, overrides: Overrides, *, fresh: bool, trust: bool) -> Given:
    """Look through an archive, load its images, and take out of it what a run needs."""
    from repro.archive.case import redacted_places
    from repro.archive.taking import unpacked
    from repro.record import read_run

    here = Session()
    with unpacked(path, here.settings, None if fresh else image_store(here)) as archive:
        before = read_run(archive.run)
        asked = as_recorded(before, overrides)
        opened = None if fresh else _with_images(here, archive, before, asked)
        session, loaded = opened or _anew(here, archive, asked, trust=trust)
    for place in redacted_places(loaded.text):
        _say(f"redacted in the case: {place}")
        _say("  give it by `{env: NAME, secret: true}` in a case of your own: docs/archives.md")
    return Given(session, (replace(loaded, path=path),), asked, before)


def as_recorded(before: RunRecord, overrides: Overrides) -> Overrides:
    """The cell of a recorded run again, but for what the command line changes."""
    from repro.model.base import Scalar, resolve
    from repro.plan import Overrides

    cell, kept = before.header.cell, before.header.overrides
    variables = {
        name.removeprefix("vars."): resolve(Scalar(value))
        for name, value in kept.items()
        if name.startswith("vars.")
    }
    return Overrides(
        os=overrides.os or cell.os,
        version=overrides.version or cell.version,
        topology=overrides.topology or kept.get("topology"),
        workaround=cell.workaround,
        vars={**variables, **overrides.vars},
    )


def changed_since(session: Session, record: RunRecord) -> list[str]:
    """The nodes of a run that the profiles and playbooks here would prepare otherwise now.

    Raises ReproError where it cannot be planned any more.
    """
    import tempfile

    from repro.archive.case import lay_out
    from repro.casefile import load
    from repro.plan import NO_OVERRIDES
    from repro.ports import Image
    from repro.prepare.recipe import layers

    if record.lock is None:
        return []
    with tempfile.TemporaryDirectory(prefix="repro-case-") as folder:
        loaded = load(lay_out(Path(record.folder), Path(folder)), session.catalog)
    plan = session.plan(loaded, as_recorded(record, NO_OVERRIDES), offline=True)
    changed = []
    for node in plan.nodes:
        lock = record.lock.nodes.get(node.name)
        if lock is None or not lock.prepared:
            continue
        machine = _ARCHITECTURES.get(lock.architecture, lock.architecture)
        base = Image(lock.image, lock.image_digest, machine, "local")
        if layers(node.preparation, base, session.catalog.playbook)[-1].key != lock.prepared:
            changed.append(node.name)
    return changed


def _with_images(
    here: Session, archive: Unpacked, before: RunRecord, asked: Overrides
) -> tuple[Session, LoadedCase] | None:
    """Where the archive brings the images of all that is asked for: they are loaded."""
    from repro.archive.catalog import ArchiveCatalog

    if not archive.archive.images:
        return None
    catalog = ArchiveCatalog(here.settings, archive.catalog, images=True)
    session = ArchiveSession(catalog, {})
    loaded = archive.case(catalog)
    why = _why_not(archive, before, session.plan(loaded, asked), here)
    if why:
        _say(f"the archive's images are not used: {why}")
        return None
    archive.load_images(image_store(here))
    keys = {node: image.key for node, image in archive.archive.images.items()}
    return ArchiveSession(catalog, keys), loaded


def _why_not(archive: Unpacked, before: RunRecord, plan: Plan, here: Session) -> str:
    """Why the images are not those of this plan; empty where they are."""
    then = {node.name: node.preparation for node in before.plan.nodes} if before.plan else {}
    machine = here.provider.engine().architecture
    for node in plan.nodes:
        image, made = archive.archive.images.get(node.name), then.get(node.name)
        if image is None or made is None or _content(made) != _content(node.preparation):
            return f"what is asked for has another {node.name}"
        if image.architecture != _ARCHITECTURES.get(machine, machine):
            return f"they are for {image.architecture}, this machine is {machine}"
    return ""


def _content(preparation: Preparation) -> str:
    return preparation.model_dump_json(exclude={"os": _COSMETIC})


def _anew(
    here: Session, archive: Unpacked, asked: Overrides, *, trust: bool
) -> tuple[Session, LoadedCase]:
    """Where nodes are to be prepared here: by what is here already, or is trusted.

    Raises ProfileError for what is neither, before anything is started.
    """
    from repro.archive.catalog import ArchiveCatalog
    from repro.prepare.recipe import playbook_names

    catalog = ArchiveCatalog(here.settings, archive.catalog, trust=trust)
    session = ArchiveSession(catalog, {})
    loaded = archive.case(catalog)
    for node in session.plan(loaded, asked).nodes:
        for name in playbook_names(node.preparation):
            catalog.playbook(name)
    if catalog.differing:
        whose = "those of the archive are used" if trust else "those here are used (see --trust)"
        _say(f"not as here: {', '.join(catalog.differing)}; {whose}")
    return session, loaded


def _say(text: str) -> None:
    from repro.report.text import printable

    print(f"repro: {printable(text)}", file=sys.stderr)
