from __future__ import annotations

import json
import os
import threading
import time
from pathlib import Path

import pytest

from repro.archive.taking import take, unpacked
from repro.errors import ArchiveError
from repro.record import keep_judgement, manifest, read_run, verify
from repro.record.history import History
from repro.settings import Settings
from tests.unit.archive import support
from tests.unit.archive.support import Shelf, export


def take_in(path: Path, settings: Settings, store: Shelf | None = None) -> bool:
    with unpacked(path, settings, store) as found:
        if store is not None:
            found.load_images(store)
        return take(found, settings)


def test_it_is_whole_and_in_the_history(archive: Path, run: Path, here: Settings) -> None:
    assert take_in(archive, here)
    folder = here.runs / run.name
    assert verify(folder) == []
    assert read_run(folder).verdict == read_run(run).verdict
    with History(here.history_url) as history:
        assert history.get(run.name).folder == str(folder)
    assert (folder / "catalog/profiles/os/debian-12.yml").is_file()
    assert not list(here.runs.glob(".arriving-*"))
    assert not list((here.runs / ".pending").iterdir())


def test_again_it_is_here_already(archive: Path, here: Settings) -> None:
    assert take_in(archive, here)
    assert not take_in(archive, here)


def test_where_it_was_made_it_is_here_already(archive: Path, there: Settings) -> None:
    assert not take_in(archive, there)


def test_a_copy_of_a_copy_is_the_same(
    archive: Path, here: Settings, there: Settings, tmp_path: Path
) -> None:
    take_in(archive, here)
    again = tmp_path / "again.tar.gz"
    first = next(here.runs.glob("2*"))
    assert list(export(first, again, here).left_out) == ["collected/node/var/core"]
    take_in(again, support.settings_in(tmp_path / "third"))
    assert not take_in(again, there)  # where the first one is
    third = manifest.read(tmp_path / "third/home/runs" / first.name)
    assert third == manifest.read(first)


def test_another_run_of_that_name_stays(archive: Path, here: Settings, run: Path) -> None:
    take_in(archive, here)
    folder = here.runs / run.name
    keep_judgement(folder, read_run(folder).verdict)  # type: ignore[arg-type]
    before = manifest.read(folder)
    with pytest.raises(ArchiveError, match="another run"):
        take_in(archive, here)
    assert manifest.read(folder) == before


def test_a_later_judgement_leaves_it_a_copy(archive: Path, here: Settings, run: Path) -> None:
    take_in(archive, here)
    folder = here.runs / run.name
    before = manifest.read(folder)
    keep_judgement(folder, read_run(folder).verdict)  # type: ignore[arg-type]
    after = manifest.read(folder)
    assert before is not None
    assert after is not None
    assert after.copy_of == before.copy_of is not None
    assert verify(folder) == []


def test_images_come_once_and_under_a_key_of_their_own(with_images: Path, here: Settings) -> None:
    store = Shelf()
    take_in(with_images, here, store)
    assert list(store.loaded.values()) == [support.LAYERS]
    assert support.KEY not in store.loaded
    take_in(with_images, here, store)  # their layers are not even unpacked
    assert len(store.loaded) == 1


def test_images_can_be_left(with_images: Path, here: Settings, run: Path) -> None:
    assert take_in(with_images, here)
    assert verify(here.runs / run.name) == []
    assert not (here.runs / run.name / "images").exists()


def test_two_at_once_are_one_run(archive: Path, here: Settings, run: Path) -> None:
    results: list[object] = []

    def carry_out() -> None:
        try:
            results.append(take_in(archive, here))
        except Exception as error:  # noqa: BLE001 - looked at below
            results.append(error)

    threads = [threading.Thread(target=carry_out) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results.count(True) == 1, results
    assert verify(here.runs / run.name) == []


def test_what_a_killed_import_left_goes_with_the_next(archive: Path, here: Settings) -> None:
    left, recent = here.runs / ".arriving-1", here.runs / ".arriving-2"
    for each in (left, recent):
        each.mkdir(parents=True)
    (left / "half").write_text("of a run")
    os.utime(left, (0, time.time() - 3600))
    take_in(archive, here)
    assert not left.exists()
    assert recent.exists()


def test_a_link_in_place_of_the_run_is_not_followed(
    archive: Path, here: Settings, run: Path, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    here.runs.mkdir(parents=True)
    (here.runs / run.name).symlink_to(elsewhere)
    with pytest.raises(Exception, match="already"):
        take_in(archive, here)
    assert not list(elsewhere.iterdir())


def test_the_case_is_laid_out_as_its_author_had_it(archive: Path, here: Settings) -> None:
    from repro.catalog import Catalog

    with unpacked(archive, here) as found:
        loaded = found.case(Catalog(here))
    assert loaded.case.id == "greeting"
    assert set(loaded.sources) == {"files/hello.py", "checks/test_hello.py"}
    assert support.SECRET not in loaded.text.decode()


def test_the_index_says_what_was_redacted(archive: Path, here: Settings) -> None:
    with unpacked(archive, here) as found:
        assert sum(found.archive.redacted.values()) > 0
        assert "collected/node/var/core" in found.archive.left_out
        assert json.loads(found.archive.model_dump_json())["format"] == 1
