"""The pages, from templates.  Nothing but what was looked through comes out of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from repro import __version__
from repro.site import paths, words
from repro.site.rows import SHORT, heat_rows, rate_rows, version_heads
from repro.site.shown import Passed, Shown
from repro.site.views import level

_HERE = Path(__file__).parent
#: The colours and the type that reports have too.
_BASE = _HERE.parent / "report" / "page" / "base.css"
_REDACTION = _HERE.parent / "redact"
#: Characters of a reason on the run's own page.
_LONG = 4000


class Pages:
    """Renders.  Text that was not looked through is, where it is put out."""

    def __init__(self, shown: Shown) -> None:
        self._shown = shown
        self._environment = Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            auto_reload=False,
            undefined=StrictUndefined,
            finalize=shown.any,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        self._environment.globals.update(version=Passed(__version__), **self._paths())
        self._environment.globals.update(
            verdict_class=words.verdict_class,
            state_class=words.STATE_CLASS.__getitem__,
            heat_rows=partial(heat_rows, shown),
            rate_rows=partial(rate_rows, shown),
            version_heads=partial(version_heads, shown),
            standing=words.standing,
            level=level,
            short=lambda text: shown.line(text, SHORT),
            long=lambda text: shown.line(text, _LONG),
        )
        named = (words.day, words.minute, words.seconds, words.rate, words.percent)
        self._environment.filters.update({each.__name__: each for each in named})
        # An import in a template would be looked up again for each page.
        self._environment.globals["parts"] = self._environment.get_template("parts.html").module

    def render(self, template: str, path: str, /, **values: Any) -> str:
        """The page that is at ``path`` of the site."""
        root = "../" * path.count("/")

        def to(there: str) -> Passed:
            return Passed(root + there)

        made = self._environment.get_template(f"{template}.html")
        return made.render(to=to, root=Passed(root), **values)

    def _paths(self) -> dict[str, Callable[..., str]]:
        """The paths of pages, by names that may be shown."""
        shown = self._shown
        return {
            "issue_at": lambda case: paths.issue_path(shown.text(case)),
            "run_at": lambda run, case: paths.run_path(shown.run(run, case)),
            "report_at": lambda run, case: paths.report_path(shown.run(run, case)),
            "product_at": lambda purl: paths.product_path(shown.text(purl)),
            "run_name": shown.run,
        }


def recipe() -> str:
    """All that pages are made by: another recipe, other pages."""
    kinds = (".py", ".html", ".css", ".js")
    found = sorted([*_HERE.rglob("*.*"), *_REDACTION.rglob("*.*")])
    parts = [part.read_text("utf-8") for part in [*found, _BASE] if part.suffix in kinds]
    return "\0".join([__version__, metadata.version("detect-secrets"), *parts])


def assets() -> dict[str, str]:
    """The style sheet and the script, by their paths."""
    own = _HERE / "assets"
    style = _BASE.read_text("utf-8") + own.joinpath("site.css").read_text("utf-8")
    return {"assets/site.css": style, "assets/site.js": own.joinpath("site.js").read_text("utf-8")}
