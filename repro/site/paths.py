"""Where the pages are, relative to the site's first page.  Other rooms link to them.

Names are made from what may be shown: give identifiers as they are after redaction.
"""

from __future__ import annotations

import hashlib
import re

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,150}")
_ODD = re.compile(r"[^A-Za-z0-9._-]+")
_STAMPED = re.compile(r"[0-9]{8}-[0-9]{6}-")


def issue_path(case: str) -> str:
    """The page of a case."""
    return f"issues/{_name(case)}.html"


def run_path(run: str) -> str:
    """The page of a run."""
    return f"runs/{month(run)}/{_name(run)}.html"


def report_path(run: str) -> str:
    """The full report of a run, where there is one."""
    return f"reports/{month(run)}/{_name(run)}.html"


def product_path(product: str) -> str:
    """The page of a product, by its Package URL without a version; empty: of those without one."""
    return f"products/{_name(product.removeprefix('pkg:').replace('/', '-') or 'none')}.html"


def month(run: str) -> str:
    """Year and month of a run, as its identifier begins with them; runs are kept by it."""
    return run[:6] if _STAMPED.match(run) else "other"


def _name(text: str) -> str:
    """A file's name that means the same in a URL and on every file system; unlike any other's."""
    if _PLAIN.fullmatch(text):
        return text
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return f"{_ODD.sub('-', text).strip('-._')[:80] or 'x'}-{digest}"
