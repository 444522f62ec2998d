"""A case file → a case, or all that is wrong with it."""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from repro.casefile.document import Document, read
from repro.casefile.endless import never_ends
from repro.casefile.hidden import kept_sources, without_secrets
from repro.casefile.problem import KeyPath, Problem
from repro.casefile.references import Profiles, check_references
from repro.casefile.sources import digest, read_sources
from repro.errors import CaseError
from repro.model.base import Scalar
from repro.model.case import Case

M = TypeVar("M", bound=BaseModel)

_SUFFIXES = (".yml", ".yaml")
#: Beside cases: what they refer to.  Not looked into for cases.
_SOURCE_FOLDERS = ("files", "checks")
#: Seconds that trying the suspicious regular expressions of one file may take.
_PATTERN_TIME = 10.0
#: Mappings whose keys are the case's own words.
_FREE_KEYS = ("env", "vars", "headers")


@dataclass(frozen=True)
class LoadedCase:
    """A case with the file it came from.

    ``text`` is the file without the values that it marks as secret, ``sources`` the content of
    what it refers to by the name as written, ``digest`` the SHA-256 over both as they were.
    """

    case: Case
    path: Path
    text: bytes
    digest: str
    sources: dict[str, bytes]

    @property
    def kept_sources(self) -> dict[str, bytes]:
        """The sources as they may be kept: without the content of secret files."""
        return kept_sources(self.case, self.sources)


def load(path: Path | str, profiles: Profiles | None = None) -> LoadedCase:
    """Read a case file.

    With ``profiles``, names of profiles, nodes and roles are looked up there too.  Raises
    CaseError with every problem of the file.
    """
    loaded, problems = _load(Path(path), profiles)
    if loaded is None:
        raise _error(problems, 1)
    return loaded


def load_many(
    paths: Iterable[Path | str], profiles: Profiles | None = None
) -> tuple[LoadedCase, ...]:
    """Read case files and, recursively, folders of them.

    Raises CaseError with every problem of all files; one ``id`` in two files is a problem.
    """
    problems: list[Problem] = []
    files: dict[Path, Path] = {}
    for path in paths:
        for file in _files(Path(path), problems):
            files.setdefault(file.resolve(), file)
    cases: list[LoadedCase] = []
    for file in files.values():
        loaded, found = _load(file, profiles)
        problems += found
        if loaded is not None:
            cases.append(loaded)
    problems += _same_ids(cases)
    if problems:
        raise _error(problems, len(files))
    return tuple(cases)


def read_model(model: type[M], path: Path, **given: str) -> tuple[M | None, list[Problem]]:
    """Read another YAML file the way cases are read; ``given`` keys may not stand in it."""
    _, document = read(path)
    if isinstance(document.root, dict):
        for key in given.keys() & document.root.keys():
            document.add((key,), "unknown key: the file's own name says it")
        document.root.update({key: Scalar(value) for key, value in given.items()})
    value = _validate(document, model)
    return (None if document.problems else value), sorted(set(document.problems))


# -- one file ------------------------------------------------------------------------------


def _load(path: Path, profiles: Profiles | None) -> tuple[LoadedCase | None, list[Problem]]:
    text, document = read(path)
    case = _validate(document, Case)
    check_references(document, profiles)
    sources = read_sources(document)
    _check_patterns(document)
    if case is None or document.problems:
        return None, sorted(set(document.problems))
    return LoadedCase(case, path, without_secrets(text), digest(text, sources), sources), []


def _validate(document: Document, model: type[M]) -> M | None:
    """The document as a model; None, with problems added, where it is not one."""
    if document.root is None and document.problems:
        return None
    if not isinstance(document.root, dict):
        document.add((), "should be a mapping: keys, each followed by ': ' and its value")
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what `re` finds doubtful is no problem of the case
            return model.model_validate(document.root, by_alias=True, by_name=False)
    except ValidationError as error:
        from repro.casefile.explain import explain

        explain(document, model, error.errors(include_url=False))
        return None


def _check_patterns(document: Document) -> None:
    until = time.monotonic() + _PATTERN_TIME
    for path, pattern in _patterns((), document.root):
        if time.monotonic() > until:
            document.add(path, "there are too many regular expressions that take long to check")
            return
        if never_ends(pattern):
            document.add(
                path,
                "never ends on some texts: a repeated part can match the same text in several "
                "ways; make what repeats unambiguous",
            )


def _patterns(path: KeyPath, value: Any) -> Iterator[tuple[KeyPath, Scalar]]:
    """Every regular expression of a document, with its place."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key == "matches" and isinstance(item, Scalar):
                yield (*path, key), item
            elif key not in _FREE_KEYS:
                yield from _patterns((*path, key), item)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _patterns((*path, number), item)


# -- several files -------------------------------------------------------------------------


def _files(path: Path, problems: list[Problem]) -> list[Path]:
    """The file itself, or the case files in a folder, in the order of their names."""
    if not path.is_dir():
        return [path]
    found: list[Path] = []
    for folder, folders, names in os.walk(path):
        folders[:] = sorted(
            name for name in folders if name not in _SOURCE_FOLDERS and not name.startswith(".")
        )
        found += [
            Path(folder, name)
            for name in names
            if name.endswith(_SUFFIXES) and not name.startswith(".")
        ]
    if not found:
        problems.append(Problem(path, 0, 0, (), "holds no case files (*.yml, *.yaml)"))
    return sorted(found)


def _same_ids(cases: Iterable[LoadedCase]) -> list[Problem]:
    first: dict[str, Path] = {}
    problems = []
    for loaded in cases:
        other = first.setdefault(loaded.case.id, loaded.path)
        if other != loaded.path:
            _, document = read(loaded.path)
            message = f"{loaded.case.id} is the id of {other} too; ids are unique in a catalogue"
            place = document.position(("id",))
            problems.append(Problem(loaded.path, *place, ("id",), message))
    return problems


def _error(problems: list[Problem], files: int) -> CaseError:
    count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    where = f" in {files} files" if files > 1 else ""
    return CaseError(f"{count}{where}; nothing was started", tuple(problems))
