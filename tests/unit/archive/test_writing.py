from __future__ import annotations

import json
import os
import stat
import subprocess
import threading
from pathlib import Path

import pytest

from repro.archive.writing import Export, write
from repro.errors import ArchiveError, NotFoundError, RecordError
from repro.files import sha256
from repro.record import manifest, read_run, verify
from repro.redact import Outgoing
from repro.redact.recorded import secrets_of
from repro.settings import Settings
from tests.unit.archive import support
from tests.unit.archive.support import SECRET, export, opened


def test_standard_tools_open_it_and_the_sums_hold(archive: Path, tmp_path: Path) -> None:
    subprocess.run(["tar", "xzf", archive, "-C", tmp_path], check=True)
    subprocess.run(["gzip", "-t", archive], check=True)
    index = json.loads(next(tmp_path.glob("*/archive.json")).read_text())
    folder = tmp_path / index["run"]
    for name, expected in index["files"].items():
        assert sha256(folder / name) == (expected["sha256"], expected["size"])
    assert len(index["files"]) + 1 == len(opened(archive))


def test_equal_contents_are_equal_bytes(run: Path, there: Settings, tmp_path: Path) -> None:
    one, other = tmp_path / "1", tmp_path / "2"
    os.utime(run / "case.yml", (0, 0))
    export(run, one, there, images=True)
    os.utime(run / "case.yml")
    export(run, other, there, images=True)
    assert one.read_bytes() == other.read_bytes()


def test_no_secret_is_in_it(run: Path, there: Settings, tmp_path: Path) -> None:
    assert SECRET in (run / "observations.jsonl").read_text()
    made = export(run, tmp_path / "a", there)
    assert sum(made.redacted.values()) >= 6
    for member, data in opened(tmp_path / "a"):
        assert SECRET not in member.name
        assert SECRET.encode() not in data, member.name


def test_what_the_case_calls_a_token_is_redacted_wherever_it_stands(run: Path) -> None:
    plan = read_run(run).plan
    assert plan is not None
    (node,) = plan.nodes
    env = {"API_TOKEN": SECRET, "PASSWORD": "short", "GREETING": "hello-hello"}
    told = plan.model_copy(update={"nodes": (node.model_copy(update={"env": env}),)})
    assert secrets_of(told) == {SECRET}
    assert secrets_of(None) == frozenset()


def test_a_files_content_inside_the_plan_is_redacted_too(archive: Path, tmp_path: Path) -> None:
    subprocess.run(["tar", "xzf", archive, "-C", tmp_path], check=True)
    record = read_run(next(tmp_path.glob("*-greeting-*")))
    assert record.plan is not None
    assert record.plan.files[0].data == b"print('hello [redacted]')\n"


def test_a_package_called_passwd_keeps_its_version(archive: Path, tmp_path: Path) -> None:
    subprocess.run(["tar", "xzf", archive, "-C", tmp_path], check=True)
    lock = read_run(next(tmp_path.glob("*-greeting-*"))).lock
    assert lock is not None
    assert lock.nodes["node"].packages == {"dpkg": {"passwd": "1:4.13", "bash": "5.2"}}


def test_lines_of_json_stay_lines_of_json(archive: Path) -> None:
    found = {member.name.partition("/")[2]: data for member, data in opened(archive)}
    for name, data in found.items():
        if name.endswith(".json"):
            json.loads(data)
        if name.endswith(".jsonl") and not name.startswith("collected/"):
            assert all(json.loads(line) for line in data.splitlines())
    assert "[redacted]" in found["observations.jsonl"].decode()


def test_binary_files_are_left_out_and_named(run: Path, there: Settings, tmp_path: Path) -> None:
    made = export(run, tmp_path / "a", there)
    assert list(made.left_out) == ["collected/node/var/core"]
    subprocess.run(["tar", "xzf", tmp_path / "a", "-C", tmp_path], check=True)
    collected = {each.path: each for each in read_run(tmp_path / made.run).collected}
    assert collected["/var/core"].file is None
    assert "left out" in collected["/var/core"].note
    assert "collected/node/var/core" in (tmp_path / made.run / "README.md").read_text()

    made = export(run, tmp_path / "b", there, binary=True)
    assert not made.left_out
    assert "collected/node/var/core" in made.files


def test_files_that_differ_in_case_only_get_names_of_their_own(
    run: Path, there: Settings, tmp_path: Path
) -> None:
    made = export(run, tmp_path / "a", there)
    assert len({name.casefold() for name in made.files}) == len(made.files)
    subprocess.run(["tar", "xzf", tmp_path / "a", "-C", tmp_path], check=True)
    folder = tmp_path / made.run
    collected = {each.path: each.file for each in read_run(folder).collected}
    for path, content in (("/etc/App.conf", b"upper"), ("/etc/app.conf", b"lower")):
        assert (folder / str(collected[path])).read_bytes() == content


def test_its_manifest_is_that_of_a_copy(run: Path, archive: Path, tmp_path: Path) -> None:
    subprocess.run(["tar", "xzf", archive, "-C", tmp_path], check=True)
    folder = next(tmp_path.glob("*-greeting-*"))
    for name in ("archive.json", "README.md"):
        (folder / name).unlink()
    assert verify(folder) == []
    found = manifest.read(folder)
    assert found is not None
    assert found.copy_of == sha256(run / manifest.NAME)[0]


def test_profiles_and_playbooks_are_in_it(archive: Path) -> None:
    names = {member.name.partition("/")[2] for member, _ in opened(archive)}
    assert {
        "catalog/profiles/os/debian-12.yml",
        "catalog/profiles/topologies/single.yml",
        "catalog/playbooks/pypi/pypi.yml",
        "catalog/playbooks/pypi/tasks/venv.yml",
    } <= names


def test_an_unfinished_run_is_refused(there: Settings, tmp_path: Path) -> None:
    recorder = support.open_one(there, tmp_path / "case")
    recorder.abandon()
    with pytest.raises(RecordError, match="never finished"):
        export(recorder.folder, tmp_path / "a", there)
    assert not (tmp_path / "a").exists()


def test_a_changed_run_is_refused(run: Path, there: Settings, tmp_path: Path) -> None:
    (run / "case.yml").write_text(support.CASE + "# changed\n")
    with pytest.raises(RecordError, match="not as it was recorded: case"):
        export(run, tmp_path / "a", there)


def test_an_image_made_with_a_secret_stays(
    there: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = "  vars: {db_password: {value: kiwi-kiwi-7, secret: true}}\n"
    monkeypatch.setattr(support, "CASE", support.CASE.replace("  env:", f"{secret}  env:"))
    run = support.a_run(there, tmp_path / "case")
    outgoing = Outgoing.of(there, environ={})
    with pytest.raises(RecordError, match="image of node was made with a secret") as told:
        write(Export(run, store=support.Shelf(made=True)), tmp_path / "a", there, outgoing)
    assert "without --images" in told.value.action
    write(Export(run), tmp_path / "a", there, outgoing)
    assert b"kiwi-kiwi-7" not in b"".join(data for _, data in opened(tmp_path / "a"))


def test_an_image_that_is_gone_is_named(run: Path, there: Settings, tmp_path: Path) -> None:
    what = Export(run=run, store=support.Shelf())
    with pytest.raises(NotFoundError, match=support.KEY):
        write(what, tmp_path / "a", there, Outgoing.of(there, environ={}))
    assert _nothing_left(tmp_path, there)


def test_a_failure_leaves_the_older_archive(archive: Path, run: Path, there: Settings) -> None:
    before = archive.read_bytes()
    with pytest.raises(NotFoundError):
        write(Export(run, store=support.Shelf()), archive, there, Outgoing.of(there, environ={}))
    assert archive.read_bytes() == before


def test_a_place_that_cannot_be_written_is_named(run: Path, there: Settings) -> None:
    with pytest.raises(RecordError, match="cannot export"):
        export(run, run / "case.yml" / "archive", there)
    with pytest.raises(ArchiveError, match="is a folder"):
        export(run, run, there)
    assert _nothing_left(run, there)


def test_two_at_once_are_one_whole_archive(run: Path, there: Settings, tmp_path: Path) -> None:
    target = tmp_path / "a"
    threads = [threading.Thread(target=export, args=(run, target, there)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert opened(target)
    assert _nothing_left(tmp_path, there)


def test_it_is_for_its_owner(archive: Path) -> None:
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600


def _nothing_left(folder: Path, settings: Settings) -> bool:
    return not list(folder.glob(".*.part")) and not list(settings.runs.glob(".arriving-*"))
