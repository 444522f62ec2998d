"""What the search box looks in: scripts, since a page from a file may load nothing else."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

#: Where the script finds them.
ISSUES = "search/issues.js"


def runs_path(month: str) -> str:
    """The runs of a month, by which they are searched."""
    return f"search/runs-{month}.js"


def script(name: str, rows: Sequence[Any]) -> str:
    """Data as a script that hands it to the page's own.

    JSON in ASCII is a JavaScript expression as it stands (ECMA-262, "JSON superset").
    """
    data = json.dumps(rows, ensure_ascii=True, separators=(",", ":"))
    return f"reproFound({json.dumps(name)},{data});\n"
