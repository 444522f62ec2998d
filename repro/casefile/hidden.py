"""The text of a case without the values that it marks as secret: what may be kept of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from repro.model.base import Scalar, resolve
from repro.model.case import Case
from repro.model.secret import REDACTED

#: Stands where a value was; in quotes, as YAML would take it for a list.
_MARK = f'"{REDACTED}"'
#: Keys whose values are the secret where ``secret: true`` stands beside them.
_VALUES = ("value", "content", "send")
_BEFORE = re.compile(r"(?:[&!]\S*\s+)*")


def without_secrets(text: bytes) -> bytes:
    """A case file that was read without a problem; as it was where it marks nothing."""
    if b"secret" not in text:
        return text
    import yaml

    whole = text.decode("utf-8").removeprefix("\ufeff").replace("\r\n", "\n")
    root = yaml.compose(whole, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    spans = sorted(set(_spans(root, set())), reverse=True)
    for start, end in spans:
        old = whole[start:end]
        before = _BEFORE.match(old)
        assert before
        whole = whole[:start] + before[0] + _MARK + old[len(old.rstrip()) :] + whole[end:]
    return whole.encode() if spans else text


def kept_sources(case: Case, sources: Mapping[str, bytes]) -> dict[str, bytes]:
    """What a case refers to, a mark in place of the content of its secret files."""
    files = [*case.files, *(file for each in case.workarounds for file in each.files)]
    secret = {file.source for file in files if file.secret}
    return {name: REDACTED.encode() if name in secret else data for name, data in sources.items()}


def _spans(node: Any, seen: set[int]) -> Iterator[tuple[int, int]]:
    """Where the secrets stand.  A part that several aliases name is looked at once."""
    if id(node) in seen or not isinstance(node.value, list):
        return
    seen.add(id(node))
    pairs = _pairs(node) if node.id == "mapping" else {}
    mark = pairs.get("secret")
    if mark is not None and mark.id == "scalar" and resolve(Scalar(mark.value)) is True:
        for value in (pairs[key] for key in _VALUES if key in pairs):
            yield value.start_mark.index, value.end_mark.index
    for item in node.value:
        for part in item if isinstance(item, tuple) else (item,):
            yield from _spans(part, seen)


def _pairs(node: Any) -> dict[str, Any]:
    """The values of a mapping by key, those of merged mappings too."""
    pairs = {key.value: value for key, value in node.value if key.id == "scalar"}
    merged = pairs.pop("<<", None)
    for other in () if merged is None else merged.value if merged.id == "sequence" else (merged,):
        if other.id == "mapping":
            pairs = {**_pairs(other), **pairs}
    return pairs
