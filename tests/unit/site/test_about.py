from __future__ import annotations

from pathlib import Path

import pytest

from repro.site.about import Recorded, about_runs
from tests.support import a_case, planned

CASE = "schema: 1\nid: demo\ntitle: t\nseverity: {}\nenvironment: {{os: debian-12}}\n"
CASE += 'steps: [{{name: it, run: "true"}}]\nsymptom: [{{step: it, exit: 1}}]\n'


def a_folder(path: Path, severity: str, digest: str) -> str:
    path.mkdir()
    plan = planned(a_case()).model_copy(update={"case_digest": digest})
    (path / "plan.json").write_text(plan.model_dump_json(), "utf-8")
    (path / "case.yml").write_text(CASE.format(severity), "utf-8")
    return str(path)


def test_the_newest_folder_that_is_there_tells(tmp_path: Path) -> None:
    older = a_folder(tmp_path / "1", "low", "a")
    newer = a_folder(tmp_path / "2", "high", "b")
    found = about_runs([str(tmp_path / "gone"), newer, older], None)
    assert found is not None
    assert (found.folder, found.about.severity) == (newer, "high")
    assert about_runs([str(tmp_path / "gone")], found) == found
    assert about_runs([str(tmp_path / "gone")], None) is None


@pytest.mark.parametrize(("digest", "severity"), [("a", "low"), ("b", "high")])
def test_a_case_is_read_again_where_it_is_another(
    tmp_path: Path, digest: str, severity: str
) -> None:
    first = about_runs([a_folder(tmp_path / "1", "low", "a")], None)
    assert first is not None
    newer = a_folder(tmp_path / "2", "high", digest)
    assert about_runs([newer], first) == Recorded(
        folder=newer, case=digest, about=first.about.model_copy(update={"severity": severity})
    )


def test_what_cannot_be_read_is_left_out(tmp_path: Path) -> None:
    folder = Path(a_folder(tmp_path / "1", "low", "a"))
    (folder / "plan.json").write_text("{")
    (folder / "case.yml").write_text("- no case")
    found = about_runs([str(folder)], None)
    assert found is not None
    assert (found.about.product, found.about.severity) == ("", "")
