"""repro against the same work done by hand, in pairs, in one run; only ratios are to be quoted.

Usage: bench.py [PAIRS [WORD]]; WORD chooses the measurements whose title holds it.
Needs the engine.  By hand is a shell script of docker run, exec, rm,
from the same images.  Between two measurements the bench waits until nothing of the last one is
left, so that neither pays for the other; "all gone" is repro's time with that wait included.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "docs" / "example.yml"
THREE_NODES = ROOT / "cases" / "redis-py-cancel-off-by-one.yml"

ONE_NODE = """
set -e
docker run -d --init --name hand-node {node} sleep 600 >/dev/null
docker exec -w /case -e PATH={path} hand-node \
  bash -eo pipefail -c "python -c \\"import kafka; print('ready')\\"" >/dev/null 2>&1 || true
docker rm -f hand-node >/dev/null
"""
THREE = """
set -e
docker network create --internal hand-net >/dev/null
for n in cache link app; do
  image=$(eval echo \\$$n)
  docker run -d --init --network hand-net --name hand-$n --network-alias $n $image \
    sleep 600 >/dev/null
done
docker cp {files}/relay.py hand-link:/case/relay.py
docker cp {files}/app.py hand-app:/case/app.py
docker exec hand-cache redis-server --bind 0.0.0.0 --protected-mode no --daemonize yes \
  --save '' >/dev/null
docker exec hand-cache sh -c 'until redis-cli ping >/dev/null 2>&1; do sleep 0.05; done'
docker exec hand-cache redis-cli mset user:1 alice user:2 bob >/dev/null
docker exec -d -w /case hand-link python3 relay.py
docker exec hand-link sh -c \
  'until grep -qi ":18EB 00000000:0000 0A" /proc/net/tcp; do sleep 0.05; done'
docker exec -w /case -e PATH={path} hand-app python app.py >/dev/null
docker rm -f hand-cache hand-link hand-app >/dev/null
docker network rm hand-net >/dev/null
"""
FIRST = """
set -e
docker run -d --init --name hand-node {os} sleep 3600 >/dev/null
docker cp {ca} hand-node:/tmp/ca.pem
docker exec hand-node sh -c 'apt-get update -qq >/dev/null && DEBIAN_FRONTEND=noninteractive \
  apt-get install -y -qq --no-install-recommends python3 python3-venv >/dev/null 2>&1'
docker exec hand-node python3 -m venv /opt/venv
docker exec -e PIP_CERT=/tmp/ca.pem hand-node /opt/venv/bin/pip install -q kafka-python==2.0.2
docker exec hand-node bash -c "/opt/venv/bin/python -c 'import kafka'" >/dev/null 2>&1 || true
docker rm -f hand-node >/dev/null
"""
VENV_PATH = "/opt/repro/venv/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True)
class Bound:
    """What is compared, and the ratio that it must stay below."""

    title: str
    ours: Callable[[], float]
    by_hand: Callable[[], float]
    pairs: int
    at_most: float


class Bench:
    """A home of its own, so that nothing of the user's is touched."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="repro-bench-"))
        self.env = {**os.environ, "REPRO_HOME": str(self.folder / "home")}
        # Whoever sets it compiles repro anew at every start; an installed repro is compiled once.
        self.env.pop("PYTHONDONTWRITEBYTECODE", None)
        self.all_gone: dict[str, list[float]] = {}

    def repro(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "repro", *arguments],
            cwd=ROOT, env=self.env, capture_output=True, text=True, check=False,
        )  # fmt: skip

    def run(self, title: str, *arguments: str) -> float:
        """Seconds of one `repro run`; its housekeeping is waited for outside of them."""
        clock = time.monotonic()
        done = self.repro("run", "--json", *arguments)
        seconds = time.monotonic() - clock
        verdict = json.loads(done.stdout)["verdict"]["verdict"] if done.stdout else done.stderr
        if verdict != "reproduced":
            raise SystemExit(f"{title}: {verdict}")
        while self._housekeeping():
            time.sleep(0.02)
        self.all_gone.setdefault(title, []).append(time.monotonic() - clock)
        return seconds

    def images(self, case: Path) -> dict[str, str]:
        """The prepared image of each node of a case."""
        folder = self.repro("show", "last", "--json")
        lock = json.loads(folder.stdout)["summary"]["prepared"]
        return {each["node"]: f"repro/prepared:{each['key'][:40]}" for each in lock}

    def script(self, text: str, **variables: str) -> float:
        clock = time.monotonic()
        subprocess.run(
            ["bash", "-c", text], env={**os.environ, **variables}, check=True, capture_output=True
        )
        return time.monotonic() - clock

    def forget(self) -> None:
        self.repro("cache", "prune", "--all")

    def _housekeeping(self) -> bool:
        done = subprocess.run(["pgrep", "-f", "repro gc --quiet"], capture_output=True, check=False)
        return done.returncode == 0


def measure(bound: Bound, bench: Bench) -> bool:
    bound.ours()
    bound.by_hand()
    bench.all_gone.pop(bound.title, None)
    pairs = [(bound.ours(), bound.by_hand()) for _ in range(bound.pairs)]
    ratios = [ours / hand for ours, hand in pairs]
    ratio = statistics.median(ratios)
    ours, hand = (statistics.median(column) for column in zip(*pairs, strict=True))
    line = (
        f"{'ok ' if ratio <= bound.at_most else 'OVER'} {bound.title:34} {ratio:5.2f}x "
        f"(<= {bound.at_most:g}x; {min(ratios):.2f} to {max(ratios):.2f}; "
        f"{ours:.2f} s against {hand:.2f} s)"
    )
    gone = bench.all_gone.get(bound.title)
    if gone:
        whole = statistics.median(g / h for g, (_, h) in zip(gone, pairs, strict=False))
        line += f"; all gone {whole:.2f}x"
    print(line, flush=True)
    return ratio <= bound.at_most


def at_most(title: str, seconds: float, work: Callable[[], object], times: int = 7) -> bool:
    work()
    took = []
    for _ in range(times):
        clock = time.monotonic()
        work()
        took.append(time.monotonic() - clock)
    middle = statistics.median(took)
    good = middle <= seconds
    print(f"{'ok ' if good else 'OVER'} {title:34} {middle:5.2f} s (<= {seconds:g} s)", flush=True)
    return good


def five_hundred(folder: Path) -> Path:
    """500 case files, copies of the catalogue under ids of their own."""
    target = folder / "cases"
    target.mkdir()
    originals = sorted((ROOT / "cases").glob("*.yml"))
    for number in range(500):
        original = originals[number % len(originals)]
        text = original.read_text("utf-8").replace(
            f"id: {original.stem}", f"id: {original.stem}-{number}", 1
        )
        (target / f"{number}.yml").write_text(text, "utf-8")
    return target


def main() -> int:
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    word = sys.argv[2] if len(sys.argv) > 2 else ""
    bench = Bench()
    files = bench.folder / "files"
    files.mkdir()
    cases = five_hundred(bench.folder)
    measurements: dict[str, Callable[[], bool]] = {
        "repro --help": lambda: at_most("repro --help", 0.15, lambda: bench.repro("--help")),
        "validate": lambda: at_most(
            "validate 500 case files", 3, lambda: bench.repro("validate", str(cases)), 3
        ),
        "the report of a run": lambda: _report(bench),
        "one node, second run": lambda: _one_node(bench, pairs),
        "three nodes, second run": lambda: _three_nodes(bench, files, pairs),
        "one node, first run": lambda: _first_run(bench),
    }
    try:
        good = [measure() for title, measure in measurements.items() if word in title]
    finally:
        bench.forget()
        bench.repro("gc")
        shutil.rmtree(bench.folder, ignore_errors=True)
    return 0 if all(good) else 1


def _report(bench: Bench) -> bool:
    bench.run("a run to report on", str(EXAMPLE))
    good = [
        at_most(f"repro report, {name}", 0.3, partial(bench.repro, "report", "last", "-f", name))
        for name in ("md", "html", "json")
    ]
    return all(good)


def _one_node(bench: Bench, pairs: int) -> bool:
    title = "one node, second run"
    bench.run(title, str(EXAMPLE))
    script = ONE_NODE.format(node=bench.images(EXAMPLE)["node"], path=VENV_PATH)
    return measure(
        Bound(
            title, lambda: bench.run(title, str(EXAMPLE)), lambda: bench.script(script), pairs, 1.5
        ),
        bench,
    )


def _three_nodes(bench: Bench, files: Path, pairs: int) -> bool:
    import yaml

    title = "three nodes, second run"
    bench.run(title, str(THREE_NODES))
    images = bench.images(THREE_NODES)
    for each in yaml.safe_load(THREE_NODES.read_text("utf-8"))["files"]:
        (files / Path(each["path"]).name).write_text(each["content"], "utf-8")
    script = THREE.format(files=files, path=VENV_PATH)
    return measure(
        Bound(
            title, lambda: bench.run(title, str(THREE_NODES)),
            lambda: bench.script(script, **images), pairs, 1.5,
        ),
        bench,
    )  # fmt: skip


def _first_run(bench: Bench) -> bool:
    title = "one node, first run"
    ca = os.environ.get("SSL_CERT_FILE", "/etc/ssl/certs/ca-certificates.crt")
    script = FIRST.format(os="repro/os/debian-13", ca=ca)

    def ours() -> float:
        return bench.run(title, "--fresh", str(EXAMPLE))

    return measure(Bound(title, ours, lambda: bench.script(script), 3, 2.0), bench)


if __name__ == "__main__":
    sys.exit(main())
