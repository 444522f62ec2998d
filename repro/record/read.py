"""Run folders, read again: also unfinished ones, and ones that somebody else sent."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from repro import files
from repro.errors import NotFoundError, RecordError
from repro.model.observation import Observation, Verdict
from repro.model.plan import Plan
from repro.model.record import (
    RECORD_SCHEMA,
    Collected,
    Event,
    Judgement,
    Lock,
    RunHeader,
    RunRecord,
    RunSummary,
)
from repro.record import manifest
from repro.record.folder import MAX_JSON, MAX_LINES
from repro.settings import Settings

_LAST = re.compile(r"last(?:~([0-9]{1,6}))?")
M = TypeVar("M", bound=BaseModel)
T = TypeVar("T")


@cache
def _adapter() -> TypeAdapter[Observation]:
    return TypeAdapter(Observation)


def _observation(line: bytes) -> Observation:
    return _adapter().validate_json(line)


def read_run(folder: Path) -> RunRecord:
    """Everything of a run but its large files.

    A run that was never closed, and a line torn at the end, are told in ``notes``.  Raises
    NotFoundError where there is no run, RecordError for a damaged or newer one.
    """
    header = read_header(folder)
    notes: list[str] = []
    finished = manifest.read(folder) is not None
    if not finished:
        notes.append("the run was not finished: it was interrupted, killed, or still goes on")
    # All parts have been validated; building the validator of the whole takes long.
    return RunRecord.model_construct(
        folder=str(folder),
        header=header,
        finished=finished,
        plan=json_file(Plan, folder, "plan.json"),
        observations=_each(_observation, folder, "observations.jsonl", notes),
        events=_each(Event.model_validate_json, folder, "events.jsonl", notes),
        lock=json_file(Lock, folder, "lock.json"),
        prepared=_prepared(folder, notes),
        collected=_each(Collected.model_validate_json, folder, "collected.jsonl", notes),
        verdict=json_file(Verdict, folder, "verdict.json"),
        summary=json_file(RunSummary, folder, "summary.json"),
        judgements=_judgements(folder),
        files=tuple(files.tree(folder)),
        notes=tuple(notes),
    )


def read_header(folder: Path) -> RunHeader:
    """Which run this is.  Raises NotFoundError, RecordError."""
    header = json_file(RunHeader, folder, "run.json", newest=RECORD_SCHEMA)
    if header is None:
        raise NotFoundError(f"{folder} is no run folder", action="`repro history` lists the runs")
    return header


def case_text(folder: Path) -> bytes:
    """The case file as it was."""
    return files.read_bounded(folder / "case.yml", MAX_JSON)


def summary_of(folder: Path) -> RunSummary | None:
    """The run's summary with the verdict in force; None for an unfinished run."""
    summary = json_file(RunSummary, folder, "summary.json")
    verdict = json_file(Verdict, folder, "verdict.json") if summary else None
    return summary.model_copy(update={"verdict": verdict}) if summary and verdict else summary


def run_folders(settings: Settings) -> list[Path]:
    """All run folders, oldest first."""
    paths = (settings.runs / name for name in sorted(_names(settings)))
    return [path for path in paths if is_run(path)]


def is_run(folder: Path) -> bool:
    """Whether a folder is a run's."""
    return (folder / "run.json").is_file()


def find_run(settings: Settings, text: str) -> Path:
    """A run by its folder's path, its identifier, a beginning that only it has, or ``last``.

    ``last~1`` is the one before the last, and so on.  There may be very many: only those that
    could be meant are looked into.  Raises NotFoundError, which names the runs that were probably
    meant.
    """
    if "/" in text or text in (".", ".."):
        read_header(Path(text))
        return Path(text)
    if text and is_run(settings.runs / text):
        return settings.runs / text
    names = _names(settings)
    back = _LAST.fullmatch(text)
    if back and (found := _newest(settings.runs, names, int(back[1] or 0))) is not None:
        return found
    called = [settings.runs / name for name in sorted(names) if text and text in name]
    meant = [path for path in called if is_run(path)]
    begun = [path for path in meant if path.name.startswith(text)]
    if len(begun) == 1:
        return begun[0]
    raise _not_one(text, begun or meant)


def _names(settings: Settings) -> list[str]:
    """What may be a run, in no order: nobody has looked into it."""
    if not settings.runs.is_dir():
        return []
    with files.trouble(f"cannot list {settings.runs}"):
        names = os.listdir(settings.runs)  # noqa: PTH208 - a path for each would take long
    return [name for name in names if not name.startswith(".")]


def _newest(runs: Path, names: list[str], back: int) -> Path | None:
    """Identifiers tell seconds apart; within one, the header that was written last counts."""
    found: list[Path] = []
    for _, same in groupby(sorted(names, reverse=True), key=lambda name: name[:15]):
        paths = [path for name in same if is_run(path := runs / name)]
        found += sorted(paths, key=_written, reverse=True)
        if len(found) > back:
            return found[back]
    return None


def _written(run: Path) -> int:
    return (run / "run.json").stat().st_mtime_ns


def _not_one(text: str, candidates: list[Path]) -> NotFoundError:
    shown = ", ".join(path.name for path in candidates[-5:])
    return NotFoundError(
        f"no single run is called {text!r}",
        cause=f"these could be meant: {shown}" if shown else "there is no such run",
        action="name one of them; `repro history` lists the runs",
    )


def _prepared(folder: Path, notes: list[str]) -> dict[str, tuple[dict[str, Any], ...]]:
    there = folder / "prepare"
    if not there.is_dir() or there.is_symlink():
        return {}
    return {
        path.stem: tuple(
            item
            for line in lines(folder, f"prepare/{path.name}", notes)
            if isinstance(item := _parsed(path, line), dict)
        )
        for path in sorted(there.glob("*.jsonl"))
    }


def _judgements(folder: Path) -> tuple[Judgement, ...]:
    there = folder / "judgements"
    if not there.is_dir() or there.is_symlink():
        return ()
    names = sorted(path.name for path in there.glob("*.json"))
    found = [json_file(Judgement, folder, f"judgements/{name}") for name in names]
    return tuple(item for item in found if item is not None)


def _each(parse: Callable[[bytes], T], folder: Path, name: str, notes: list[str]) -> tuple[T, ...]:
    try:
        return tuple(parse(line) for line in lines(folder, name, notes))
    except ValidationError as error:
        raise _damaged(folder / name, error) from None


def lines(folder: Path, name: str, notes: list[str]) -> Iterator[bytes]:
    """Whole lines of a file; a torn one at the end is told in ``notes``."""
    path = folder / name
    if not path.exists():
        return
    with (
        files.trouble(f"cannot read {path}"),
        files.open_regular(path) as fd,
        open(fd, "rb", closefd=False) as file,
    ):
        if os.fstat(fd).st_size > MAX_LINES:
            raise RecordError(f"{path} is larger than {MAX_LINES} bytes")
        for line in file:
            if not line.endswith(b"\n"):
                notes.append(f"{name}: the last line was not written to its end; left out")
                return
            yield line


def json_file(model: type[M], folder: Path, name: str, newest: int | None = None) -> M | None:
    """A file as a model; None where there is none.  Raises RecordError, also for one whose layout
    is newer than ``newest``.
    """
    path = folder / name
    if not path.exists():
        return None
    data = files.read_bounded(path, MAX_JSON)
    if newest is not None:
        _refuse_newer(path, data, newest)
    return _validated(model, data, path)


def _refuse_newer(path: Path, data: bytes, newest: int) -> None:
    content = _parsed(path, data)
    schema = content.get("schema_") if isinstance(content, dict) else None
    if isinstance(schema, int) and schema > newest:
        raise RecordError(
            f"{path.parent} has layout {schema}; this repro reads up to {newest}",
            cause="it was written by a newer repro",
            action="update repro",
        )


def _parsed(path: Path, data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise RecordError(f"{path} is damaged", cause=str(error)) from None


def _validated(model: type[M], data: bytes, path: Path) -> M:
    try:
        return model.model_validate_json(data)
    except (ValidationError, RecursionError) as error:
        raise _damaged(path, error) from None


def _damaged(path: Path, error: Exception) -> RecordError:
    cause = str(error)
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False, include_input=False)[0]
        cause = ": ".join([*(str(part) for part in first["loc"]), first["msg"]])
    return RecordError(f"{path} is damaged", cause=cause)
