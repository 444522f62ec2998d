"""The wording of reports: templates and names, by language; a team's own come first."""

from __future__ import annotations

from pathlib import Path


class Words:
    """What a language calls things."""

    def __init__(self, language: str = "en", templates: Path | None = None) -> None:
        self.templates = templates
        self.language = language
