from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from repro.errors import NotFoundError, RecordError
from repro.record import find_run, manifest, read_run, verify
from repro.record.folder import open_run
from repro.record.read import run_folders, summary_of
from repro.settings import Settings
from tests.unit.record import samples


def test_a_path_an_identifier_a_beginning_and_last(settings: Settings) -> None:
    first = samples.whole_run(settings, started="2026-01-01T00:00:00+00:00")
    second = samples.whole_run(settings, started="2026-01-02T00:00:00+00:00")
    assert find_run(settings, first.run) == first.folder
    assert find_run(settings, "20260102") == second.folder
    assert find_run(settings, "last") == second.folder
    assert find_run(settings, str(first.folder)) == first.folder
    assert run_folders(settings) == [first.folder, second.folder]


def test_last_tells_runs_of_one_second_apart(settings: Settings) -> None:
    runs = [samples.whole_run(settings) for _ in range(8)]
    for number, run in enumerate(runs):
        os.utime(run.folder / "run.json", ns=(0, 10**18 + number))
    assert find_run(settings, "last") == runs[-1].folder


def test_a_beginning_of_several_names_them(settings: Settings) -> None:
    runs = [samples.whole_run(settings).run for _ in range(2)]
    with pytest.raises(NotFoundError) as caught:
        find_run(settings, "20261121")
    assert all(run in str(caught.value) for run in runs)


@pytest.mark.parametrize("text", ["last", "nothing", "", "..", "../x", "/etc"])
def test_what_is_no_run(settings: Settings, text: str) -> None:
    with pytest.raises(NotFoundError):
        find_run(settings, text)


def test_a_newer_layout_is_refused(settings: Settings) -> None:
    folder = samples.whole_run(settings).folder
    header = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps(header | {"schema_": 99, "new": "key"}))
    with pytest.raises(RecordError, match="newer"):
        read_run(folder)


def test_a_layout_before_phrases_and_times_is_read(settings: Settings) -> None:
    folder = samples.whole_run(settings).folder
    header = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps(header | {"schema_": 1}))
    for name in ("verdict.json", "summary.json", "observations.jsonl"):
        content = [json.loads(line) for line in (folder / name).read_text().splitlines()]
        (folder / name).write_text("".join(f"{json.dumps(_older(each))}\n" for each in content))
    found = read_run(folder)
    assert found.verdict == samples.verdict()
    assert found.observations


def _older(value: Any) -> Any:
    """As it was before some of its texts had phrases, and output its times."""
    if isinstance(value, list):
        return [_older(each) for each in value]
    if isinstance(value, dict):
        return {k: _older(v) for k, v in value.items() if k not in ("phrases", "times")}
    return value


@pytest.mark.parametrize(
    "name", ["run.json", "plan.json", "lock.json", "verdict.json", "summary.json", "manifest.json"]
)
@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b'{"x": 1}', b"\xff\xfe"])
def test_a_damaged_file_is_named(settings: Settings, name: str, content: bytes) -> None:
    folder = samples.whole_run(settings).folder
    (folder / name).write_bytes(content)
    with pytest.raises(RecordError, match=name):
        read_run(folder)


def test_json_nested_without_end(settings: Settings) -> None:
    folder = samples.whole_run(settings).folder
    (folder / "verdict.json").write_bytes(b"[" * 1_000_000)
    with pytest.raises(RecordError, match=r"verdict\.json"):
        read_run(folder)


def test_a_damaged_observation_is_not_passed_over(settings: Settings) -> None:
    folder = samples.whole_run(settings).folder
    path = folder / "observations.jsonl"
    path.write_bytes(b'{"kind": "step"}\n' + path.read_bytes())
    with pytest.raises(RecordError, match="observations"):
        read_run(folder)


@pytest.mark.parametrize("name", ["run.json", "observations.jsonl", "verdict.json"])
def test_links_out_of_the_folder_are_refused(settings: Settings, name: str, tmp_path: Path) -> None:
    folder = samples.whole_run(settings).folder
    (folder / name).rename(tmp_path / "elsewhere")
    (folder / name).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(RecordError, match="no regular file"):
        read_run(folder)
    assert any(name in problem for problem in verify(folder))


def test_a_linked_folder_is_not_entered(settings: Settings) -> None:
    folder = samples.whole_run(settings).folder
    (folder / "prepare").symlink_to("/etc")
    (folder / "judgements").symlink_to("/etc")
    record = read_run(folder)
    assert record.prepared == {}
    assert record.judgements == ()
    assert "prepare: not in the manifest" in verify(folder)


def test_a_huge_file_is_not_read(settings: Settings) -> None:
    folder = samples.whole_run(settings).folder
    for name in ("lock.json", "observations.jsonl"):
        with (folder / name).open("ab") as file:
            file.truncate(2**40)
        with pytest.raises(RecordError, match="larger than"):
            read_run(folder)
        (folder / name).unlink()


def test_verify_names_what_was_changed_removed_and_added(settings: Settings) -> None:
    folder = samples.whole_run(settings).folder
    assert verify(folder) == []
    case = (folder / "case.yml").read_bytes()
    (folder / "case.yml").write_bytes(case[:-1] + b"x")
    (folder / "plan.json").write_bytes(b"{}")
    (folder / "lock.json").unlink()
    (folder / "extra").write_bytes(b"")
    problems = verify(folder)
    assert [problem.split(":")[0] for problem in problems] == [
        "case.yml",
        "extra",
        "lock.json",
        "plan.json",
    ]
    assert "content was changed" in problems[0]
    assert "missing" in problems[2]


def test_an_unfinished_run_says_so(settings: Settings) -> None:
    plan = samples.plan()
    with open_run(settings, samples.header(), samples.CASE, {}, plan) as recorder:
        pass
    record = read_run(recorder.folder)
    assert not record.finished
    assert record.verdict is None
    assert summary_of(recorder.folder) is None
    assert verify(recorder.folder) == ["manifest.json: missing; the run was not finished"]


def test_the_manifest_covers_every_file(settings: Settings) -> None:
    folder = samples.whole_run(settings).folder
    found = manifest.read(folder)
    assert found is not None
    there = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert found.files.keys() == there - {"manifest.json"}
