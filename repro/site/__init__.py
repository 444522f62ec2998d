"""The history as a static site: pages for issues, products and runs, kept up to date."""

from repro.site.build import Built, build
from repro.site.paths import issue_path, run_path

__all__ = ["Built", "build", "issue_path", "run_path"]
