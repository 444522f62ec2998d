"""Reports of real runs and campaigns, opened in a real browser."""

from __future__ import annotations

import functools
import http.server
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.browser import DESKTOP, PHONE, Browser, npm_file
from tests.engines import until
from tests.support import ROOT

pytestmark = [pytest.mark.engine, pytest.mark.slow, pytest.mark.xdist_group("browser")]

#: A product of ten releases whose issue begins in 4 and is gone in 8; nothing is downloaded.
CASE: dict[str, Any] = {
    "schema": 1,
    "id": "greeter-name",
    "title": "greeter forgets the name <b>and</b> says it in red",
    "environment": {
        "os": "debian-12",
        "product": "greeter",
        "version": "5",
        "install": [{"run": "echo $REPRO_VERSION > /greeter"}],
    },
    "known": {"fixed": "8"},
    "setup": [{"name": "begin", "run": "seq 200; sleep 0.1"}],
    "steps": [
        {"name": "version", "run": "cat /greeter"},
        {
            "name": "greet",
            "run": "v=$(cat /greeter); printf '\\033]0;owned\\007\\033[31mhello '\n"
            "[ $v -ge 4 ] && [ $v -lt 8 ] || { echo Joe; exit 0; }\n"
            "seq 1 300; echo '<script>nobody</script>'; exit 3",
        },
    ],
    "symptom": [{"step": "greet", "exit": 3, "stdout": {"matches": "<script>nobody.*"}}],
    "healthy": [{"step": "greet", "exit": 0}],
    "workarounds": [{"name": "an older one", "setup": [{"run": "echo 1 > /greeter"}]}],
}
PROFILE: dict[str, Any] = {
    "title": "A greeter",
    "purl": "pkg:generic/greeter",
    "releases": [str(n) for n in range(1, 11)],
}
#: What is reported: a name, and the command that it is made by.
SUBJECTS = {
    "run": ["run"],
    "clean": ["run", "--version", "9"],
    "matrix": ["matrix", "--version", "3,5,9"],
    "bisection": ["bisect"],
    "workarounds": ["verify"],
}


class Reports:
    """Made once each, in a home of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        products = folder / "profiles" / "products"
        products.mkdir(parents=True)
        (products / "greeter.yml").write_text(yaml.safe_dump(PROFILE), "utf-8")
        (folder / "case.yml").write_text(yaml.safe_dump(CASE), "utf-8")
        self._known: dict[str, str] = {}

    def repro(self, *arguments: str) -> str:
        env = {**os.environ, "REPRO_HOME": str(self.folder / "home"), "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            [sys.executable, "-m", "repro", *arguments], cwd=self.folder, env=env,
            capture_output=True, text=True, check=False, timeout=300,
        )  # fmt: skip
        assert done.returncode in (0, 1), done.stderr
        return done.stdout

    def of(self, name: str) -> str:
        """The run or campaign that is meant by a name."""
        if name not in self._known:
            command, *options = SUBJECTS[name]
            *_, last = self.repro(command, "case.yml", *options, "--json").splitlines()
            told = json.loads(last)
            self._known[name] = told.get("campaign") or told["run"]
        return self._known[name]

    def made(self, name: str, kind: str = "html", *options: str) -> Path:
        """The report as a file."""
        file = self.folder / f"{name}{''.join(options)}.{kind}"
        self.repro("report", self.of(name), "--format", kind, "-o", str(file), *options)
        return file


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reports]:
    made = Reports(tmp_path_factory.mktemp("pages"))
    yield made
    made.repro("cache", "prune", "--all")
    made.repro("gc")


@pytest.mark.parametrize("name", SUBJECTS)
def test_a_page_reads_well_everywhere(browser: Browser, reports: Reports, name: str) -> None:
    page = reports.made(name)
    for width, dark in ((DESKTOP, False), (DESKTOP, True), (PHONE, False), (PHONE, True)):
        browser.open(page, width=width, dark=dark)
        assert browser.console == []
        assert browser.requests == []
        assert browser.violations() == []
        assert browser.too_wide() == []
        assert browser.small_text() == []
        assert browser.unreachable() == []


def test_everything_folded_reads_well_too(browser: Browser, reports: Reports) -> None:
    browser.open(reports.made("bisection"), width=PHONE)
    browser.script("document.querySelectorAll('details').forEach(each => each.open = true)")
    assert browser.violations() == []
    assert browser.too_wide() == []
    assert browser.small_text() == []
    assert browser.unreachable() == []


def test_hostile_output_is_text(browser: Browser, reports: Reports) -> None:
    browser.open(reports.made("run"))
    assert "<script>nobody</script>" in browser.text
    assert "␛]0;owned␇" in browser.text
    assert browser.script("return document.scripts.length") == 0
    marked = "return [...document.querySelectorAll('mark')].map(each => each.innerText)"
    assert set(browser.script(marked)) == {"<script>nobody</script>"}


def test_the_pictures_are_drawn(browser: Browser, reports: Reports) -> None:
    browser.open(reports.made("bisection"), width=PHONE)
    line = "const box = document.querySelector('.line svg').getBoundingClientRect();"
    assert browser.script(f"{line} return box.width > 300 && box.height > 50")
    bars = "return [...document.querySelectorAll('.lane rect')].map(r => r.getBBox().width)"
    assert min(browser.script(bars)) > 1
    overlaps = """
    const boxes = [...document.querySelectorAll('.line svg text')].map(each => each.getBBox());
    const over = (a, b) => a.x < b.x + b.width && b.x < a.x + a.width
      && a.y + 3 < b.y + b.height && b.y + 3 < a.y + a.height;
    return boxes.filter((a, n) => boxes.slice(n + 1).some(b => over(a, b))).length;
    """
    assert browser.script(overlaps) == 0


def test_a_page_in_japanese(browser: Browser, reports: Reports) -> None:
    browser.open(reports.made("run", "html", "--lang", "ja"), width=PHONE)
    assert browser.script("return document.documentElement.lang") == "ja"
    assert "再現" in browser.text
    assert browser.violations() == []
    assert browser.too_wide() == []


def test_the_difference_from_another_run(browser: Browser, reports: Reports) -> None:
    page = reports.made("run", "html", "--against", reports.of("clean"))
    browser.open(page, width=PHONE, dark=True)
    assert f"Compared with the run {reports.of('clean')}" in browser.text
    assert browser.violations() == []
    assert browser.too_wide() == []


@pytest.mark.parametrize("name", ["run", "bisection"])
def test_the_terminal_as_a_picture(browser: Browser, reports: Reports, name: str) -> None:
    picture = reports.made(name, "svg")
    browser.open(picture)
    assert browser.console == []
    assert browser.requests == []
    text = browser.script("return document.documentElement.textContent").replace("\xa0", " ")
    assert ("<script>nobody</script>" if name == "run" else "the first affected release") in text


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    """A folder with the public player in it, behind a web server on loopback."""
    for file in ("asciinema-player.min.js", "asciinema-player.css"):
        (tmp_path / file).write_bytes(npm_file("asciinema-player", f"dist/bundle/{file}"))
    handler = functools.partial(_Quiet, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


PLAYER = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>player</title>
<link rel="icon" href="data:,"><link rel="stylesheet" href="asciinema-player.css"></head>
<body><div id="player"></div><script src="asciinema-player.min.js"></script><script>
window.player = AsciinemaPlayer.create("run.cast", document.getElementById("player"),
  {autoPlay: true, speed: 20});
window.player.addEventListener("ended", () => { window.ended = true; });
window.player.addEventListener("marker", event => { (window.markers ??= []).push(event.label); });
</script></body></html>"""


def test_the_public_player_plays_the_replay(
    browser: Browser, reports: Reports, served: str, tmp_path: Path
) -> None:
    (tmp_path / "run.cast").write_bytes(reports.made("run", "cast").read_bytes())
    (tmp_path / "index.html").write_text(PLAYER, "utf-8")
    browser.open(f"{served}/index.html")
    until(lambda: browser.script("return window.ended === true"))
    text = "return document.querySelector('.ap-term').innerText"
    until(lambda: "Reproduced" in browser.script(text))  # it draws a moment later
    shown = browser.script(text)
    assert "<script>nobody</script>" in shown
    assert "exit 3" in shown
    assert "● Reproduced" in shown
    assert browser.script("return window.markers") == ["2 version", "3 greet", "● Reproduced"]
    assert browser.script("return document.title") == "player"
    assert browser.console == []
