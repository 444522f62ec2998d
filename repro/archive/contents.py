"""What is in an archive: ``RUN/archive.json``, which says what else is, and the bounds of it all.

::

    RUN/archive.json            first of all: SHA-256 and size of every other member
    RUN/README.md               what this is, for who has never seen one
    RUN/run.json …              the run folder, redacted, with a manifest of its own
    RUN/catalog/profiles/…      the profiles that the run was planned by
    RUN/catalog/playbooks/…     the playbooks that its nodes were prepared with
    RUN/images/SHA256           the layers of its prepared images, where they were asked for
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import TypeAlias

from pydantic import BaseModel, ValidationError

from repro.errors import ArchiveError
from repro.model.base import Frozen
from repro.model.image import SavedImage
from repro.record.manifest import FileSum

FORMAT = 1
NAME = "archive.json"
README = "README.md"
CATALOG = "catalog"
IMAGES = "images"

#: Bounds of what is read: bytes, but for the counts.
MAX_INDEX = 16 * 2**20
MAX_FILES = 20_000
MAX_NAME = 4096
MAX_PART = 255
MAX_DEPTH = 40
MAX_RUN = 2**30
MAX_IMAGES = 64 * 2**30
#: Layers of an operating system do not shrink to less than a hundredth.
MAX_RATIO = 100
#: An identifier as ``repro.record`` gives it: the time, the case, four digits.
_RUN_ID = re.compile(r"[0-9]{8}-[0-9]{6}-[A-Za-z0-9._-]{1,180}")
#: A folder's names, each with what is in it; None: a file.
_Tree: TypeAlias = "dict[str, _Tree | None]"


class Archive(Frozen):
    """``archive.json``.  ``files`` are by their names below ``RUN/``; ``images`` are by node.

    ``redacted`` counts what was replaced, by kind; ``left_out`` names the files of the run that
    are not in the archive, and says why; ``notes`` are for who reads it.
    """

    format: int = FORMAT
    run: str
    made_by: str
    files: dict[str, FileSum]
    images: Mapping[str, SavedImage]
    redacted: Mapping[str, int]
    left_out: Mapping[str, str]
    notes: tuple[str, ...]

    @property
    def layers(self) -> frozenset[str]:
        """The names of the members that are layers of images."""
        return frozenset(layer(each) for image in self.images.values() for each in image.layers)


class _Format(BaseModel):
    """Only the version, which says whether the rest can be read."""

    format: int


def layer(digest: str) -> str:
    """The name of a layer's member."""
    return f"{IMAGES}/{digest}"


def parse(data: bytes, packed: int) -> Archive:
    """Read ``archive.json`` of an archive of ``packed`` bytes, and look whether it can be true.

    Raises ArchiveError.
    """
    try:
        newer = _Format.model_validate_json(data).format > FORMAT
        archive = None if newer else Archive.model_validate_json(data)
    except (ValidationError, RecursionError) as error:
        raise ArchiveError(f"{NAME} cannot be read", cause=str(error)[:500]) from None
    if archive is None:
        raise ArchiveError(
            f"the archive has a newer format than {FORMAT}",
            cause="it was made by a newer repro",
            action="update repro",
        )
    _check_names(archive)
    _check_sizes(archive, packed)
    return archive


def _check_names(archive: Archive) -> None:
    if not _RUN_ID.fullmatch(archive.run):
        raise ArchiveError(f"{archive.run[:200]!r} is no name of a run")
    if len(archive.files) > MAX_FILES:
        raise ArchiveError(f"the archive has over {MAX_FILES} members")
    for name in archive.files:
        parts = name.split("/")
        bounded = len(name) <= MAX_NAME and len(parts) <= MAX_DEPTH
        if name == NAME or not bounded or not all(map(_is_plain, parts)):
            raise ArchiveError(f"the member {name[:200]!r} has no name that repro gives")
    if clash := first_clash(archive.files):
        raise ArchiveError(f"the member {clash[:200]!r} would lie over another one")
    named = frozenset(name for name in archive.files if name.split("/")[0] == IMAGES)
    if odd := sorted(named ^ archive.layers):
        raise ArchiveError(f"{odd[0][:200]!r} belongs to no image, or is missing")
    for name in archive.layers:
        if archive.files[name].sha256 != name.partition("/")[2]:
            raise ArchiveError(f"the layer {name!r} is not called by its SHA-256")


def _is_plain(part: str) -> bool:
    """One part of a name: neither ``..`` nor hidden, nor what a terminal would act upon."""
    return (
        0 < len(part.encode("utf-8", "replace")) <= MAX_PART
        and part.isprintable()
        and part[0] != "."
        and not set(part) & set("/\\")
    )


def first_clash(names: Iterable[str]) -> str | None:
    """The first name that some file system takes for another one, or for the folder of one.

    Upper and lower case, and the ways to compose an accent, are not told apart everywhere.
    """
    root: _Tree = {}
    for name in names:
        here = root
        *above, last = folded(name).split("/")
        for part in above:
            inner = here.setdefault(part, {})
            if inner is None:
                return name
            here = inner
        if last in here:
            return name
        here[last] = None
    return None


def folded(name: str) -> str:
    """The name as a file system has it that is not particular."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def _check_sizes(archive: Archive, packed: int) -> None:
    layers = archive.layers
    sizes = {name: member.size for name, member in archive.files.items()}
    for name, size in sizes.items():
        if size < 0:
            raise ArchiveError(f"the member {name[:200]!r} has no size")
    images = sum(sizes[name] for name in layers)
    if sum(sizes.values()) - images > MAX_RUN:
        raise ArchiveError(f"the run in the archive is larger than {MAX_RUN} bytes")
    if images > min(MAX_IMAGES, MAX_RATIO * packed):
        raise ArchiveError(
            f"its images would take {images} bytes, out of an archive of {packed}",
            cause="the archive is made to fill the disk",
        )
