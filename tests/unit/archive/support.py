"""A run to be exported, an engine's images in memory, and archives that nobody means well with."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from repro.archive.case import recorded_case
from repro.archive.catalog import used
from repro.archive.contents import Archive
from repro.archive.writing import Export, write
from repro.casefile import load
from repro.catalog import Catalog
from repro.errors import NotFoundError
from repro.model.image import SavedImage
from repro.model.observation import Captured, Completed, StepObservation, Verdict
from repro.model.plan import Plan
from repro.model.record import Lock, NodeLock, NodePrepared, RunSummary
from repro.plan import make_plan
from repro.ports import Image
from repro.record import new_header, open_run, read_run
from repro.record.folder import Recorder
from repro.redact import Outgoing
from repro.redact.known import Redactor
from repro.settings import Settings

SECRET = "hunter2-hunter2-hunter2"
ENVIRON = {"VENDOR_API_TOKEN": SECRET}
CASE = """\
schema: 1
id: greeting
title: the greeting is wrong
environment:
  os: debian-12
  product: {purl: pkg:pypi/hello}
  version: "1.0"
  env: {GREETING: hunter2-hunter2-hunter2}
files:
  - {path: /case/hello.py, source: files/hello.py}
steps:
  - {name: greet, run: python hello.py}
symptom:
  - {step: greet, exit: 1}
  - {on: node, python: checks/test_hello.py}
"""
SOURCE = f"print('hello {SECRET}')\n"
KEY = "5a" * 32
LAYERS = (b"the lower layer" * 1000, b"the upper layer")


def settings_in(folder: Path) -> Settings:
    return Settings(home=folder / "home", cache=folder / "cache")


def a_case(folder: Path) -> Path:
    """The case with its files, as its author has it."""
    for name, text in (
        ("files/hello.py", SOURCE),
        ("checks/test_hello.py", "def test_it(): ...\n"),
    ):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    path = folder / "case.yml"
    path.write_text(CASE)
    return path


def planned(settings: Settings, path: Path) -> Plan:
    loaded = load(path)
    return make_plan(
        loaded.case, digest=loaded.digest, sources=loaded.sources, profiles=Catalog(settings),
        limits=settings.limits,
    )  # fmt: skip


def open_one(settings: Settings, folder: Path) -> Recorder:
    """A run that has only begun.  Its record holds the secret: nobody knew of it."""
    loaded = load(a_case(folder))
    plan = planned(settings, loaded.path)
    header = new_header(plan).model_copy(update={"started": "2026-11-21T22:41:55+00:00"})
    return open_run(settings, header, loaded.text, loaded.sources, plan, redactor=Redactor())


def a_run(settings: Settings, folder: Path) -> Path:
    """A finished run; its folder."""
    recorder = open_one(settings, folder)
    text = f"Traceback: {SECRET}\n"
    result = Completed(exit=1, seconds=0.5, stdout=Captured(text=text, size=len(text)))
    recorder.observe(
        StepObservation(
            phase="steps", step="greet", node="node", command="x", result=result, expected=False
        )
    )
    node = NodeLock(
        image="debian:12",
        image_digest="sha256:1",
        prepared=KEY,
        architecture="x86_64",
        packages={"dpkg": {"passwd": "1:4.13", "bash": "5.2"}},
    )
    recorder.lock(Lock(kernel="6.1", engine="docker 20.10", nodes={"node": node}))
    recorder.node_log("node", f"started with {SECRET}\n".encode())
    for name, data in (
        ("/etc/App.conf", b"upper"),
        ("/etc/app.conf", b"lower"),
        ("/var/core", b"\x7fELF\0\0\0binary"),
        (f"/srv/{SECRET}/log", b"said"),
        ("/" + "/".join(f"{part:02}-{'deep' * 12}" for part in range(20)), b"far down"),
    ):
        recorder.collected("node", name, data)
    verdict = Verdict(verdict="reproduced", reason="the symptom holds")
    recorder.verdict(verdict)
    recorder.close(
        RunSummary(
            run=recorder.run, cell=recorder.header.cell, title=recorder.header.title,
            started=recorder.header.started, seconds=1.5, verdict=verdict,
            prepared=(NodePrepared(node="node", key=KEY, hit=True, seconds=0.1),),
        )
    )  # fmt: skip
    return recorder.folder


class Shelf:
    """Prepared images, in memory."""

    def __init__(self, *, made: bool = False) -> None:
        self.made = made
        self.loaded: dict[str, tuple[bytes, ...]] = {}

    def has(self, key: str) -> bool:
        return key in self.loaded

    def save_layers(self, key: str, folder: Path) -> SavedImage:
        if not self.made:
            raise NotFoundError(f"{key} is gone")
        digests = [hashlib.sha256(data).hexdigest() for data in LAYERS]
        for digest, data in zip(digests, LAYERS, strict=True):
            (folder / digest).write_bytes(data)
        return SavedImage(title="hello 1.0", architecture="amd64", layers=tuple(digests))

    def load(self, image: SavedImage, folder: Path) -> Image:
        if not self.has(image.key):
            self.loaded[image.key] = tuple((folder / each).read_bytes() for each in image.layers)
        return Image(image.key, image.key, image.architecture, "prepared")


def export(
    run: Path, target: Path, settings: Settings, *, images: bool = False, binary: bool = False
) -> Archive:
    """As the command does it."""
    record = read_run(run)
    what = Export(
        run=run,
        catalog=used(record, recorded_case(run), Catalog(settings), ["pypi"]),
        store=Shelf(made=True) if images else None,
        binary=binary,
    )
    return write(what, target, settings, Outgoing.of(settings, environ=ENVIRON))


# -- archives of somebody else's -----------------------------------------------------------

Members = list[tuple[tarfile.TarInfo, bytes]]


def opened(path: Path) -> Members:
    """The members of an archive, as standard tools have them."""
    with tarfile.open(path) as archive:
        return [(each, _content(archive, each)) for each in archive]


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    content = archive.extractfile(member)
    return content.read() if content else b""


def packed(path: Path, members: Members, tail: bytes = b"") -> Path:
    """The same, written again."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for member, data in members:
            archive.addfile(member, io.BytesIO(data))
    path.write_bytes(gzip.compress(buffer.getvalue() + tail))
    return path


def changed(path: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    """An archive whose ``archive.json`` says something else."""
    members = opened(path)
    index, data = members[0]
    content = json.loads(data)
    change(content)
    text = json.dumps(content).encode()
    index.size = len(text)
    return packed(path, [(index, text), *members[1:]])
