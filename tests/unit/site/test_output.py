from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from repro.errors import DiskFullError, InputError, RecordError
from repro.site.output import MARKER, Output, alone, claim, notes_path

RECIPE = "r"


def fill(folder: Path, notes: Path, recipe: str = RECIPE, **pages: str) -> Output:
    """One build: a group of pages for each argument, made of its text."""
    claim(folder)
    output = Output(folder, notes, recipe)
    for name, text in pages.items():
        if not output.unchanged(name, text):
            page = output.group(name, text)
            page(f"{name}/one.html", text, lambda text=text: f"1 {text}")  # type: ignore[misc]
            page(f"{name}/fixed.html", "0", lambda: "2")
    output.finish({})
    return output


def counts(output: Output) -> tuple[int, int, int]:
    return output.written, output.kept, output.removed


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    return tmp_path / "home" / "notes.json"


def test_only_what_changed_is_written(tmp_path: Path, notes: Path) -> None:
    out = tmp_path / "out"
    assert counts(fill(out, notes, a="x", b="y")) == (4, 0, 0)
    assert counts(fill(out, notes, a="x", b="y")) == (0, 4, 0)
    before = (out / "a" / "one.html").stat().st_ino
    assert counts(fill(out, notes, a="x", b="z")) == (1, 3, 0)
    assert (out / "b" / "one.html").read_text() == "1 z"
    assert (out / "a" / "one.html").stat().st_ino == before
    assert counts(fill(out, notes, a="x")) == (0, 2, 2)
    assert sorted(path.name for path in out.rglob("*.html")) == ["fixed.html", "one.html"]


def test_another_recipe_makes_all_of_it_again(tmp_path: Path, notes: Path) -> None:
    fill(tmp_path / "out", notes, a="x")
    assert counts(fill(tmp_path / "out", notes, recipe="other", a="x")) == (2, 0, 0)


def test_a_page_that_was_removed_is_made_again(tmp_path: Path, notes: Path) -> None:
    fill(tmp_path / "out", notes, a="x", b="y")
    (tmp_path / "out" / "a" / "one.html").unlink()
    assert counts(fill(tmp_path / "out", notes, a="x", b="y")) == (1, 3, 0)


def test_notes_of_another_build_are_not_trusted(tmp_path: Path, notes: Path) -> None:
    """The folder was filled from another home meanwhile."""
    fill(tmp_path / "out", notes, a="x")
    other = notes.with_name("other.json")
    fill(tmp_path / "out", other, a="changed")
    assert counts(fill(tmp_path / "out", notes, a="x")) == (2, 0, 0)
    assert (tmp_path / "out" / "a" / "one.html").read_text() == "1 x"


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"build": 1}'])
def test_damaged_notes_are_as_none(tmp_path: Path, notes: Path, text: str) -> None:
    fill(tmp_path / "out", notes, a="x")
    notes.write_text(text)
    assert counts(fill(tmp_path / "out", notes, a="x")) == (2, 0, 0)
    (tmp_path / "out" / MARKER).write_text(text)
    assert counts(fill(tmp_path / "out", notes, a="x")) == (2, 0, 0)


def interrupted(make: Callable[[], str]) -> str:
    raise KeyboardInterrupt


def test_what_was_interrupted_is_whole_and_made_anew(tmp_path: Path, notes: Path) -> None:
    out = tmp_path / "out"
    fill(out, notes, a="x", b="y")
    output = Output(out, notes, RECIPE)
    page = output.group("a", "z")
    page("a/one.html", "z", lambda: "1 z")
    with pytest.raises(KeyboardInterrupt):
        page("a/two.html", "z", lambda: interrupted(str))
    assert (out / "b" / "one.html").read_text() == "1 y"
    # What the history says is as before, and not what was written last.
    assert counts(fill(out, notes, a="x", b="y")) == (4, 0, 0)
    assert (out / "a" / "one.html").read_text() == "1 x"


def test_what_an_interrupted_build_left_is_removed(tmp_path: Path, notes: Path) -> None:
    fill(tmp_path / "out", notes, a="x")
    (tmp_path / "out" / "a" / ".tmp-one.html").write_text("half")
    assert counts(fill(tmp_path / "out", notes, a="x")) == (0, 2, 1)


def test_what_is_put_beside_the_pages_stays(tmp_path: Path, notes: Path) -> None:
    out = tmp_path / "out"
    fill(out, notes, a="x", b="y")
    (out / "robots.txt").write_text("mine")
    (out / "mine" / "a").mkdir(parents=True)
    (out / "mine" / "a" / "one.html").write_text("mine")
    assert counts(fill(out, notes, a="x")) == (0, 2, 2)
    # Also where nothing is known of the pages any more.
    notes.unlink()
    (out / "b" / "one.html").write_text("an old page")
    (out / ".tmp-a").write_text("half")
    assert counts(fill(out, notes, a="x")) == (2, 0, 2)
    left = sorted(str(path.relative_to(out)) for path in out.rglob("*") if path.is_file())
    assert left == [MARKER, "a/fixed.html", "a/one.html", "mine/a/one.html", "robots.txt"]


def test_a_page_that_cannot_be_made_is_none(tmp_path: Path, notes: Path) -> None:
    claim(tmp_path / "out")
    output = Output(tmp_path / "out", notes, RECIPE)
    page = output.group("a", "x")
    with pytest.raises(ZeroDivisionError):
        page("a/one.html", "x", lambda: str(1 / 0))
    output.finish({})
    assert list((tmp_path / "out").iterdir()) == [tmp_path / "out" / MARKER]


def test_what_is_not_ours_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("all of it")
    with pytest.raises(InputError, match="not those of a site"):
        claim(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]
    claim(tmp_path / "new" / "one")
    claim(tmp_path / "new" / "one")
    with pytest.raises(RecordError):
        claim(tmp_path / "thesis.txt")


def test_links_are_not_followed(tmp_path: Path, notes: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept.html").write_text("mine")
    fill(tmp_path / "out", notes, a="x")
    (tmp_path / "out" / "a" / "b").symlink_to(outside)
    assert counts(fill(tmp_path / "out", notes, a="x")) == (0, 2, 1)
    assert (outside / "kept.html").read_text() == "mine"


def test_one_build_at_a_time(tmp_path: Path, notes: Path) -> None:
    with alone(notes, tmp_path):
        with pytest.raises(InputError, match="another process"), alone(notes, tmp_path):
            raise AssertionError("two at once")
        assert notes_path(tmp_path, tmp_path) != notes_path(tmp_path, tmp_path / "other")
    with alone(notes, tmp_path):
        pass


def test_others_may_read_pages_but_not_the_notes(tmp_path: Path, notes: Path) -> None:
    before = os.umask(0o022)
    try:
        fill(tmp_path / "out", notes, a="x")
        fill(tmp_path / "out", notes, a="y")
    finally:
        os.umask(before)
    assert (tmp_path / "out" / "a" / "one.html").stat().st_mode & 0o777 == 0o644
    assert notes.stat().st_mode & 0o777 == 0o600
    assert json.loads((tmp_path / "out" / MARKER).read_text()).keys() == {"build", "names"}


def test_a_full_disk_is_told(tmp_path: Path, notes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from repro import files

    def full(fd: int, data: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, "write_all", full)
    with pytest.raises(DiskFullError):
        fill(tmp_path / "out", notes, a="x")
