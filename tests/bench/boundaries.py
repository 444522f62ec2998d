"""Bisects every case with known boundaries over the real releases, and compares.

Usage: boundaries.py [WORD]; WORD chooses the cases whose id holds it.  Needs the engine and the
registries.  A known end that is not there means that the history has none: affected since the
oldest release that can be run, or not fixed.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

from repro.casefile import load_many
from repro.model.campaign import CampaignSummary

ROOT = Path(__file__).parents[2]


def main() -> int:
    word = sys.argv[1] if len(sys.argv) > 1 else ""
    wrong = 0
    for loaded in load_many([ROOT / "cases"]):
        known = loaded.case.known
        if known is None or word not in loaded.case.id:
            continue
        if loaded.case.environment.version is None:
            print(f"--   {loaded.case.id}: its versions come with the OS: see `repro matrix`")
            continue
        clock = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-m", "repro", "bisect", str(loaded.path), "--json"],
            cwd=ROOT, capture_output=True, text=True, check=False,
        )  # fmt: skip
        seconds = time.monotonic() - clock
        lines = done.stdout.splitlines()
        if not lines or "answer" not in json.loads(lines[-1]):
            print(f"FAIL {loaded.case.id}: {done.stderr.strip()[-300:]}", flush=True)
            wrong += 1
            continue
        answer = CampaignSummary.model_validate_json(lines[-1]).answer
        kinds = {each["kind"]: each["after"] for each in answer["boundaries"]}
        right = (
            answer["state"] == "answered"
            and known.fixed == answer["first_fixed"]
            and known.introduced in (None, kinds.get("introduced"))
        )
        wrong += not right
        print(
            f"{'ok  ' if right else 'DIFF'} {loaded.case.id}: known {known.introduced} to "
            f"{known.fixed}; {answer['headline']} ({answer['evaluations']} runs, {seconds:.0f} s)",
            flush=True,
        )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
