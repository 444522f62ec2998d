"""Every text of every model is redacted: no field can be forgotten, whoever adds it."""

from __future__ import annotations

import datetime as dt
import importlib
import pkgutil
import types
import typing
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypeVar

import pytest
from pydantic import BaseModel

import repro.model
from repro.model.base import Frozen
from repro.redact import Outgoing
from repro.redact.known import Redactor

KNOWN = "Zebra-Crossing-42"
TOKEN = "ghp_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
TEXT = f"said {KNOWN} and {TOKEN} there"
#: Models within one another; some hold their own kind.
DEPTH = 4


def _models() -> list[type[BaseModel]]:
    for each in pkgutil.iter_modules(repro.model.__path__, "repro.model."):
        importlib.import_module(each.name)
    found: list[type[BaseModel]] = []
    left: list[type[BaseModel]] = [Frozen]
    while left:
        inner = left.pop().__subclasses__()
        found += inner
        left += inner
    own = {each.__qualname__: each for each in found if each.__module__.startswith("repro.model.")}
    return [own[name] for name in sorted(own)]


def _filled(model: type[BaseModel], depth: int = DEPTH) -> BaseModel:
    """One with a secret wherever its type lets a text stand; nothing is validated."""
    hints = typing.get_type_hints(model, include_extras=True)
    values = {name: _value(hints[name], depth) for name in model.model_fields}
    if isinstance(values.get("text"), str) and "cut_at" in values:
        values["cut_at"] = len("said ")
    return model.model_construct(**values)


def _value(kind: Any, depth: int) -> Any:
    origin, parts = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Annotated:
        return _value(parts[0], depth)
    if origin is Literal:
        return parts[0]
    if origin in (typing.Union, types.UnionType):
        return next((made for each in parts if (made := _value(each, depth)) is not None), None)
    if origin in (tuple, list, frozenset, Sequence, Iterable):
        return _collection(origin)(_value(each, depth) for each in parts if each is not ...)
    if origin in (dict, Mapping):
        return {_value(parts[0], depth): _value(parts[1], depth)}
    if isinstance(kind, TypeVar) or kind is Any:
        return [TEXT, {"Some Key": (TEXT, TEXT.encode())}]
    return _plain(kind, depth)


def _collection(origin: Any) -> Any:
    return origin if origin in (list, frozenset) else tuple


def _plain(kind: Any, depth: int) -> Any:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return _filled(kind, depth - 1) if depth else None
    made = {str: TEXT, bytes: TEXT.encode(), int: 1, float: 1.0, bool: True, Path: Path(TEXT),
            type(None): None, dt.datetime: dt.datetime(2026, 11, 22, tzinfo=dt.UTC),
            dt.date: dt.date(2026, 11, 22)}  # fmt: skip
    assert kind in made, f"say here what stands for {kind}"
    return made[kind]


@pytest.mark.parametrize("model", _models(), ids=lambda model: str(model.__qualname__))
def test_no_text_of_a_model_is_forgotten(model: type[BaseModel]) -> None:
    filled = _filled(model)
    redactor, outgoing = Redactor([KNOWN]), Outgoing(Redactor([KNOWN]))
    assert KNOWN not in repr(redactor.model(filled))
    left = repr(outgoing.model(filled))
    assert KNOWN not in left
    assert TOKEN not in left


def test_there_are_texts_in_most_models() -> None:
    with_text = [each for each in _models() if KNOWN in repr(_filled(each))]
    assert len(with_text) * 2 > len(_models()) > 60
