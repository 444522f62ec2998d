"""``repro import``: a run of somebody else's, among one's own."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from repro import files
from repro.archive import contents
from repro.archive.case import lay_out
from repro.archive.contents import Archive
from repro.archive.reading import check_run, reading
from repro.casefile import LoadedCase, load
from repro.catalog import Catalog
from repro.errors import ArchiveError
from repro.model.record import RunSummary
from repro.ports import ImageStore
from repro.record import arrival, manifest
from repro.record.history import History
from repro.settings import Settings


@dataclass(frozen=True)
class Unpacked:
    """An archive that was looked through, in a folder that is soon gone."""

    archive: Archive
    folder: Path
    summary: RunSummary

    @property
    def run(self) -> Path:
        """The run folder, as it is to be among the others."""
        return self.folder / "run"

    @property
    def catalog(self) -> Path:
        """Its profiles and playbooks."""
        return self.run / contents.CATALOG

    def case(self, catalog: Catalog) -> LoadedCase:
        """The case that was run.  Raises CaseError, RecordError."""
        folder = self.folder / "case"
        if not folder.exists():
            folder.mkdir(files.FOLDER_MODE)
            lay_out(self.run, folder)
        return load(folder / "case.yml", catalog)

    def load_images(self, store: ImageStore) -> tuple[str, ...]:
        """Give the engine the images that it does not have; the titles of all.

        Raises EngineError, DiskFullError.
        """
        for image in self.archive.images.values():
            store.load(image, self.folder / contents.IMAGES)
        return tuple(image.title for image in self.archive.images.values())


@contextmanager
def unpacked(path: Path, settings: Settings, store: ImageStore | None = None) -> Iterator[Unpacked]:
    """Look through an archive, and unpack it while in the block.

    Layers of images are unpacked for a ``store`` that does not have them yet.  Raises
    ArchiveError, DiskFullError, RecordError; EngineError where the store does not answer.
    """
    with files.trouble(f"cannot unpack {path}"), arrival.beside(settings.runs) as folder:
        with reading(path) as reader:
            archive = reader.archive
            (folder / "run").mkdir(files.FOLDER_MODE)
            reader.unpack(folder / "run", without=archive.layers - _wanted(archive, store))
        _set_apart(folder)
        yield Unpacked(archive, folder, check_run(folder / "run", archive.run))


def take(unpacked: Unpacked, settings: Settings) -> bool:
    """Put the run among the others and tell the history; whether it was not there yet.

    Raises ArchiveError where another run has its name, HistoryError, RecordError.
    """
    target = settings.runs / unpacked.archive.run
    if (target / "run.json").exists():
        _check_equal(unpacked, target)
        return False
    arrival.place(unpacked.run, target)
    with History(settings.history_url) as history:
        history.add(unpacked.summary, target)
    return True


def _wanted(archive: Archive, store: ImageStore | None) -> frozenset[str]:
    """The layers of the images that the store lacks."""
    lacking = [image for image in archive.images.values() if store and not store.has(image.key)]
    return frozenset(contents.layer(each) for image in lacking for each in image.layers)


def _set_apart(folder: Path) -> None:
    """Leave in the run folder what is the run's."""
    (folder / "run" / contents.README).unlink(missing_ok=True)
    images = folder / "run" / contents.IMAGES
    if images.is_dir():
        images.rename(folder / contents.IMAGES)


def _check_equal(unpacked: Unpacked, target: Path) -> None:
    """Whether the run that is there is this one, or the one that this is a copy of."""
    theirs, ours = manifest.read(unpacked.run), manifest.read(target)
    digest = hashlib.sha256((target / manifest.NAME).read_bytes()).hexdigest() if ours else ""
    if theirs is None or (theirs.copy_of != digest and theirs != ours):
        raise ArchiveError(
            f"there is another run {target.name} already",
            cause=f"its files, in {target}, are not those of the archive",
            action="look at both (`repro show`); rename that folder to import this one",
        )
