"""Prepared images out of an engine, as layers and what is said of them, and into another.

Of what the engine saves, only layers and configuration are looked for; what is loaded is put
together here.  So an image from elsewhere has the one name, and the labels, that it is given.
Source: the image specification that ``docker save`` and ``docker load`` share (v1.2:
``manifest.json``, a configuration, a tar for each layer), as Docker and Podman write it.
"""

from __future__ import annotations

import hashlib
import json
import posixpath
import tarfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO

from repro.errors import EngineError
from repro.model.image import SavedImage
from repro.model.record import NodeLock
from repro.provider.docker.archive import Pieces

_CHUNK = 1 << 20
_GZIP = b"\x1f\x8b"
_MAX_JSON = 16 * 2**20
#: Configurations hold the time of their making; equal images are to be equal.
_CREATED = "1970-01-01T00:00:00Z"


def take_apart(
    pieces: Iterable[bytes], folder: Path, title: str, lock: NodeLock | None
) -> SavedImage:
    """Write the layers of a saved image into the folder.  Raises EngineError, OSError."""
    try:
        found = _spooled(pieces, folder)
        entry = json.loads(_small(found, "manifest.json"))[0]
        config = json.loads(_small(found, entry["Config"]))
        layers = tuple(digest.removeprefix("sha256:") for digest in config["rootfs"]["diff_ids"])
        spooled = [found[name] for name in entry["Layers"]]
    except (KeyError, IndexError, TypeError, ValueError, tarfile.TarError, zlib.error) as error:
        raise _strange(f"{type(error).__name__}: {error}") from None
    if tuple(path.name for path in spooled) != layers:
        raise _strange("its layers are not those that it names, or are compressed")
    for path in set(found.values()) - set(spooled):
        path.unlink()
    inner = config.get("config") or {}
    return SavedImage(
        title=title,
        architecture=config["architecture"],
        layers=layers,
        env=tuple(inner.get("Env") or ()),
        command=tuple(inner.get("Cmd") or ()),
        entrypoint=tuple(inner.get("Entrypoint") or ()),
        folder=inner.get("WorkingDir") or "/",
        user=inner.get("User") or "",
        lock=lock,
    )


def put_together(
    image: SavedImage, folder: Path, name: str, labels: Mapping[str, str]
) -> Iterator[bytes]:
    """A tar stream for ``docker load``, of one image of this name, with these labels."""
    config = _config(image, labels)
    config_name = f"{hashlib.sha256(config).hexdigest()}.json"
    layers = list(dict.fromkeys(image.layers))
    entry = {
        "Config": config_name,
        "RepoTags": [name],
        "Layers": [f"{layer}/layer.tar" for layer in image.layers],
    }
    for layer in layers:
        path = folder / layer
        with path.open("rb") as file:
            yield from _member(f"{layer}/layer.tar", path.stat().st_size, _chunks(file))
    for small, data in ((config_name, config), ("manifest.json", json.dumps([entry]).encode())):
        yield from _member(small, len(data), [data])
    yield b"\0" * (2 * tarfile.BLOCKSIZE)


def _config(image: SavedImage, labels: Mapping[str, str]) -> bytes:
    content = {
        "architecture": image.architecture,
        "os": "linux",
        "created": _CREATED,
        "config": {
            "Env": list(image.env),
            "Cmd": list(image.command) or None,
            "Entrypoint": list(image.entrypoint) or None,
            "WorkingDir": image.folder,
            "User": image.user,
            "Labels": dict(labels),
        },
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{each}" for each in image.layers]},
        "history": [{"created": _CREATED} for _ in image.layers],
    }
    return json.dumps(content, sort_keys=True).encode()


def _member(name: str, size: int, chunks: Iterable[bytes]) -> Iterator[bytes]:
    member = tarfile.TarInfo(name)
    member.size = size
    yield member.tobuf(tarfile.PAX_FORMAT)
    yield from chunks
    yield b"\0" * (-size % tarfile.BLOCKSIZE)


def _spooled(pieces: Iterable[bytes], folder: Path) -> dict[str, Path]:
    """Every file of a saved image, in the folder under its SHA-256 once it is unpacked."""
    found: dict[str, Path] = {}
    links: dict[str, str] = {}
    with tarfile.open(fileobj=Pieces(iter(pieces)), mode="r|") as archive:
        for member in archive:
            content = archive.extractfile(member) if member.isreg() else None
            if content is not None:
                found[member.name] = _spool(content, folder)
            elif member.issym():
                # A layer that several images share.
                target = posixpath.join(posixpath.dirname(member.name), member.linkname)
                links[member.name] = posixpath.normpath(target)
    return found | {name: found[target] for name, target in links.items() if target in found}


def _spool(content: IO[bytes], folder: Path) -> Path:
    spool = folder / "spool"
    digest = hashlib.sha256()
    with spool.open("wb") as file:
        for chunk in _unpacked(_chunks(content)):
            digest.update(chunk)
            file.write(chunk)
    return spool.rename(folder / digest.hexdigest())


def _unpacked(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Engines that keep images as they were pulled save their layers compressed."""
    first = next(chunks, b"")
    if not first.startswith(_GZIP):
        yield first
        yield from chunks
        return
    unpacker = zlib.decompressobj(wbits=31)
    yield unpacker.decompress(first)
    for chunk in chunks:
        yield unpacker.decompress(chunk)
    yield unpacker.flush()


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    while chunk := file.read(_CHUNK):
        yield chunk


def _small(found: Mapping[str, Path], name: str) -> bytes:
    path = found[name]
    if path.stat().st_size > _MAX_JSON:
        raise _strange(f"{name} is larger than {_MAX_JSON} bytes")
    return path.read_bytes()


def _strange(why: str) -> EngineError:
    return EngineError(
        f"what the engine saved cannot be understood: {why}",
        cause="it keeps images in a way that repro does not know",
        action="export without --images",
    )
