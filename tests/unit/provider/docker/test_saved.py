"""Images out of one engine and into another, without either: as each of them writes them."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from pathlib import Path

import pytest

from repro.errors import EngineError
from repro.model.image import SavedImage
from repro.model.record import NodeLock
from repro.provider.docker.saved import put_together, take_apart

LOWER, UPPER = b"lower" * 1000, b"upper" * 3000
SUMS = tuple(hashlib.sha256(data).hexdigest() for data in (LOWER, UPPER))
CONFIG = {
    "architecture": "amd64",
    "os": "linux",
    "created": "2026-01-01T00:00:00Z",
    "config": {
        "Env": ["PATH=/bin"],
        "Cmd": ["bash"],
        "WorkingDir": "/case",
        "Labels": {"dev.repro.workspace": "somebody's"},
        "OnBuild": ["RUN evil"],
        "ExposedPorts": {"80/tcp": {}},
    },
    "rootfs": {"type": "layers", "diff_ids": [f"sha256:{each}" for each in SUMS]},
}
LOCK = NodeLock(image="debian:12", image_digest="sha256:1", prepared="k")


def saved(layers: dict[str, bytes], links: dict[str, str] | None = None, config: object = CONFIG):
    """As an engine streams it: in small pieces, the manifest last."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        names = [*layers, *(links or {})]
        entry = {"Config": "c.json", "RepoTags": ["debian:12"], "Layers": names}
        small = {
            "c.json": json.dumps(config).encode(),
            "manifest.json": json.dumps([entry]).encode(),
        }
        for name, target in (links or {}).items():
            made = tarfile.TarInfo(name)
            made.type, made.linkname = tarfile.SYMTYPE, target
            archive.addfile(made)
        for name, data in {**layers, **small}.items():
            made = tarfile.TarInfo(name)
            made.size = len(data)
            archive.addfile(made, io.BytesIO(data))
    data = buffer.getvalue()
    return iter([data[at : at + 700] for at in range(0, len(data), 700)])


WAYS = {
    "Docker to version 24": {"aa/layer.tar": LOWER, "bb/layer.tar": UPPER},
    "Docker from version 25 on": {"blobs/sha256/1": LOWER, "blobs/sha256/2": UPPER},
    "Docker with containerd": {"blobs/sha256/1": gzip.compress(LOWER), "blobs/sha256/2": UPPER},
    "Podman": {f"{SUMS[0]}.tar": LOWER, f"{SUMS[1]}.tar": UPPER},
}  # fmt: skip


@pytest.mark.parametrize("layers", WAYS.values(), ids=WAYS.keys())
def test_layers_and_little_else_are_taken(layers: dict[str, bytes], tmp_path: Path) -> None:
    image = take_apart(saved(layers), tmp_path, "black on debian-12", LOCK)
    assert image == SavedImage(
        title="black on debian-12", architecture="amd64", layers=SUMS, env=("PATH=/bin",),
        command=("bash",), folder="/case", lock=LOCK,
    )  # fmt: skip
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        SUMS[0]: LOWER, SUMS[1]: UPPER,
    }  # fmt: skip


def test_a_layer_that_is_a_link_to_one(tmp_path: Path) -> None:
    config = {**CONFIG, "rootfs": {"diff_ids": [f"sha256:{SUMS[0]}"] * 2}}
    pieces = saved({"aa/layer.tar": LOWER}, {"bb/layer.tar": "../aa/layer.tar"}, config)
    assert take_apart(pieces, tmp_path, "", None).layers == (SUMS[0], SUMS[0])


DAMAGED = {
    "another layer": saved({"a": LOWER, "b": b"x"}),
    "an unknown compression": saved({"a": LOWER, "b": b"\x28\xb5\x2f\xfd"}),
    "no such layer": saved({"a": LOWER}, {"b": "../nowhere"}),
    "no configuration": saved({"a": LOWER, "b": UPPER}, config=[]),
    "too few layers": saved({"a": LOWER}),
    "nothing": iter([]),
}


@pytest.mark.parametrize("pieces", DAMAGED.values(), ids=DAMAGED.keys())
def test_what_cannot_be_understood_is_said(pieces: object, tmp_path: Path) -> None:
    with pytest.raises(EngineError):
        take_apart(pieces, tmp_path, "", None)  # type: ignore[arg-type]


def test_what_is_loaded_has_our_name_and_labels_only(tmp_path: Path) -> None:
    image = take_apart(saved(WAYS["Podman"]), tmp_path, "black on debian-12", LOCK)
    stream = b"".join(put_together(image, tmp_path, "repro/prepared:abc", {"dev.repro.key": "abc"}))
    with tarfile.open(fileobj=io.BytesIO(stream)) as archive:
        found = {each.name: archive.extractfile(each).read() for each in archive}  # type: ignore[union-attr]
    (entry,) = json.loads(found["manifest.json"])
    assert entry["RepoTags"] == ["repro/prepared:abc"]
    assert [found[name] for name in entry["Layers"]] == [LOWER, UPPER]
    config = json.loads(found[entry["Config"]])
    assert config["config"]["Labels"] == {"dev.repro.key": "abc"}
    assert "OnBuild" not in config["config"]
    assert config["rootfs"] == CONFIG["rootfs"]
    assert "repositories" not in found


def test_what_is_put_together_can_be_taken_apart(tmp_path: Path) -> None:
    image = take_apart(saved(WAYS["Podman"]), tmp_path, "t", LOCK)
    (tmp_path / "again").mkdir()
    again = take_apart(put_together(image, tmp_path, "a:b", {}), tmp_path / "again", "t", LOCK)
    assert again == image
    assert again.key == image.key


def test_its_key_is_all_that_it_is() -> None:
    image = SavedImage(title="t", architecture="amd64", layers=SUMS)
    others = [
        image.model_copy(update=change)
        for change in ({"title": "u"}, {"layers": SUMS[::-1]}, {"env": ("A=1",)}, {"lock": LOCK})
    ]
    assert len({image.key, *(other.key for other in others)}) == 5
