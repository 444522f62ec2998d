"""Every case, on its affected and its unaffected version, so many times; stops at nothing.

Usage: soak.py [TIMES] [CASE …].  Exit status 1 when a verdict was not the expected one.
"""

from __future__ import annotations

import collections
import json
import subprocess
import sys
import time
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
EXPECTED = yaml.safe_load((ROOT / "tests/e2e/verdicts.yml").read_text("utf-8"))


def verdict(case: str, row: dict[str, str]) -> tuple[str, float]:
    """The verdict of one `repro run`, and the seconds of the whole process."""
    options = [part for key in ("version", "os") if key in row for part in (f"--{key}", row[key])]
    clock = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "repro", "run", "--json", f"cases/{case}.yml", *options],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=1800,
    )  # fmt: skip
    seconds = time.monotonic() - clock
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    if not lines:
        return f"status {done.returncode}: {done.stderr[-300:]}", seconds
    last = lines[-1]["answer"]["cells"][0] if "answer" in lines[-1] else lines[-1]["verdict"]
    return str(last["verdict"]), seconds


def main() -> int:
    times = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    wanted = sys.argv[2:] or list(EXPECTED)
    wrong = 0
    for case in wanted:
        for row in EXPECTED[case]:
            seen: collections.Counter[str] = collections.Counter()
            took = []
            for _ in range(times):
                name, seconds = verdict(case, row)
                seen[name] += 1
                took.append(seconds)
            wrong += times - seen[row["verdict"]]
            cell = " ".join(str(row[key]) for key in ("version", "os") if key in row)
            right = f"{seen[row['verdict']]}/{times}"
            others = {name: count for name, count in seen.items() if name != row["verdict"]}
            print(
                f"{right} {row['verdict']:15} {case} {cell}  first {took[0]:.1f} s, "
                f"then {min(took[1:] or took):.2f} s {others or ''}", flush=True
            )  # fmt: skip
    print(f"{wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
