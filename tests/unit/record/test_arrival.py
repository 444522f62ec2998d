from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from repro import files
from repro.errors import RecordError
from repro.record import arrival, pending
from repro.record.read import run_folders
from repro.settings import Settings


def test_it_is_gone_afterwards_and_nobody_takes_it_for_a_run(settings: Settings) -> None:
    with arrival.beside(settings.runs) as folder:
        (folder / "run.json").write_text("{}")
        assert run_folders(settings) == []
    assert list(settings.runs.iterdir()) == [settings.runs / ".pending"]


def test_what_is_being_made_is_left_alone_however_long_it_takes(settings: Settings) -> None:
    with arrival.beside(settings.runs) as folder:
        os.utime(folder, (0, 0))
        arrival.clean(settings.runs)
        assert folder.is_dir()


def test_what_a_killed_process_left_is_removed(settings: Settings) -> None:
    left, recent = settings.runs / ".arriving-1", settings.runs / ".arriving-2"
    for folder in (left, recent):
        (folder / "half").mkdir(parents=True)
    os.utime(left, (0, time.time() - 3600))
    arrival.clean(settings.runs)
    assert list(settings.runs.iterdir()) == [recent]


def test_a_run_is_there_all_at_once_and_waits_for_the_history(settings: Settings) -> None:
    target = settings.runs / "20261121-demo"
    with arrival.beside(settings.runs) as folder:
        _run(folder / "run")
        arrival.place(folder / "run", target)
    assert (target / "run.json").is_file()
    assert pending.ended(settings.runs) == [target]


def test_a_run_that_is_there_stays(settings: Settings) -> None:
    target = settings.runs / "20261121-demo"
    with arrival.beside(settings.runs) as folder:
        _run(folder / "run")
        target.mkdir()
        with pytest.raises(RecordError, match="already"):
            arrival.place(folder / "run", target)
    assert target.is_dir()


def test_a_place_that_was_made_and_never_filled_is_free(settings: Settings) -> None:
    target = settings.runs / "20261121-demo"
    with arrival.beside(settings.runs) as folder:
        _run(folder / "run")
        target.mkdir()
        os.utime(target, (0, time.time() - 3600))
        arrival.place(folder / "run", target)
    assert (target / "run.json").is_file()


def test_a_file_is_written_by_one_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "part"
    path.write_text("what a killed process left")
    with files.locked_file(path) as fd:
        assert path.read_bytes() == b""
        os.write(fd, b"whole")
        path.replace(tmp_path / "whole")
        with files.locked_file(path) as other:  # the name is free again
            os.write(other, b"another")
            path.unlink()
    assert (tmp_path / "whole").read_bytes() == b"whole"


def _run(folder: Path) -> None:
    folder.mkdir()
    (folder / "run.json").write_text("{}")
