"""Every text and every file within a value, changed; what nothing changed in stays the same."""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from itertools import zip_longest
from typing import Any, Literal, Protocol, TypeVar

from pydantic import BaseModel

from repro.model.observation import Captured
from repro.model.phrase import Worded, agreeing
from repro.model.record import NodeLock
from repro.redact.names import says_secret

T = TypeVar("T")
B = TypeVar("B", bound=BaseModel)

#: A name of our own fields.
_FIELD_NAME = re.compile(r"[a-z_]{1,24}")
_NO_TEXT = (int, float, bool, type(None))


class Changes(Protocol):
    """What is done to the parts of a value."""

    def text(self, text: str) -> str:
        """A text."""

    def given(self, name: str, text: str) -> str:
        """A text that stands under a name, as in a mapping, or after one, as in a command."""

    def sides(self, before: str, after: str) -> tuple[str, str]:
        """An output that was cut between the two."""

    def content(self, data: bytes) -> bytes:
        """The content of a file."""


def walk(value: T, changes: Changes) -> T:
    """The value with its texts changed: models, mappings, sequences; numbers stay."""
    return typing.cast("T", _walk(value, changes))


def _walk(value: Any, changes: Changes) -> Any:
    for kind, change in _BY_KIND:
        if isinstance(value, kind):
            return change(value, changes)
    return value


def _content(value: bytes, changes: Changes) -> bytes:
    made = changes.content(value)
    return value if made == value else made


def _model(value: B, changes: Changes) -> B:
    changed = {}
    for name in _with_text(type(value)):
        old = getattr(value, name)
        new = _walk(old, changes)
        if new is not old:
            changed[name] = new
    return value.model_copy(update=changed) if changed else value


def _worded(value: Worded, changes: Changes) -> Worded:
    """A phrase that no longer says what the text beside it says told more than may be told."""
    made = _model(value, changes)
    if made is value or not made.phrases:
        return made
    return made.model_copy(update={"phrases": agreeing(made.phrases, dict(made))})


def _captured(value: Captured, changes: Changes) -> Captured:
    if value.cut_at is None:
        made: dict[str, Any] = {"text": changes.text(value.text)}
    else:
        before, after = changes.sides(value.text[: value.cut_at], value.text[value.cut_at :])
        made = {"text": before + after, "cut_at": len(before)}
    if made["text"] == value.text:
        return value
    if not _same_lines(made["text"], value.text):
        made["times"] = ()
    return value.model_copy(update=made)


def _same_lines(made: str, old: str) -> bool:
    """Whether the times of the lines still fit: they do not where a secret of several was."""
    return made.count("\n") == old.count("\n")


def _node_lock(value: NodeLock, changes: Changes) -> NodeLock:
    """A package may be called passwd, and its version is no secret for that."""
    packages = _unnamed(value.packages, changes)
    bare = value.model_copy(update={"packages": {}})
    made = _model(bare, changes)
    if made is bare and packages == value.packages:
        return value
    return value.model_copy(update={**dict(made), "packages": packages})


def _unnamed(value: Any, changes: Changes) -> Any:
    """Mappings whose keys say nothing of their values."""
    if isinstance(value, Mapping):
        return {_key(key, changes): _unnamed(item, changes) for key, item in value.items()}
    return _walk(value, changes)


def _mapping(value: Mapping[Any, Any], changes: Changes) -> Mapping[Any, Any]:
    made = {_key(key, changes): _item(key, item, changes) for key, item in value.items()}
    at, text = value.get("cut_at"), value.get("text")
    if isinstance(at, int) and isinstance(text, str):
        before, after = changes.sides(text[:at], text[at:])
        made |= {"text": before + after, "cut_at": len(before)}
    if value.get("times") and isinstance(text, str) and not _same_lines(made["text"], text):
        made["times"] = []
    if isinstance(phrases := made.get("phrases"), Mapping):
        kept = agreeing(phrases, made)
        made["phrases"] = phrases if len(kept) == len(phrases) else kept
    return value if _same(made, value) and _same(made.values(), value.values()) else made


def _same(made: Iterable[Any], old: Iterable[Any]) -> bool:
    return all(new is item for new, item in zip_longest(made, old))


def _key(key: Any, changes: Changes) -> Any:
    is_text = isinstance(key, str) and not _FIELD_NAME.fullmatch(key)
    return changes.text(key) if is_text else key


def _item(key: Any, item: Any, changes: Changes) -> Any:
    if not isinstance(key, str):
        return _walk(item, changes)
    if isinstance(item, str):
        return changes.given(key, item)
    return _walk(item if says_secret(key) is None else _given(key, item, changes), changes)


def _given(name: str, item: Any, changes: Changes) -> Any:
    """A list under a secret's name, or a mapping that says what its value is."""
    if isinstance(item, list | tuple):
        return [_item(name, each, changes) for each in item]
    if isinstance(item, Mapping) and "value" in item:
        return {**item, "value": _item(name, item["value"], changes)}
    return item


def _sequence(value: Sequence[Any], changes: Changes) -> Sequence[Any]:
    made = []
    option = ""
    for item in value:
        made.append(_item(option, item, changes) if option else _walk(item, changes))
        option = item if isinstance(item, str) and item.startswith("-") else ""
    if _same(made, value):
        return value
    return tuple(made) if isinstance(value, tuple) else made


@cache
def _with_text(model: type[BaseModel]) -> tuple[str, ...]:
    """The fields that may hold text of somebody else's; not numbers, nor words of our own."""
    return tuple(name for name, field in model.model_fields.items() if _may_hold(field.annotation))


def _may_hold(annotation: Any) -> bool:
    if annotation in _NO_TEXT:
        return False
    origin = typing.get_origin(annotation)
    if origin is Literal:
        return False
    if origin is typing.Annotated:
        return _may_hold(typing.get_args(annotation)[0])
    if origin in (typing.Union, types.UnionType, tuple):
        return any(_may_hold(part) for part in typing.get_args(annotation) if part is not ...)
    return True


#: How a value of each kind is changed; the first that fits.
_BY_KIND: tuple[tuple[Any, Callable[[Any, Changes], Any]], ...] = (
    (str, lambda value, changes: changes.text(value)),
    (bytes, _content),
    (Captured, _captured),
    (NodeLock, _node_lock),
    (Worded, _worded),
    (BaseModel, _model),
    (Mapping, _mapping),
    ((list, tuple), _sequence),
)
