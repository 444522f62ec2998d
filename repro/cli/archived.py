"""``repro run ARCHIVE``: somebody else's run, as far as it can be had here."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from repro.cli.given import Given
from repro.cli.session import Session

if TYPE_CHECKING:
    from repro.archive.catalog import ArchiveCatalog
    from repro.archive.taking import Unpacked
    from repro.casefile import LoadedCase
    from repro.model.campaign import CampaignOptions, Origin
    from repro.model.plan import Plan, Preparation
    from repro.model.record import Event, RunRecord
    from repro.plan import Overrides
    from repro.ports import ImageStore
    from repro.settings import Settings
    from repro.stages import Keep, Tools

#: What makes no difference to an image: words, and how its OS came to the engine.
_COSMETIC = {"title", "notes", "verified", "end_of_life", "build"}
#: Machines as kernels call them, and as engines do.
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


class ArchiveSession(Session):
    """A session with an archive's profiles, read from a folder that may be gone soon.

    ``origin`` names the nodes' images, if they were brought.
    """

    catalog: ArchiveCatalog
    origin: Origin

    def __init__(self, settings: Settings, folder: Path, origin: Origin) -> None:
        from repro.archive.catalog import ArchiveCatalog

        super().__init__()
        self.origin = origin
        self.catalog = ArchiveCatalog(
            settings, folder, images=bool(origin.images), trust=origin.trust
        )
        parts = [path for path in folder.rglob("*") if path.is_file()]
        self.brought = {str(path.relative_to(folder)): path.read_bytes() for path in parts}

    def tools(self, keep: Keep, listen: Callable[[Event], None], *, fresh: bool = False) -> Tools:
        """What runs are carried out with; nothing is prepared that was brought."""
        made = super().tools(keep, listen, fresh=fresh)
        if not self.origin.images:
            return made
        from repro.prepare.brought import Brought

        return replace(made, preparer=Brought(self.provider, self.origin.images))

    def check_version(self, loaded: LoadedCase, plan: Plan) -> None:
        """Ask no registry about what was brought."""
        if not self.origin.images:
            super().check_version(loaded, plan)


def session_of(folder: Path, options: CampaignOptions) -> Session:
    """What a campaign works with, wherever it is gone on with.

    The profiles that an archive brought are in the campaign's folder.
    """
    from repro.record.campaigns import catalog_of

    here = Session(Path(options.workspace) if options.workspace else None)
    if options.origin is None:
        return here
    return ArchiveSession(here.settings, catalog_of(folder), options.origin)


def image_store(session: Session) -> ImageStore:
    """The engine's prepared images, to be taken elsewhere.  Raises UnsupportedError."""
    from repro.errors import UnsupportedError
    from repro.ports import ImageStore

    if not isinstance(session.provider, ImageStore):
        raise UnsupportedError(f"{session.provider.name} has no images that could be taken along")
    return session.provider


def open_archive(path: Path, overrides: Overrides, *, fresh: bool, trust: bool) -> Given:
    """Look through an archive, load its images, and take out of it what a run needs."""
    from repro.archive.taking import unpacked
    from repro.cli.again import changes_only, refuse_redacted, tell_redacted
    from repro.record import read_run

    here = Session()
    with unpacked(path, here.settings, None if fresh else image_store(here)) as archive:
        before = read_run(archive.run)
        asked = as_recorded(before, overrides)
        refuse_redacted(asked)
        opened = None if fresh else _with_images(here, archive, before, asked)
        session, loaded = opened or _anew(here, archive, asked, trust=trust)
    tell_redacted(loaded)
    asked = changes_only(asked, loaded.case)
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
    from repro.archive.case import load_recorded
    from repro.plan import NO_OVERRIDES
    from repro.ports import Image
    from repro.prepare.recipe import layers

    if record.lock is None:
        return []
    loaded = load_recorded(Path(record.folder), session.catalog)
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
    from repro.model.campaign import Origin

    keys = {node: image.key for node, image in archive.archive.images.items()}
    if not keys:
        return None
    session = ArchiveSession(here.settings, archive.catalog, Origin(images=keys))
    loaded = archive.case(session.catalog)
    why = _why_not(archive, before, session.plan(loaded, asked), here)
    if why:
        _say(f"the archive's images are not used: {why}")
        return None
    archive.load_images(image_store(here))
    return session, loaded


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
    from repro.model.campaign import Origin
    from repro.prepare.recipe import playbook_names

    session = ArchiveSession(here.settings, archive.catalog, Origin(trust=trust))
    catalog = session.catalog
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
