"""Archives that nobody means well with: each is refused, its member named, and nothing is left."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from repro.archive import contents, tar
from repro.archive.taking import take, unpacked
from repro.errors import ArchiveError, DiskFullError
from repro.settings import Settings
from tests.unit.archive.support import Shelf, changed, opened, packed


def refused(path: Path, here: Settings, error: type[Exception] = ArchiveError) -> str:
    """What is said; nothing of the archive is left anywhere."""
    store = Shelf()
    with pytest.raises(error) as caught:
        _import(path, here, store)
    assert not store.loaded
    left = [p for p in here.home.rglob("*") if p.name not in ("runs", ".pending")]
    assert not left
    return str(caught.value)


def _import(path: Path, here: Settings, store: Shelf) -> None:
    with unpacked(path, here, store) as found:
        found.load_images(store)
        take(found, here)


def member(name: str, data: bytes = b"", kind: bytes = tarfile.REGTYPE, link: str = "") -> Any:
    made = tarfile.TarInfo(name)
    made.size = len(data)
    made.type = kind
    made.linkname = link
    return made, data


def with_file(content: dict[str, Any], name: str, data: bytes = b"x") -> None:
    digest = hashlib.sha256(data).hexdigest()
    content["files"][name] = {"sha256": digest, "size": len(data)}


def with_files(content: dict[str, Any], count: int) -> None:
    for number in range(count):
        with_file(content, f"collected/{number}")


NAMES = {
    "up": "../../outside",
    "up in the middle": "collected/../../outside",
    "absolute": "/etc/passwd",
    "hidden": "collected/.ssh/authorized_keys",
    "backslashes": "collected\\..\\outside",
    "an empty part": "collected//x",
    "a newline": "collected/a\nb",
    "a control sequence": "collected/\x1b[2Jx",
    "a bidirectional override": "collected/\u202egpj.exe",
    "a zero byte": "collected/a\0b",
    "too long": "collected/" + "x" * 300,
    "too deep": "/".join(["d"] * 100),
    "far too deep": "/".join(["d"] * 3000),
    "the index again": "archive.json",
    "an image of nobody": "images/" + "0" * 64,
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())
def test_names_that_repro_does_not_give(name: str, archive: Path, here: Settings) -> None:
    told = refused(changed(archive, lambda index: with_file(index, name)), here)
    assert repr(name[:40])[1:8] in told


CLASHES = {
    "upper and lower case": "COLLECTED/node/etc/app.conf",
    "a ligature": "collected/ﬁle",
    "accents": "collected/e\u0301",
    "a file over a folder": "collected/node",
    "a file below a file": "case.yml/x",
}


@pytest.mark.parametrize("name", CLASHES.values(), ids=CLASHES.keys())
def test_names_that_lie_over_others(name: str, archive: Path, here: Settings) -> None:
    def change(index: dict[str, Any]) -> None:
        for each in ("collected/file", "collected/\u00e9", "collected/node/etc/app.conf", name):
            with_file(index, each)

    assert "would lie over another" in refused(changed(archive, change), here)


KINDS = {
    "a symbolic link": (tarfile.SYMTYPE, "/etc/passwd"),
    "a hard link": (tarfile.LNKTYPE, "/etc/passwd"),
    "a device": (tarfile.CHRTYPE, ""),
    "a pipe": (tarfile.FIFOTYPE, ""),
    "a folder": (tarfile.DIRTYPE, ""),
    "of a kind that repro does not write": (tarfile.GNUTYPE_SPARSE, ""),
}


@pytest.mark.parametrize(("kind", "link"), KINDS.values(), ids=KINDS.keys())
def test_what_is_no_file(
    kind: bytes, link: str, archive: Path, here: Settings, request: pytest.FixtureRequest
) -> None:
    members = opened(archive)
    at = next(i for i, (each, _) in enumerate(members) if each.name.endswith("/plan.json"))
    members[at] = member(members[at][0].name, b"", kind, link)
    told = refused(packed(archive, members), here)
    assert "plan.json" in told
    assert request.node.callspec.id in told


def test_a_member_that_is_there_twice(archive: Path, here: Settings) -> None:
    members = opened(archive)
    assert "twice" in refused(packed(archive, [*members, members[2]]), here)


def test_a_member_that_is_not_in_the_index(archive: Path, here: Settings) -> None:
    members = opened(archive)
    top = members[0][0].name.partition("/")[0]
    told = refused(packed(archive, [*members, member(f"{top}/more", b"x")]), here)
    assert "more" in told
    told = refused(packed(archive, [*members, member("elsewhere/case.yml", b"x")]), here)
    assert "elsewhere/case.yml" in told


def test_a_member_that_is_missing(archive: Path, here: Settings) -> None:
    members = opened(archive)
    told = refused(packed(archive, members[:-1]), here)
    assert members[-1][0].name.partition("/")[2] in told


def test_a_changed_byte(archive: Path, here: Settings) -> None:
    members = opened(archive)
    info, data = members[5]
    members[5] = info, data[:-1] + bytes([data[-1] ^ 1])
    told = refused(packed(archive, members), here)
    assert info.name.partition("/")[2] in told
    assert "SHA-256" in told


def test_another_size(archive: Path, here: Settings) -> None:
    def change(index: dict[str, Any]) -> None:
        index["files"]["case.yml"]["size"] += 1

    assert "case.yml is " in refused(changed(archive, change), here)


INDEX: dict[str, tuple[str, Callable[[dict[str, Any]], object]]] = {
    "a newer format": ("newer format", lambda index: index.update(format=2)),
    "no format": ("cannot be read", lambda index: index.pop("format")),
    "more keys": ("cannot be read", lambda index: index.update(more=1)),
    "the run of a path": ("no name of a run", lambda index: index.update(run="../x")),
    "a hidden run": ("no name of a run", lambda index: index.update(run=".x")),
    "a word of ours": ("no name of a run", lambda index: index.update(run="last")),
    "another run": (
        "another run", lambda index: index.update(run="20261121-224155-other-0000")
    ),
    "less than nothing": (
        "has no size", lambda index: index["files"]["case.yml"].update(size=-1)
    ),
    "a terabyte": (
        "larger than", lambda index: index["files"]["case.yml"].update(size=2**40)
    ),
    "very many": (
        "over 20000", lambda index: with_files(index, 20_000)
    ),
}  # fmt: skip


@pytest.mark.parametrize(("words", "change"), INDEX.values(), ids=INDEX.keys())
def test_an_index_that_cannot_be_true(
    words: str, change: Callable[[dict[str, Any]], object], archive: Path, here: Settings
) -> None:
    assert words in refused(changed(archive, change), here)


def test_an_index_that_is_too_deep(archive: Path, here: Settings) -> None:
    members = opened(archive)
    deep = b'{"format": 1, "run": ' + b"[" * 500_000 + b"]" * 500_000 + b"}"
    packed(archive, [member(members[0][0].name, deep), *members[1:]])
    assert "cannot be read" in refused(archive, here)


def test_an_index_that_is_too_large(here: Settings, tmp_path: Path) -> None:
    large = b" " * (contents.MAX_INDEX + 1)
    path = packed(tmp_path / "a", [member("x/archive.json", large)])
    assert "larger than" in refused(path, here)


def test_the_index_is_not_first(archive: Path, here: Settings) -> None:
    assert "first member" in refused(packed(archive, opened(archive)[::-1]), here)


def test_images_that_would_fill_the_disk(with_images: Path, here: Settings) -> None:
    def change(index: dict[str, Any]) -> None:
        name = next(each for each in index["files"] if each.startswith("images/"))
        index["files"][name]["size"] = 2**35

    assert "made to fill the disk" in refused(changed(with_images, change), here)


def test_more_than_the_disk_has(
    with_images: Path, here: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("repro.archive.reading._SPARE", 2**60)
    assert "free" in refused(with_images, here, DiskFullError)


def test_layers_are_called_by_their_sums(with_images: Path, here: Settings) -> None:
    def change(index: dict[str, Any]) -> None:
        first, second = (each for each in index["files"] if each.startswith("images/"))
        index["files"][first], index["files"][second] = (
            index["files"][second], index["files"][first],
        )  # fmt: skip

    assert "not called by its SHA-256" in refused(changed(with_images, change), here)


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", ""])
def test_layers_that_are_paths(name: str, with_images: Path, here: Settings) -> None:
    def change(index: dict[str, Any]) -> None:
        index["images"]["node"]["layers"].append(name)

    assert "belongs to no image, or is missing" in refused(changed(with_images, change), here)


def test_a_run_whose_own_manifest_does_not_hold(archive: Path, here: Settings) -> None:
    members = opened(archive)
    index = json.loads(members[0][1])
    at = next(i for i, (each, _) in enumerate(members) if each.name.endswith("/case.yml"))
    data = members[at][1] + b"# more\n"
    index["files"]["case.yml"] = {
        "sha256": hashlib.sha256(data).hexdigest(), "size": len(data),
    }  # fmt: skip
    members[at] = member(members[at][0].name, data)
    members[0] = member(members[0][0].name, json.dumps(index).encode())
    assert "not whole: case.yml" in refused(packed(archive, members), here)


def test_a_run_without_a_header(archive: Path, here: Settings) -> None:
    """Everything that sums hold for, and yet no run."""
    members = opened(archive)
    index = json.loads(members[0][1])
    top = index["run"]
    del index["files"]["run.json"]
    kept = [each for each in members[1:] if each[0].name != f"{top}/run.json"]
    at = next(i for i, (each, _) in enumerate(kept) if each.name == f"{top}/manifest.json")
    own = json.loads(kept[at][1])
    del own["files"]["run.json"]
    data = json.dumps(own).encode()
    with_file(index, "manifest.json", data)
    kept[at] = member(f"{top}/manifest.json", data)
    packed(archive, [member(members[0][0].name, json.dumps(index).encode()), *kept])
    assert "is no run folder" in refused(archive, here)


def test_cut_off_anywhere(archive: Path, here: Settings, tmp_path: Path) -> None:
    data = archive.read_bytes()
    for length in (1, 12, 500, len(data) // 2, len(data) - 9, len(data) - 1):
        (tmp_path / "cut").write_bytes(data[:length])
        refused(tmp_path / "cut", here)


def test_it_goes_on_after_its_end(archive: Path, here: Settings) -> None:
    members = opened(archive)
    for tail in (b"more", b"\0" * (2 << 20)):
        assert "goes on after" in refused(packed(archive, members, tail), here)


def test_long_headers(here: Settings, tmp_path: Path) -> None:
    for size, data in ((1 << 40, b""), (30, b"30 path=aaa\n12 size=9999999999\n"[:30])):
        header, _ = member("pax", kind=tarfile.XHDTYPE)
        header.size = size
        path = tmp_path / "a"
        path.write_bytes(gzip.compress(header.tobuf(tarfile.GNU_FORMAT) + data.ljust(512, b"\0")))
        refused(path, here)


def test_what_is_no_archive_at_all(here: Settings, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("schema: 1\n")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "gzip").write_bytes(gzip.compress(b"no tar"))
    (tmp_path / "empty").write_bytes(b"")
    for name in ("text", "pipe", "gzip", "empty", "missing", "."):
        refused(tmp_path / name, here)


@given(st.data())
@examples(max_examples=150, deadline=None)
def test_any_damage_is_refused_or_does_no_harm(data: st.DataObject) -> None:
    whole = _whole_tar()
    at = data.draw(st.integers(0, len(whole) - 1))
    piece = data.draw(st.binary(min_size=1, max_size=40))
    damaged = gzip.compress(whole[:at] + piece + whole[at + len(piece) :], 1)
    try:
        for each in tar.members(io.BytesIO(damaged)):
            assert sum(map(len, each.chunks())) == each.size
    except ArchiveError:
        pass


def _whole_tar() -> bytes:
    packed = io.BytesIO()
    with tar.Writer(packed, 1) as archive:
        for name, content in (("a/archive.json", b"{}"), ("a/" + "n" * 300, b"x" * 700)):
            archive.add(name, len(content), io.BytesIO(content))
    return gzip.decompress(packed.getvalue())


NAME = st.text(st.characters(codec="utf-8", exclude_characters="\0/"), min_size=1, max_size=300)
FILES = st.dictionaries(NAME, st.binary(max_size=2000), max_size=6)


@given(FILES)
@examples(max_examples=100, deadline=None)
def test_what_is_written_is_read_again(files: dict[str, bytes]) -> None:
    with tempfile.TemporaryFile() as file:
        with tar.Writer(file, 1) as archive:
            for name, content in files.items():
                archive.add(name, len(content), io.BytesIO(content))
        file.seek(0)
        found = {each.name: b"".join(each.chunks()) for each in tar.members(file)}
    assert found == files
