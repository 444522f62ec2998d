"""``repro export``: a run, and all that it takes to run it elsewhere, in one file."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import repro
from repro import files
from repro.archive import contents, tar
from repro.archive.contents import Archive
from repro.archive.copying import Copy
from repro.archive.readme import readme
from repro.errors import ArchiveError, RecordError
from repro.model.image import SavedImage
from repro.model.record import RunRecord
from repro.model.secret import REDACTED
from repro.ports import ImageStore
from repro.record import arrival
from repro.record.manifest import FileSum
from repro.redact import Outgoing
from repro.settings import Settings

#: How hard it is tried to make an archive small (zlib); with images, time counts for more.
_LEVEL = 6
_LEVEL_WITH_IMAGES = 1
_PART = ".part"


@dataclass(frozen=True)
class Export:
    """What is exported.  ``catalog`` are profiles and playbooks by their names below it.

    ``store``: take the prepared images along, out of it.
    """

    run: Path
    catalog: Mapping[str, bytes] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    store: ImageStore | None = None
    binary: bool = False


def default_name(run: str) -> str:
    """What an archive is called where nobody says."""
    return f"{run}.repro.tar.gz"


def write(export: Export, target: Path, settings: Settings, outgoing: Outgoing) -> Archive:
    """Write the archive: all of it is there under its name, or nothing is.

    Raises RecordError, DiskFullError; NotFoundError where an image is gone, EngineError.
    """
    with files.trouble(f"cannot export {export.run.name}"), arrival.beside(settings.runs) as folder:
        copied = folder / "run"
        copied.mkdir(files.FOLDER_MODE)
        copy = Copy(export.run, copied, outgoing, binary=export.binary)
        for name, data in export.catalog.items():
            copy.add(f"{contents.CATALOG}/{name}", data)
        record = copy.make()
        images = _images(export, record, copied / contents.IMAGES, outgoing)
        about = Archive(
            run=record.header.run,
            made_by=f"repro {repro.__version__}",
            files={},
            images=images,
            redacted=outgoing.counts,
            left_out=copy.left_out,
            notes=tuple(map(outgoing.text, export.notes)),
        )
        (copied / contents.README).write_text(readme(about, record), "utf-8")
        archive = about.model_copy(update={"files": _sums(copied, images)})
        with _whole(target) as file:
            _pack(archive, copied, file)
    return archive


def _images(
    export: Export, record: RunRecord, folder: Path, outgoing: Outgoing
) -> dict[str, SavedImage]:
    """The prepared images by node, their layers in the folder."""
    if export.store is None:
        return {}
    if record.summary is None or not record.summary.prepared:
        raise RecordError(
            f"{record.header.run} has no prepared images: its environment never came up",
            action="export it without --images",
        )
    _refuse_secrets(record)
    folder.mkdir(files.FOLDER_MODE)
    saved: dict[str, SavedImage] = {}
    for prepared in record.summary.prepared:
        if prepared.key not in saved:
            image = export.store.save_layers(prepared.key, folder)
            lock, title = image.lock and outgoing.model(image.lock), outgoing.text(image.title)
            saved[prepared.key] = image.model_copy(update={"lock": lock, "title": title})
    return {prepared.node: saved[prepared.key] for prepared in record.summary.prepared}


def _refuse_secrets(record: RunRecord) -> None:
    """What a node was prepared with is in its image, where nobody finds all of it.

    ``record`` is the redacted one.  Raises RecordError.
    """
    nodes = record.plan.nodes if record.plan else ()
    for node in nodes:
        if REDACTED in node.preparation.model_dump_json():
            raise RecordError(
                f"the prepared image of {node.name} was made with a secret, and may hold it",
                cause="`vars`, `install` or the product of the case hold one",
                action="export it without --images: who has the secret can prepare it again",
            )


def _sums(folder: Path, images: Mapping[str, SavedImage]) -> dict[str, FileSum]:
    """SHA-256 and size of every file; a layer is called by its own."""
    known = {contents.layer(each) for image in images.values() for each in image.layers}
    sums = {}
    for name in files.tree(folder):
        path = folder / name
        if name in known:
            sums[name] = FileSum(sha256=path.name, size=path.stat().st_size)
        else:
            digest, size = files.sha256(path)
            sums[name] = FileSum(sha256=digest, size=size)
    return sums


def _pack(archive: Archive, folder: Path, file: BinaryIO) -> None:
    (folder / contents.NAME).write_text(archive.model_dump_json(indent=1) + "\n", "utf-8")
    level = _LEVEL_WITH_IMAGES if archive.images else _LEVEL
    with tar.Writer(file, level) as packed:
        for name in (contents.NAME, *archive.files):
            with (folder / name).open("rb") as content:
                size = os.fstat(content.fileno()).st_size
                packed.add(f"{archive.run}/{name}", size, content)


@contextmanager
def _whole(target: Path) -> Iterator[BinaryIO]:
    """A file that gets its name when it is whole, on the disk, and in place of an older one.

    Two exports to the same name write one after another; what a killed one left is written over.
    """
    if target.is_dir():
        raise ArchiveError(f"{target} is a folder", action="give the archive a name with -o")
    part = target.with_name(f".{target.name}{_PART}")
    with files.locked_file(part) as fd:
        try:
            with open(fd, "wb", closefd=False) as file:
                yield file
            os.fsync(fd)
            part.replace(target)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
