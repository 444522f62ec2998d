"""pydantic's errors → problems in plain words, each at the key that it is about."""

from __future__ import annotations

import re
import typing
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from repro.casefile.document import MAX_PROBLEMS, Document
from repro.casefile.problem import EMPTY, KeyPath, meant, nearest, shown
from repro.model.base import CaseId, EnvName, GuestPath, NodeName
from repro.model.condition import MODULES
from repro.model.secret import OrSecret, SecretValue

#: An entry of ``ValidationError.errors()``.
Entry = Mapping[str, Any]
#: Part of an error's ``loc`` that says a dict's key is meant, not its value.
_KEY = "[key]"


def explain(document: Document, model: type[BaseModel], entries: Sequence[Entry]) -> None:
    """Add what pydantic found to the document's problems."""
    told: list[tuple[KeyPath, str]] = []
    if len(entries) > MAX_PROBLEMS:
        document.add((), "there are more problems than are told here")
        entries = entries[:MAX_PROBLEMS]
    for entry in entries:
        if not _noise(entry, entries):
            told += _told(document, model, entry, _place(document.root, entry))
    for path, message in told:
        if not _misspelt(path, message, told):
            document.add(path, message)


def _misspelt(path: KeyPath, message: str, told: list[tuple[KeyPath, str]]) -> bool:
    """A missing key that another message takes for the one meant by an unknown key."""
    ending = message.endswith(" is missing") and f"mean {message.split(maxsplit=1)[0]}?"
    return bool(ending) and any(
        other[:-1] == path and words.endswith(str(ending)) for other, words in told
    )


def _noise(entry: Entry, entries: Sequence[Entry]) -> bool:
    """A list counts as too short when an item of it is wrong; that item is told already."""
    loc = entry["loc"]
    return entry["type"] == "too_short" and any(
        len(other["loc"]) > len(loc) and other["loc"][: len(loc)] == loc for other in entries
    )


# -- where ---------------------------------------------------------------------------------


def _place(root: Any, entry: Entry) -> KeyPath:
    """The path of an error: ``loc`` without the names of union members and such.

    A name in ``loc`` may be both a key and a union member, so all readings are looked at.
    """
    loc = [part for part in entry["loc"] if part != _KEY]
    missing = entry["type"] == "missing"
    readings = _readings(root, loc[:-1] if missing else loc)

    def rank(path: KeyPath) -> tuple[bool, bool, int]:
        value, last = readings[path]
        return value is entry["input"], last, len(path)

    path = max(readings, key=rank)
    value, _ = readings[path]
    if missing or value is entry["input"]:
        return path
    return path + _child(value, entry["input"])


def _readings(root: Any, loc: list[str | int]) -> dict[KeyPath, tuple[Any, bool]]:
    """Path → the value there, and whether the last part of ``loc`` was taken as a key."""
    readings: dict[KeyPath, tuple[Any, bool]] = {(): (root, True)}
    for part in loc:
        longer: dict[KeyPath, tuple[Any, bool]] = {}
        for path, (value, _) in readings.items():
            longer.setdefault(path, (value, False))
            if _holds(value, part):
                longer[*path, part] = (value[part], True)
        readings = longer
    return readings


def _holds(value: Any, key: Any) -> bool:
    if isinstance(value, dict):
        return isinstance(key, str) and key in value
    return isinstance(value, list) and isinstance(key, int) and 0 <= key < len(value)


def _child(value: Any, wanted: Any) -> KeyPath:
    if isinstance(value, dict) and wanted is not None:
        return next(((key,) for key, item in value.items() if item is wanted), ())
    return ()


# -- what ----------------------------------------------------------------------------------

_KINDS = {
    "step": ["run", "wait", "fault", "http", "interact"],
    "condition": ["step", "run", "log", "node", "python", "any", "all", "not", *MODULES],
}

_PLAIN = {
    "string_type": "should be text",
    "int_parsing": "should be a whole number",
    "int_parsing_size": "should be a smaller number",
    "int_type": "should be a whole number",
    "int_from_float": "should be a whole number",
    "float_parsing": "should be a number",
    "float_type": "should be a number",
    "finite_number": "should be a finite number",
    "bool_parsing": "should be true or false",
    "bool_type": "should be true or false",
    "tuple_type": "should be a list",
    "list_type": "should be a list",
    "dict_type": "should be a mapping",
    "model_type": "should be a mapping",
    "model_attributes_type": "should be a mapping",
}
_BOUNDS = {
    "greater_than_equal": ("ge", "should be at least {}"),
    "greater_than": ("gt", "should be more than {}"),
    "less_than_equal": ("le", "should be at most {}"),
    "less_than": ("lt", "should be less than {}"),
    "too_short": ("min_length", "should have at least {} item(s)"),
    "too_long": ("max_length", "should have at most {} items"),
    "string_too_short": ("min_length", "should have at least {} character(s)"),
    "string_too_long": ("max_length", "should have at most {} characters"),
}


def _pattern(of: Any) -> str:
    """The regular expression of one of the constrained string types."""
    return next(str(item.pattern) for item in typing.get_args(of) if hasattr(item, "pattern"))


_PATTERNS = {
    _pattern(CaseId): "should be lower-case letters, digits, '.', '_' and '-', like redis-py-2624",
    _pattern(NodeName): "should be a host name: lower-case letters, digits and '-'",
    _pattern(GuestPath): "should be an absolute path, like /case/app.py",
    _pattern(EnvName): "should be a variable's name: letters, digits and '_'",
    r"^0?[0-7]{3,4}$": "should be a file mode, like 0644",
    r"^[A-Z]+ https?://\S+$": "should be METHOD URL, like GET http://server:8080/health",
    r"^[A-Za-z][\w.-]*:.+$": "should be SYSTEM:KEY, like github:redis/redis-py#2624",
}


def _told(
    document: Document, model: type[BaseModel], entry: Entry, path: KeyPath
) -> Iterator[tuple[KeyPath, str]]:
    """What to say of one error; more than one problem only for steps and conditions."""
    kind, given = entry["type"], entry["input"]
    if kind == "extra_forbidden":
        if "module" not in entry["loc"] or path[-1] not in MODULES:
            yield path, "unknown key" + meant(str(path[-1]), _keys(document, model, path[:-1]))
    elif kind == "missing":
        key = entry["loc"][-1]
        if key == "module":
            names = [name for name in document.value(path) if name in MODULES]
            yield path, f"{' and '.join(names)} are conditions of their own; write one each"
        elif key != "attributes" or "module" in document.value(path):
            yield path, f'"{key}" is missing'
    elif kind in _KINDS:
        yield from _no_kind(path, given, kind, str(entry["msg"]))
    elif _KEY in entry["loc"]:
        yield path, f"this key {_message(entry)}"
    else:
        yield path, _message(entry)


def _no_kind(path: KeyPath, given: Any, kind: str, message: str) -> Iterator[tuple[KeyPath, str]]:
    """A step or condition without the key that tells its kind: perhaps that key is misspelt."""
    misspelt = False
    if isinstance(given, dict):
        for key in given:
            if key not in {"name", "on"} and (near := nearest(key, _KINDS[kind])):
                misspelt = True
                yield (*path, str(key)), f'unknown key; did you mean "{near}"?'
    if not misspelt:
        yield path, message if isinstance(given, dict) else f"{message}, not {_kind(given)}"


def _message(entry: Entry) -> str:
    kind, given, details = entry["type"], entry["input"], entry.get("ctx") or {}
    text = str(details.get("error", entry["msg"]))
    if kind in _BOUNDS:
        name, words = _BOUNDS[kind]
        number = isinstance(given, str) and "than" in kind
        text = words.format(details[name]) + (f", not {given}" if number else "")
    elif given is None:
        text = EMPTY
    elif kind in _PLAIN:
        text = f"{_PLAIN[kind]}, not {_kind(given)}"
    elif kind == "literal_error":
        text = _not_allowed(str(details["expected"]), given)
    elif kind == "string_pattern_mismatch":
        pattern = details["pattern"]
        text = f"{_PATTERNS.get(pattern, f'should match {pattern}')}, not {shown(given)}"
    return text


def _not_allowed(expected: str, given: Any) -> str:
    allowed = re.findall(r"'([^']*)'", expected) or [expected]
    near = nearest(given, allowed) if isinstance(given, str) else ""
    ending = f'; did you mean "{near}"?' if near else ""
    return f"should be {_either(allowed)}, not {_kind(given)}{ending}"


def _either(names: list[str]) -> str:
    return " or ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _kind(value: Any) -> str:
    if isinstance(value, dict):
        return "a mapping"
    return "a list" if isinstance(value, list | tuple) else shown(value)


# -- which keys there are ------------------------------------------------------------------


def _keys(document: Document, model: type[BaseModel], path: KeyPath) -> list[str]:
    """The keys that are allowed in the mapping at this path."""
    models = [model]
    for part in path:
        models = [below for one in models for below in _below(one, part)] or models
    given = document.value(path)
    fitting = [one for one in models if _required(one) <= given.keys()] or models
    return list(
        dict.fromkeys(
            field.alias or name for one in fitting for name, field in one.model_fields.items()
        )
    )


def _below(model: type[BaseModel], key: str | int) -> list[type[BaseModel]]:
    """The models that may stand under a key of this one; none under a place in a list."""
    fields = [each for name, each in model.model_fields.items() if key == (each.alias or name)]
    return [found for field in fields for found in models_in(field.annotation)]


def _required(model: type[BaseModel]) -> set[str]:
    return {
        field.alias or name for name, field in model.model_fields.items() if field.is_required()
    }


def models_in(annotation: Any) -> list[type[BaseModel]]:
    """The models that a field's annotation names, however deep."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    if isinstance(annotation, OrSecret):
        return [SecretValue]
    return [model for part in typing.get_args(annotation) for model in models_in(part)]
