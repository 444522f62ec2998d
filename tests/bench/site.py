"""What the site must reach: its first build, a night's, their memory, and the first page's size.

Usage: python -m tests.bench.site [ISSUES RUNS].  The history is made up; the newest run of each
issue has a folder.  A night adds 2,000 runs and changes 30 issues: once of 400 issues, as when
some products were released, and once of every issue.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path

from repro.settings import Settings
from tests.unit.site import histories

ISSUES, PRODUCTS, RUNS, NIGHT, CHANGED = 2_000, 150, 100_000, 2_000, 30
SECONDS, MEMORY, FIRST_PAGE, NIGHT_SECONDS = 60, 2**30, 300_000, 5
#: Where every issue was run: each of its pages is made again.
WORST_SECONDS = 10


def site(settings: Settings, out: Path) -> tuple[float, float, int, str]:
    """Seconds of the whole command, those that it computed, its largest memory in bytes, and what
    it said.
    """
    env = {**os.environ, "REPRO_HOME": str(settings.home), "REPRO_CACHE": str(settings.cache)}
    begun = time.monotonic()
    argv = [sys.executable, "-m", "repro", "site", "-o", str(out)]
    with subprocess.Popen(argv, env=env, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = process.stdout.read().strip()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"repro site ended with {process.returncode}")
    seconds = time.monotonic() - begun
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, said


def told(title: str, found: float, limit: float, unit: str) -> bool:
    """Print a measurement; whether it is within its limit."""
    good = found <= limit
    print(f"{title:<42} {found:>8.1f} {unit:<3} (at most {limit:g}){'' if good else '  TOO MUCH'}")
    return good


def measured(title: str, settings: Settings, out: Path, limit: float) -> bool:
    """One build."""
    seconds, computed, memory, said = site(settings, out)
    print(f"{title}: {said.partition(': ')[2]}; {computed:.1f} s of a processor")
    quick = told("  time", seconds, limit, "s")
    return told("  memory", memory / 2**20, MEMORY / 2**20, "MiB") and quick


def main() -> int:
    """All measurements; 1 where one is not within its limit."""
    issues, runs = map(int, sys.argv[1:3]) if len(sys.argv) > 2 else (ISSUES, RUNS)
    folder = Path(tempfile.mkdtemp(prefix="repro-bench-"))
    settings, out = Settings(home=folder / "home", cache=folder / "cache"), folder / "site"
    try:
        # In a process of its own: a child's largest memory begins with that of its parent.
        making = get_context("spawn").Process(
            target=histories.a_home, args=(settings, issues, PRODUCTS, runs)
        )
        making.start()
        making.join()
        known = histories.known_issues(issues, PRODUCTS)
        good = [measured("all", settings, out, SECONDS)]
        size = (out / "index.html").stat().st_size
        good.append(told("  first page", size / 1000, FIRST_PAGE / 1000, "kB"))
        good.append(measured("nothing new", settings, out, NIGHT_SECONDS))
        nights = ((known[:400], NIGHT_SECONDS), (known, WORST_SECONDS))
        for number, (some, limit) in enumerate(nights, 1):
            at = histories.NOW + timedelta(days=number)
            runs_of = list(histories.night(some, NIGHT, settings.home, at))
            histories.remember(settings, runs_of)
            histories.record(settings, known, {run.case: run for run in runs_of})
            histories.look(settings, known, known[number * 100 :][:CHANGED], at)
            title = f"a night, runs of {len(some)} issues"
            good.append(measured(title, settings, out, limit))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
