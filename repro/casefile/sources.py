"""What a case refers to beside its own file: sources of files, and checks in Python."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from repro.casefile.document import Document
from repro.casefile.problem import KeyPath
from repro.casefile.references import conditions, find
from repro.model.base import Scalar

#: Bytes of one source.
MAX_SOURCE = 16 * 1024 * 1024
#: Bytes of all sources of a case.
MAX_SOURCES = 64 * 1024 * 1024


def read_sources(document: Document) -> dict[str, bytes]:
    """Content by name as written; what cannot be read is added to the document's problems."""
    found: dict[str, bytes] = {}
    folder = document.file.parent
    for path, name in _named(document):
        try:
            if name not in found:
                room = MAX_SOURCES - sum(map(len, found.values()))
                found[str(name)] = _content(folder, name, room)
        except _BadSource as error:
            document.add(path, str(error))
    return found


def digest(text: bytes, sources: Mapping[str, bytes]) -> str:
    """SHA-256 over the file and its sources, in the order of their names."""
    total = hashlib.sha256(hashlib.sha256(text).digest())
    for name in sorted(sources):
        total.update(hashlib.sha256(name.encode("utf-8", "surrogatepass")).digest())
        total.update(hashlib.sha256(sources[name]).digest())
    return total.hexdigest()


class _BadSource(Exception):
    pass


def _content(folder: Path, name: str, room: int) -> bytes:
    try:
        base = folder.resolve()
        path = (base / name).resolve()
        if not path.is_relative_to(base) or Path(name).is_absolute():
            raise _BadSource(f"{name} is outside the case's folder")
        if not path.is_file():
            raise _BadSource(f"{name} is no file" if path.exists() else f"there is no file {name}")
        if (size := path.stat().st_size) > MAX_SOURCE:
            raise _BadSource(f"{name} is {size / 2**20:.0f} MiB long; at most 16 MiB")
        if size > room:
            raise _BadSource(f"with {name} the sources are over 64 MiB long")
        return path.read_bytes()
    except (OSError, ValueError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise _BadSource(f"{name} cannot be read: {reason}") from None


def _named(document: Document) -> Iterator[tuple[KeyPath, str]]:
    yield from find(document, "files[].source")
    yield from find(document, "workarounds[].files[].source")
    for path, condition in conditions(document):
        if isinstance(condition.get("python"), Scalar):
            yield (*path, "python"), condition["python"]
