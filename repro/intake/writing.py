"""A draft as YAML with comments: whatever comes from a ticket is quoted by the YAML library, or
stands in a comment of one line.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from repro.casefile.dump import as_yaml
from repro.intake.reading import one_line

#: Characters of a comment.
_LONGEST = 240


def comment(text: str, indent: int = 0) -> str:
    """A line that says something about the next one."""
    return f"{' ' * indent}# {one_line(text)[:_LONGEST]}\n"


def entry(key: str, value: Any, notes: Iterable[str] = (), indent: int = 0) -> str:
    """A key with its value, under its comments."""
    return _with(notes, as_yaml({key: value}), indent)


def listed(key: str, items: Sequence[tuple[Any, Iterable[str]]], notes: Iterable[str] = ()) -> str:
    """A key with a list, each item under its own comments."""
    if not items:
        return entry(key, [], notes)
    head = "".join(comment(note) for note in notes) + f"{key}:\n"
    return head + "".join(_with(said, as_yaml([item]), 2) for item, said in items)


def _with(notes: Iterable[str], text: str, indent: int) -> str:
    space = " " * indent
    lines = (f"{space}{line}\n" if line else "\n" for line in text.removesuffix("\n").split("\n"))
    return "".join(comment(note, indent) for note in notes) + "".join(lines)
