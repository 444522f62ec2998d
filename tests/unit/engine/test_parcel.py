from __future__ import annotations

import tempfile
import zlib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from repro import files
from repro.engine import parcel
from repro.engine.parcel import Parcel, pack, unpack
from repro.errors import RecordError
from repro.record import manifest, pending, read_run, verify
from repro.record.folder import Recorder
from repro.record.history import History, catch_up
from repro.settings import Settings
from tests.unit.record import samples


@pytest.fixture
def run(tmp_path: Path) -> Recorder:
    """A run on a worker."""
    return samples.whole_run(Settings(home=tmp_path / "worker", cache=tmp_path))


@pytest.fixture
def here(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", cache=tmp_path)


def _nothing(runs: Path) -> bool:
    return not [path for path in runs.rglob("*") if path.name != pending.FOLDER]


def _of(contents: dict[str, bytes], run: str = "run-1") -> Parcel:
    """A parcel that nobody packed."""
    sizes = tuple((name, len(data)) for name, data in contents.items())
    return Parcel(run, sizes, zlib.compress(b"".join(contents.values())))


def test_a_run_comes_whole_and_the_history_is_told(run: Recorder, here: Settings) -> None:
    summary, folder = unpack(pack(run.folder), here.runs)
    assert (summary.run, folder) == (run.run, here.runs / run.run)
    assert verify(folder) == []
    theirs, ours = read_run(run.folder), read_run(folder)
    assert ours == theirs.model_copy(update={"folder": str(folder)})
    assert catch_up(here) == 1
    with History(here.history_url) as history:
        assert [line.run for line in history.runs()] == [run.run]


def test_a_second_answer_changes_nothing(run: Recorder, here: Settings) -> None:
    packed = pack(run.folder)
    _, folder = unpack(packed, here.runs)
    before = sorted(here.runs.rglob("*"))
    with pytest.raises(RecordError, match="already"):
        unpack(packed, here.runs)
    assert sorted(here.runs.rglob("*")) == before
    assert verify(folder) == []


@pytest.mark.parametrize(
    "name",
    [
        "../out", "a/../../out", "/etc/out", "a//b", "", ".", "..", "./a", ".pending/x", "a\0b",
        "a/", "x" * 5000, "a\nb",
    ],
)  # fmt: skip
def test_a_file_that_would_lie_elsewhere(name: str, here: Settings) -> None:
    hostile = _of({name: b"x", manifest.NAME: b"{}"})
    with pytest.raises(RecordError, match="no run folder"):
        unpack(hostile, here.runs)
    assert not here.runs.exists()


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "a/b", "/tmp/x", ".pending", "x" * 300])
def test_a_run_that_would_lie_elsewhere(name: str, run: Recorder, here: Settings) -> None:
    with pytest.raises(RecordError, match="no run folder"):
        unpack(replace(pack(run.folder), run=name), here.runs)
    assert not here.runs.exists()


def test_a_link_is_not_packed(run: Recorder) -> None:
    (run.folder / "link").symlink_to("/etc/hostname")
    with pytest.raises(RecordError, match="no regular file"):
        pack(run.folder)


def test_a_name_that_is_file_and_folder(here: Settings) -> None:
    for names in (("a", "a/b"), ("a/b", "a")):
        hostile = _of({**dict.fromkeys(names, b"x"), manifest.NAME: b"{}"})
        with pytest.raises(RecordError, match="file and a folder"):
            unpack(hostile, here.runs)
    twice = Parcel("run-1", (("a", 1), ("a", 1), (manifest.NAME, 0)), zlib.compress(b"xx"))
    with pytest.raises(RecordError, match="twice"):
        unpack(twice, here.runs)
    assert _nothing(here.runs)


def test_a_bomb_is_not_unpacked(here: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = zlib.compress(bytes(64 << 20))
    declared = Parcel("run-1", (("a", parcel.MAX_BYTES), (manifest.NAME, 2)), bomb)
    with pytest.raises(RecordError, match="larger"):
        unpack(declared, here.runs)
    taken: list[int] = []
    write_all = files.write_all

    def watched(fd: int, data: bytes) -> None:
        taken.append(len(data))
        write_all(fd, data)

    monkeypatch.setattr(files, "write_all", watched)
    with pytest.raises(RecordError, match="more contents"):
        unpack(Parcel("run-1", ((manifest.NAME, 2),), bomb), here.runs)
    assert sum(taken) <= 2
    many = tuple((f"f{number}", 0) for number in range(parcel.MAX_FILES + 1))
    with pytest.raises(RecordError, match="over"):
        unpack(Parcel("run-1", many, b""), here.runs)
    with pytest.raises(RecordError, match="no size"):
        unpack(Parcel("run-1", (("a", -1), (manifest.NAME, 0)), zlib.compress(b"")), here.runs)
    assert _nothing(here.runs)


def test_a_large_run_is_not_packed(run: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parcel, "MAX_BYTES", 100)
    with pytest.raises(RecordError, match="larger"):
        pack(run.folder)


def test_damage_on_the_way(run: Recorder, here: Settings) -> None:
    packed = pack(run.folder)
    plain = zlib.decompress(packed.data)
    damaged = {
        "end early": replace(packed, data=packed.data[:-20]),
        "more contents": replace(packed, data=zlib.compress(plain + b"x")),
        "content was changed": replace(packed, data=zlib.compress(b"!" + plain[1:])),
        "no run folder": replace(packed, data=b"not compressed"),
        "no manifest": _of({"run.json": b"{}"}),
        "not in the manifest": _of({"a": b"", manifest.NAME: b'{"files": {}}'}),
        "of another run": replace(packed, run="another-run"),
    }
    for part, each in damaged.items():
        with pytest.raises(RecordError, match=part):
            unpack(each, here.runs)
    assert _nothing(here.runs)


def test_an_unfinished_run_is_refused(run: Recorder, here: Settings) -> None:
    (run.folder / manifest.NAME).unlink()
    with pytest.raises(RecordError, match="not finished"):
        unpack(pack(run.folder), here.runs)


NAMES = st.text("ab%-._é", min_size=1, max_size=12).filter(lambda name: name[0] != ".")
CONTENTS = st.dictionaries(NAMES, st.binary(max_size=3000), max_size=8)


@given(CONTENTS)
@examples(max_examples=25, deadline=None)
def test_any_contents_come_as_they_were(contents: dict[str, bytes]) -> None:
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        run = samples.whole_run(Settings(home=home / "worker", cache=home))
        (run.folder / "collected").mkdir()
        for file, data in contents.items():
            (run.folder / "collected" / file).write_bytes(data)
        manifest.write(run.folder, redacted=0)
        _, folder = unpack(pack(run.folder), home / "runs")
        assert verify(folder) == []
        found = {path.name: path.read_bytes() for path in (folder / "collected").glob("*")}
        assert found == contents
