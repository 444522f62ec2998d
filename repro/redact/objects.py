"""Secrets of Kubernetes: every value under ``data`` and ``stringData`` of such an object is one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from repro.redact.hit import Hit, lowered, positions

#: Characters before and after its kind in which an object's data is looked for.
_NEAR = 65_536
_KIND = re.compile(r"""["']?kind["']?:\s{0,3}["']?secret(?:list)?["']?(?=[\s,}]|\Z)""")
_BREAK = re.compile(r"^---[ \t]*$", re.MULTILINE)
_YAML = re.compile(
    r"^([ \t]*)(?:data|stringData):[ \t]*\r?\n((?:\1[ \t]+\S.*\r?\n?)+)", re.MULTILINE
)
_YAML_VALUE = re.compile(
    r"^[ \t]+[^\s:]{1,253}:[ \t]+([^\s|>#][^\r\n]*|[|>][^\n]*\n.*)", re.MULTILINE
)
_JSON = re.compile(r'"(?:data|stringData)"\s*:\s*\{([^{}]*)\}')
_JSON_VALUE = re.compile(r'"\s*:\s*"((?:[^"\\]|\\.)+)"')


def kubernetes(text: str) -> Iterator[Hit]:
    """Their values, in YAML and in JSON."""
    done = 0
    low = lowered(text) if "ecret" in text else ""
    for at in positions(low, "kind"):
        if not _KIND.match(low, at) and not (at and _KIND.match(low, at - 1)):
            continue
        start, end = _document(text, at, done)
        done = end
        for block, value in ((_YAML, _YAML_VALUE), (_JSON, _JSON_VALUE)):
            for data in block.finditer(text, start, end):
                inside = data.span(data.re.groups)
                yield from (
                    Hit(*each.span(1), "kubernetes") for each in value.finditer(text, *inside)
                )


def _document(text: str, at: int, done: int) -> tuple[int, int]:
    """Where the document begins and ends that has the kind there."""
    start, end = max(done, at - _NEAR), min(len(text), at + _NEAR)
    for found in _BREAK.finditer(text, start, end):
        if found.start() > at:
            return start, found.start()
        start = found.end()
    return start, end
