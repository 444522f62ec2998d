"""What one task of a preparation did."""

from __future__ import annotations

from repro.model.base import Frozen

#: Characters kept of what a failed task said; the beginning and the end are kept.
MESSAGE_LIMIT = 8000


class TaskResult(Frozen):
    """One task, by Ansible or by the shell.  ``seconds`` is wall time.

    ``message`` is what it printed where it failed, and empty where it did not.
    """

    task: str
    changed: bool
    failed: bool
    seconds: float
    message: str = ""


def bounded(text: str, limit: int = MESSAGE_LIMIT) -> str:
    """The text with its middle left out where it is too long."""
    if len(text) <= limit:
        return text
    half = limit // 2
    return f"{text[:half]}\n[… {len(text) - 2 * half} characters left out …]\n{text[-half:]}"
