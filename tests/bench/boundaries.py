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

from repro.casefile import LoadedCase, load_many
from repro.model.campaign import CampaignSummary

ROOT = Path(__file__).parents[2]
#: Products that are fixed in several lines at once: each line is a history of its own, with its
#: range and the boundaries in it.  PostgreSQL 11.0 itself was never published on npm.
LINES: dict[str, list[tuple[str, str | None, str | None]]] = {
    "pg-domain-default-null": [
        ("vers:npm/<13.0.0", "11.15.0-beta.6", None),
        ("vers:npm/>=17.0.0-alpha", None, "17.5.0-beta.15"),
    ],
    "ws-upgrade-headers-crash": [("vers:npm/>=7.5.10", "8.0.0", "8.17.1")],
}


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
        for line in LINES.get(loaded.case.id, [("all", known.introduced, known.fixed)]):
            wrong += not _is_right(loaded, *line)
    return 1 if wrong else 0


def _is_right(loaded: LoadedCase, versions: str, introduced: str | None, fixed: str | None) -> bool:
    clock = time.monotonic()
    asked = ["bisect", str(loaded.path), "--version", versions, "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "repro", *asked],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    seconds = time.monotonic() - clock
    lines = done.stdout.splitlines()
    if not lines or "answer" not in json.loads(lines[-1]):
        print(f"FAIL {loaded.case.id}: {done.stderr.strip()[-300:]}", flush=True)
        return False
    answer = CampaignSummary.model_validate_json(lines[-1]).answer
    kinds = {each["kind"]: each["after"] for each in answer["boundaries"]}
    right = (
        answer["state"] == "answered"
        and fixed == answer["first_fixed"]
        and introduced in (None, kinds.get("introduced"))
    )
    print(
        f"{'ok  ' if right else 'DIFF'} {loaded.case.id}: known {introduced} to {fixed}; "
        f"{answer['headline']} ({answer['evaluations']} runs, {seconds:.0f} s)",
        flush=True,
    )
    return right


if __name__ == "__main__":
    sys.exit(main())
