"""What campaigns must reach: cells a second, planning, and a night on which nothing was released.

Usage: campaigns.py [WORD]; WORD chooses the measurements whose title holds it.  Forty cells need
the engine; by hand is `xargs -P` with the plain docker script, at the number of processes that
suits it best.  The night asks a package index on loopback.
"""

from __future__ import annotations

import hashlib
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

from repro.campaign.planning import Planning, grid
from repro.casefile import load_many
from repro.catalog import Catalog
from repro.model.recheck import Issue, State, States
from repro.plan import NO_OVERRIDES
from repro.record.states import StateFile
from repro.settings import Settings

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "docs" / "example.yml"
CELLS = 40
PAIRS = 5
ISSUES, PRODUCTS = 1400, 280

BY_HAND = """
set -e
docker run -d --init --name hand-$1 $IMAGE sleep 600 >/dev/null
docker exec -w /case -e PATH=/opt/repro/venv/bin:/usr/sbin:/usr/bin:/sbin:/bin hand-$1 \
  bash -eo pipefail -c "python -c \\"import kafka; print('ready')\\"" >/dev/null 2>&1 || true
docker rm -f hand-$1 >/dev/null
"""
CASE = """\
schema: 1
id: issue-{number}
title: known issue {number}
known: {{introduced: 1.0.1}}
environment: {{os: debian-12, product: pkg:pypi/product-{product}, version: 1.0.2}}
steps: [{{name: try, run: "true"}}]
symptom: [{{step: try, exit: 1}}]
"""


def repro(home: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "REPRO_HOME": str(home), **more}
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    return subprocess.run(
        [sys.executable, "-m", "repro", *arguments],
        cwd=ROOT, env=env, capture_output=True, text=True, check=False,
    )  # fmt: skip


def told(title: str, *, good: bool, words: str) -> bool:
    print(f"{'ok ' if good else 'OVER'} {title:34} {words}", flush=True)
    return good


# -- cells a second ------------------------------------------------------------------------


def forty_cells(folder: Path) -> bool:
    home = folder / "home"
    repro(home, "run", str(EXAMPLE))
    last = json.loads(repro(home, "show", "last", "--json").stdout)
    image = f"repro/prepared:{last['summary']['prepared'][0]['key'][:40]}"
    script = folder / "hand.sh"
    script.write_text(BY_HAND, "utf-8")
    processes = min((2, 4, 8), key=lambda each: _by_hand(script, image, each))
    pairs = [(_ours(home), _by_hand(script, image, processes)) for _ in range(PAIRS)]
    shares = [hand / ours for ours, hand in pairs]
    share = statistics.median(shares)
    return told(
        f"{CELLS} prepared cells",
        good=share >= 0.85,
        words=f"{share:5.2f} of what xargs -P {processes} gets (>= 0.85; "
        f"{min(shares):.2f} to {max(shares):.2f}, {PAIRS} pairs)",
    )


def _ours(home: Path) -> float:
    clock = time.monotonic()
    done = repro(home, "run", str(EXAMPLE), "--runs", str(CELLS), "--until", "all", "--json")
    seconds = time.monotonic() - clock
    rate = json.loads(done.stdout.splitlines()[-1])["answer"]["cells"][0]["rate"]
    if rate["reproduced"] != CELLS:
        raise SystemExit(f"{rate['reproduced']} of {CELLS} runs reproduced")
    return seconds


def _by_hand(script: Path, image: str, processes: int) -> float:
    clock = time.monotonic()
    subprocess.run(
        ["xargs", "-P", str(processes), "-I{}", "bash", str(script), "{}"],
        input="\n".join(map(str, range(CELLS))), text=True, check=True, capture_output=True,
        env={**os.environ, "IMAGE": image},
    )  # fmt: skip
    return time.monotonic() - clock


# -- planning ------------------------------------------------------------------------------


def planning(folder: Path) -> bool:
    settings = Settings(home=folder, cache=folder)
    catalog = Catalog(settings, ROOT)
    cases = {each.case.id: each for each in load_many([ROOT / "cases"], catalog)}
    plans = Planning(cases, catalog, settings.limits)
    oses = ("debian-11", "debian-12", "debian-13")
    versions = [f"1.{number}" for number in range(10_000 // (len(cases) * len(oses)) + 1)]
    clock = time.monotonic()
    bases = [plans.plan(each, NO_OVERRIDES).cell for each in cases.values()]
    cells = [cell for base in bases for cell in grid(base, oses, versions)]
    jobs = [plans(cell, str(cell)) for cell in cells[:10_000]]
    seconds = time.monotonic() - clock
    mebibytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return told(
        f"planning {len(jobs)} cells",
        good=seconds <= 2 and mebibytes < 500,
        words=f"{seconds:5.2f} s (<= 2 s), {mebibytes:.0f} MiB (< 500 MiB)",
    )


# -- a quiet night -------------------------------------------------------------------------


class Index(BaseHTTPRequestHandler):
    """A package index by PEP 691 whose answers have an ETag."""

    asked: ClassVar[Counter[str]] = Counter()
    answered: ClassVar[Counter[int]] = Counter()

    def do_GET(self) -> None:
        name = self.path.strip("/").split("/")[-1]
        files = [
            {"filename": f"{name.replace('-', '_')}-1.0.{patch}.tar.gz", "url": "x", "hashes": {}}
            for patch in range(30)
        ]
        body = json.dumps({"meta": {"api-version": "1.0"}, "name": name, "files": files}).encode()
        tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        same = self.headers.get("If-None-Match") == tag
        self.asked[name] += 1
        self.answered[304 if same else 200] += 1
        self.send_response(304 if same else 200)
        self.send_header("ETag", tag)
        if not same:
            self.send_header("Content-Type", "application/vnd.pypi.simple.v1+json")
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if not same:
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing is logged."""


def quiet_night(folder: Path) -> bool:
    cases = folder / "known"
    cases.mkdir()
    for number in range(ISSUES):
        text = CASE.format(number=number, product=number % PRODUCTS)
        (cases / f"{number}.yml").write_text(text, "utf-8")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Index)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings = folder / "settings.yml"
    settings.write_text(
        f"home: {folder / 'night'}\ncache: {folder / 'cache'}\n"
        f"mirrors: {{pypi: 'http://127.0.0.1:{server.server_port}/simple/'}}\n", "utf-8"
    )  # fmt: skip
    _looked_at(cases, folder)
    night = ("recheck", str(cases), "--json")
    repro(folder / "night", *night, REPRO_SETTINGS=str(settings))
    Index.asked.clear()
    Index.answered.clear()
    clock = time.monotonic()
    done = repro(folder / "night", *night, REPRO_SETTINGS=str(settings))
    seconds = time.monotonic() - clock
    server.shutdown()
    answer = json.loads(done.stdout)
    right = (
        (answer["issues"], answer["cells"], done.returncode) == (ISSUES, 0, 0)
        and set(Index.asked.values()) == {1}
        and len(Index.asked) == PRODUCTS
        and set(Index.answered) == {304}
    )
    return told(
        f"a night of {ISSUES}, nothing new",
        good=right and seconds <= 30,
        words=f"{seconds:5.2f} s (<= 30 s); {len(Index.asked)} products, "
        f"asked {max(Index.asked.values())} time each, answers {dict(Index.answered)}",
    )


def _looked_at(cases: Path, folder: Path) -> None:
    """State as a look would leave it that has dealt with every release."""
    settings = Settings(home=folder / "night", cache=folder / "cache")
    at = "2026-01-01T00:00:00+00:00"
    issues = [
        Issue(case=each.case.id, os="debian-12", topology="single", digest=each.digest,
              state=State(name="open"), since=at, looked=at, newest="1.0.29")
        for each in load_many([cases])
    ]  # fmt: skip
    states = States(catalogue=str(cases), issues={issue.key: issue for issue in issues})
    file = StateFile(settings, str(cases)).path
    file.parent.mkdir(parents=True)
    file.write_text(states.model_dump_json(), "utf-8")


def main() -> int:
    word = sys.argv[1] if len(sys.argv) > 1 else ""
    measurements: dict[str, Callable[[Path], bool]] = {
        "planning": planning, "quiet night": quiet_night, "forty cells": forty_cells,
    }  # fmt: skip
    folder = Path(tempfile.mkdtemp(prefix="repro-bench-"))
    try:
        good = [measure(folder) for title, measure in measurements.items() if word in title]
    finally:
        repro(folder / "home", "cache", "prune", "--all")
        repro(folder / "home", "gc")
        shutil.rmtree(folder, ignore_errors=True)
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
