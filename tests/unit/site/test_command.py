"""The command, as a process."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from repro.settings import Settings
from tests.support import ROOT
from tests.unit.site import histories
from tests.unit.site.samples import run


def repro(settings: Settings, *arguments: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "REPRO_HOME": str(settings.home), "REPRO_SETTINGS": "/none"}
    argv = [sys.executable, "-m", "repro", *arguments]
    return subprocess.run(argv, cwd=ROOT, env=env, capture_output=True, text=True, check=False)


def test_it_says_where_the_site_is_and_what_was_done(settings: Settings, tmp_path: Path) -> None:
    histories.remember(settings, [run(0), run(1)])
    out = tmp_path / "out"
    done = repro(settings, "site", "-o", str(out))
    assert done.returncode == 0, done.stderr
    count = sum(path.suffix in (".html", ".js", ".css") for path in out.rglob("*"))
    assert done.stdout == f"{out}/index.html: {count} pages written, 0 kept, 0 removed\n"
    again = repro(settings, "site", "cases", "-o", str(out))
    assert "issues/black" not in again.stdout
    assert (out / "issues" / "black-fstring-multiline.html").is_file()


def test_it_leaves_a_folder_of_others_alone(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("all of it")
    done = repro(settings, "site", "-o", str(tmp_path))
    assert done.returncode == 2
    assert "cause:" in done.stderr
    assert "next: name a new or an empty folder with -o" in done.stderr
    assert (tmp_path / "thesis.txt").read_text() == "all of it"


def test_a_kill_leaves_a_site_that_the_next_build_completes(
    settings: Settings, tmp_path: Path
) -> None:
    """Ended in the middle, whatever that is: pages that are linked to are there, and whole."""
    known = histories.a_home(settings, 60, 5, 3000)
    out = tmp_path / "out"
    argv = [sys.executable, "-m", "repro", "site", "-o", str(out)]
    env = {**os.environ, "REPRO_HOME": str(settings.home), "REPRO_SETTINGS": "/none"}
    with subprocess.Popen(argv, env=env, stdout=subprocess.DEVNULL) as process:
        while process.poll() is None and not list(out.glob("issues/*")):
            time.sleep(0.01)
        process.kill()
    for page in (out / "issues").glob("*.html"):
        text = page.read_text("utf-8")
        assert not text or text.endswith("</html>\n")
    assert repro(settings, "site", "-o", str(out)).returncode == 0
    assert len(list((out / "issues").iterdir())) == len(known)
    assert all(path.read_text().endswith("</html>\n") for path in out.rglob("*.html"))
