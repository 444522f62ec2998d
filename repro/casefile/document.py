"""YAML text → dicts, lists and Scalars that know where they stand.

Built from the events of PyYAML's parser (libyaml where it is there), not from its constructors:
nothing is resolved or made an object of, and depth, aliases and size stay bounded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from repro.casefile.problem import KeyPath, Problem, shown
from repro.model.base import Scalar

#: Bytes of a file.
MAX_FILE = 1024 * 1024
#: Mappings and lists within one another.
MAX_DEPTH = 50
#: Characters of the document with all aliases written out, each value counting ten more.
MAX_EXPANDED = 8 * 1024 * 1024
#: Problems of one file that are told.
MAX_PROBLEMS = 100

_CORE_TAGS = frozenset(
    f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "map", "seq")
)
# The characters that YAML does not allow (YAML 1.2, section 5.1).  Not written as all but those
# that it allows: `re` takes long to compile that many.
_CONTROL = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_HINTS = {
    "mapping values are not allowed": "a text that holds ': ' needs quotes around it",
    "cannot start any token": "a text that starts with this sign needs quotes around it",
    "tab character": "use spaces to indent, not tabs",
    "expected the node content": "a text that starts with this sign needs quotes around it",
    "did not find expected key": "the indentation does not fit the lines above, or a quote is open",
    "did not find expected ',' or": "a bracket or a quote is not closed",
    "could not find expected ':'": "a key should be followed by ': '",
    "unexpected end of stream": "a quote is not closed",
}

#: Line and column, counted from 1.
Position = tuple[int, int]


class Unreadable(Exception):
    """The file has no structure that could be looked at further."""

    def __init__(self, message: str, position: Position = (0, 0), path: KeyPath = ()) -> None:
        super().__init__(message)
        self.message = message
        self.position = position
        self.path = path


@dataclass(frozen=True)
class Document:
    """A file's content; aliases share the value that they name."""

    file: Path
    root: Any
    marks: dict[int, dict[str | int, Position]]
    problems: list[Problem]

    def position(self, path: KeyPath) -> Position:
        """Where the key (or the list item) at this path stands; the nearest above, if none."""
        value, found = self.root, (1, 1)
        for key in path:
            marks = self.marks.get(id(value), {})
            if key not in marks:
                break
            found, value = marks[key], value[key]
        return found

    def value(self, path: KeyPath) -> Any:
        """The value at a path that is known to be there."""
        value = self.root
        for key in path:
            value = value[key]
        return value

    def add(self, path: KeyPath, message: str) -> None:
        """Note a problem at a path."""
        self.problems.append(Problem(self.file, *self.position(path), path, message))


def read(path: Path, shown_as: Path | None = None) -> tuple[bytes, Document]:
    """A file's bytes and its content.  Never raises: what is wrong is in ``problems``."""
    file = shown_as or path
    data = b""
    try:
        data = _bytes(path)
        return data, parse(data, file)
    except Unreadable as wrong:
        problem = Problem(file, *wrong.position, wrong.path, wrong.message)
        return data, Document(file, None, {}, [problem])


def parse(data: bytes, file: Path) -> Document:
    """Content of YAML bytes.  Raises Unreadable."""
    text = _text(data)
    reader = _Reader(file)
    try:
        reader.run(text)
    except Unreadable as wrong:
        reader.problems.append(Problem(file, *wrong.position, wrong.path, wrong.message))
        return Document(file, None, {}, reader.problems)
    return Document(file, reader.root, reader.marks, reader.problems)


def _bytes(path: Path) -> bytes:
    try:
        if not path.is_file():
            raise Unreadable("is not a file" if path.exists() else "there is no such file")
        if (size := path.stat().st_size) > MAX_FILE:
            raise Unreadable(f"is {size / 2**20:.1f} MiB long; at most 1 MiB is read")
        with path.open("rb") as stream:
            data = stream.read(MAX_FILE + 1)
    except (OSError, ValueError) as error:
        raise Unreadable(f"cannot be read: {getattr(error, 'strerror', None) or error}") from None
    if len(data) > MAX_FILE:
        raise Unreadable("is too long; at most 1 MiB is read")
    return data


def _text(data: bytes) -> str:
    if len(data) > MAX_FILE:
        raise Unreadable("is too long; at most 1 MiB is read")
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise Unreadable("is UTF-16; save it as UTF-8", (1, 1))
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8")
        raise Unreadable(
            f"byte 0x{data[error.start]:02x} at offset {error.start} is not UTF-8; "
            "save the file as UTF-8",
            _end(before),
        ) from None
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    if found := _CONTROL.search(text):
        what = "a NUL" if found[0] == "\0" else f"the control character U+{ord(found[0]):04X}"
        raise Unreadable(f"{what} stands in the text", _end(text[: found.start()]))
    return text


def _end(before: str) -> Position:
    return before.count("\n") + 1, len(before) - before.rfind("\n")


@dataclass
class _Open:
    """A mapping or list whose end has not come yet."""

    value: dict[str, Any] | list[Any]
    marks: dict[str | int, Position]
    path: KeyPath
    position: Position
    anchor: str | None
    weight: int = 10
    height: int = 1
    key: Scalar | None = None
    merged: list[tuple[dict[str, Any], Position]] = field(default_factory=list)


class _Reader:
    """Takes the parser's events one by one."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.root: Any = None
        self.marks: dict[int, dict[str | int, Position]] = {}
        self.problems: list[Problem] = []
        self._text = ""
        self._stack: list[_Open] = []
        self._anchors: dict[str, Any] = {}
        self._closed: dict[int, _Open] = {}
        self._documents = 0

    def run(self, text: str) -> None:
        """Read all events.  Raises Unreadable at what cannot be gone on from."""
        import yaml

        self._text = text
        take = {
            "DocumentStartEvent": self._document,
            "AliasEvent": self._alias,
            "ScalarEvent": self._scalar,
            "MappingStartEvent": self._start,
            "SequenceStartEvent": self._start,
            "MappingEndEvent": self._end,
            "SequenceEndEvent": self._end,
        }
        try:
            for event in _events(yaml, text):
                if handler := take.get(type(event).__name__):
                    handler(event)
        except yaml.MarkedYAMLError as error:
            raise _syntax(error, text) from None
        except yaml.YAMLError as error:
            raise Unreadable(f"is no YAML: {error}") from None
        if self._documents == 0:
            raise Unreadable("is empty")

    # -- events ------------------------------------------------------------------------

    def _document(self, event: Any) -> None:
        self._documents += 1
        if self._documents > 1:
            raise Unreadable("holds several documents; write one case a file", _position(event))

    def _alias(self, event: Any) -> None:
        if any(one.anchor == event.anchor for one in self._stack):
            raise Unreadable(
                f"the anchor {shown(event.anchor)} holds itself", _position(event), self._path()
            )
        if event.anchor not in self._anchors:
            raise Unreadable(
                f"there is no anchor {shown(event.anchor)} above", _position(event), self._path()
            )
        self._put(self._anchors[event.anchor], event)

    def _scalar(self, event: Any) -> None:
        self._check_tag(event)
        if "\0" in event.value:
            self._problem("holds a NUL", _position(event))
        plain = event.style in (None, "") and event.tag is None
        value = None if plain and not event.value else Scalar(event.value, plain)
        if event.anchor:
            self._anchors[event.anchor] = value
        self._put(value, event)

    def _start(self, event: Any) -> None:
        self._check_tag(event)
        position, path = _position(event), self._path()
        if len(self._stack) >= MAX_DEPTH:
            raise Unreadable(f"is nested deeper than {MAX_DEPTH} levels", position, path)
        mapping = type(event).__name__ == "MappingStartEvent"
        value: dict[str, Any] | list[Any] = {} if mapping else []
        self._stack.append(_Open(value, {}, path, position, event.anchor))

    def _end(self, event: Any) -> None:
        done = self._stack.pop()
        self._merge(done)
        self.marks[id(done.value)] = done.marks
        self._closed[id(done.value)] = done
        if done.anchor:
            self._anchors[done.anchor] = done.value
        self._put(done.value, event, done.position)

    # -- building ----------------------------------------------------------------------

    def _put(self, value: Any, event: Any, position: Position | None = None) -> None:
        position = position or _position(event)
        self._check_tab(event, position)
        if not self._stack:
            self.root = value
            return
        parent = self._stack[-1]
        self._weigh(parent, value, position)
        if isinstance(parent.value, list):
            parent.marks[len(parent.value)] = position
            parent.value.append(value)
        elif parent.key is None:
            self._key(parent, value, position)
        else:
            self._pair(parent, parent.value, value, position)

    def _weigh(self, parent: _Open, value: Any, position: Position) -> None:
        """Add up what the document is with every alias written out."""
        child = self._closed.get(id(value))
        parent.weight += child.weight if child else 10 + len(value or "")
        parent.height = max(parent.height, 1 + (child.height if child else 0))
        if parent.weight > MAX_EXPANDED:
            raise Unreadable("its anchors expand to more than 8 MiB", position, self._path())
        if len(self._stack) + parent.height - 1 > MAX_DEPTH:
            message = f"is nested deeper than {MAX_DEPTH} levels"
            raise Unreadable(message, position, self._path())

    def _key(self, parent: _Open, value: Any, position: Position) -> None:
        if not isinstance(value, Scalar):
            what = "a key is empty" if value is None else "a key should be text"
            self._problem(what, position, parent.path)
            value = Scalar("")
        parent.key = value
        if value in parent.marks and not _is_merge(value):
            line = parent.marks[value][0]
            path = (*parent.path, str(value))
            self._problem(f"is there twice; first on line {line}", position, path)
        parent.marks.setdefault(str(value), position)

    def _pair(self, parent: _Open, into: dict[str, Any], value: Any, position: Position) -> None:
        key, parent.key = parent.key, None
        assert key is not None
        if not _is_merge(key):
            into.setdefault(str(key), value)
            return
        parent.marks.pop(key, None)
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, dict):
                parent.merged.append((one, position))
            else:
                path = (*parent.path, str(key))
                self._problem("`<<` takes a mapping, or a list of mappings", position, path)

    def _merge(self, done: _Open) -> None:
        """Add what merge keys bring; the mapping's own keys, then earlier ones, take precedence."""
        if not isinstance(done.value, dict):
            return
        for mapping, position in done.merged:
            marks = self.marks.get(id(mapping), {})
            for key, value in mapping.items():
                if key not in done.value:
                    done.value[key] = value
                    done.marks[key] = marks.get(key, position)

    # -- checks ------------------------------------------------------------------------

    def _check_tag(self, event: Any) -> None:
        if event.tag not in (None, "!") and event.tag not in _CORE_TAGS:
            self._problem(f"the tag {shown(event.tag)} is not allowed", _position(event))

    def _check_tab(self, event: Any, position: Position) -> None:
        index = event.start_mark.index
        if position == _position(event) and index and self._text[index - 1 : index] == "\t":
            self._problem("a tab stands before this; use spaces", position)

    def _problem(self, message: str, position: Position, path: KeyPath | None = None) -> None:
        if len(self.problems) >= MAX_PROBLEMS:
            raise Unreadable("there are more problems than are told here", position)
        where = self._path() if path is None else path
        self.problems.append(Problem(self.file, *position, where, message))

    def _path(self) -> KeyPath:
        if not self._stack:
            return ()
        parent = self._stack[-1]
        if isinstance(parent.value, list):
            return (*parent.path, len(parent.value))
        return (*parent.path, str(parent.key)) if parent.key is not None else parent.path


def _is_merge(key: Scalar) -> bool:
    return key == "<<" and key.plain


def _events(yaml: Any, text: str) -> Iterator[Any]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    events: Iterator[Any] = yaml.parse(text, Loader=loader)
    return events


def _position(event: Any) -> Position:
    return event.start_mark.line + 1, event.start_mark.column + 1


def _syntax(error: Any, text: str) -> Unreadable:
    """A parser's error in plain words."""
    mark = error.problem_mark or error.context_mark
    position = (mark.line + 1, mark.column + 1) if mark else (0, 0)
    words = f"{error.problem or error.context or 'cannot be parsed'}"
    hint = next((advice for sign, advice in _HINTS.items() if sign in words), "")
    if mark and text[mark.index : mark.index + 1] == "\t":
        words, hint = "a tab stands here", _HINTS["tab character"]
    context = error.context_mark
    if context and error.context and (context.line, context.column) != (mark.line, mark.column):
        words += f" ({error.context} that starts on line {context.line + 1})"
    return Unreadable(f"is no YAML: {words}" + (f"; {hint}" if hint else ""), position)
