from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repro import files
from repro.errors import RecordError

paths = st.text(
    alphabet=st.one_of(st.sampled_from("/.%a\0\n"), st.characters(codec=None)), max_size=400
)


@given(paths)
def test_a_safe_path_stays_where_it_is_put(path: str) -> None:
    made = files.safe_path(path)
    assert not made.is_absolute()
    assert made.parts
    for part in made.parts:
        assert part.isascii()
        assert part.isprintable()
        assert not part.startswith(".")
        assert len(part) <= 120


def normal(path: str) -> list[str]:
    return [part for part in path.split("/") if part not in ("", ".")]


@given(paths, paths)
def test_distinct_paths_stay_distinct(one: str, other: str) -> None:
    if normal(one) != normal(other):
        assert files.safe_path(one) != files.safe_path(other)


def test_an_ordinary_path_stays_readable() -> None:
    assert (
        str(files.safe_path("/var/log/redis/redis-server.log")) == "var/log/redis/redis-server.log"
    )


@pytest.mark.parametrize("kind", ["link", "pipe", "folder"])
def test_only_regular_files_are_read(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "x"
    match kind:
        case "link":
            path.symlink_to("/etc/passwd")
        case "pipe":
            os.mkfifo(path)
        case _:
            path.mkdir()
    with pytest.raises(RecordError):
        files.read_bounded(path, 100)


def test_a_file_beyond_the_bound_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"12345")
    assert files.read_bounded(tmp_path / "x", 5) == b"12345"
    with pytest.raises(RecordError, match="larger than 4"):
        files.read_bounded(tmp_path / "x", 4)


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "x"
    files.write_atomic(target, b"old")
    target.chmod(0o400)
    with pytest.raises(TypeError):
        files.write_atomic(target, "no bytes")  # type: ignore[arg-type]
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_the_tree_names_links_and_does_not_follow_them(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a").write_bytes(b"")
    (tmp_path / "out").symlink_to("/etc")
    assert files.tree(tmp_path) == ["in/a", "out"]
