"""Which environments are in use, by files that outlive the process that made them.

An environment has a state file and a lock file beside it.  Whoever uses the environment holds a
shared lock (flock(2), which the kernel drops when the process dies, however it dies); whoever
wants to remove it needs the exclusive one.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from repro.errors import DiskFullError, EnvironmentTrouble


@dataclass(frozen=True)
class State:
    """What is written down of an environment.  Times in seconds since the epoch."""

    id: str
    purpose: str
    created: float
    expires: float | None = None
    labels: Mapping[str, str] = field(default_factory=dict)


class Hold:
    """A use of an environment, from ``Leases.hold`` or ``Leases.join`` until ``close``."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def close(self) -> None:
        """End the use.  May be called again."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)


class Leases:
    """The environments of one workspace."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._folder = home / "environments"

    @property
    def workspace(self) -> str:
        """The id that all that belongs to this ``home`` is labelled with; made on first use."""
        path = self._home / "workspace"
        for _ in range(3):
            with contextlib.suppress(FileNotFoundError):
                return path.read_text("ascii").strip()
            with self._room():
                self._home.mkdir(parents=True, exist_ok=True, mode=0o700)
                made = _temporary(path, secrets.token_hex(8))
                with contextlib.suppress(FileExistsError):
                    # A link, and not a rename, so that the first of two processes wins.
                    os.link(made, path)
                made.unlink()
        raise EnvironmentTrouble(f"cannot write {path}")

    def hold(self, state: State) -> Hold:
        """Begin to use a new environment.  Raises EnvironmentTrouble where its id is taken."""
        with self._room():
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            try:
                flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
                descriptor = os.open(self._lock(state.id), flags, 0o600)
            except FileExistsError:
                raise EnvironmentTrouble(
                    f"there is an environment {state.id} already", action="`repro ls` shows it"
                ) from None
            fcntl.flock(descriptor, fcntl.LOCK_SH)
            self.write(state)
        return Hold(descriptor)

    def join(self, environment: str) -> Hold | None:
        """Use an environment that is there; None where it is not, or is being removed."""
        descriptor = self._open(environment)
        if descriptor is None:
            return None
        hold = Hold(descriptor)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            hold.close()
            return None
        if self.read(environment) is None:
            hold.close()
            return None
        return hold

    @contextlib.contextmanager
    def claim(self, environment: str) -> Iterator[bool]:
        """Whether nobody uses it; while in the block, nobody can begin to."""
        descriptor = self._open(environment)
        if descriptor is None:
            yield True
            return
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True
        finally:
            os.close(descriptor)

    def in_use(self, environment: str) -> bool:
        """Whether a process uses it now."""
        with self.claim(environment) as free:
            return not free

    def write(self, state: State) -> None:
        """Write the state file, all at once."""
        with self._room():
            made = _temporary(self._file(state.id), json.dumps(asdict(state)))
            made.replace(self._file(state.id))

    def read(self, environment: str) -> State | None:
        """The state of an environment; None where there is none, or it cannot be read."""
        try:
            return State(**json.loads(self._file(environment).read_text("utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def known(self) -> list[str]:
        """The ids that there are files of."""
        return sorted({path.stem for path in self._folder.glob("*.lock")})

    def expired(self, environment: str) -> bool:
        """Whether no lease keeps it up once its users are gone."""
        state = self.read(environment)
        return state is None or state.expires is None or state.expires <= time.time()

    def forget(self, environment: str) -> None:
        """Remove the files.  The lock goes last: while it is there, the id is taken."""
        self._file(environment).unlink(missing_ok=True)
        self._lock(environment).unlink(missing_ok=True)

    def _open(self, environment: str) -> int | None:
        try:
            return os.open(self._lock(environment), os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return None

    def _file(self, environment: str) -> Path:
        return self._folder / f"{environment}.json"

    def _lock(self, environment: str) -> Path:
        return self._folder / f"{environment}.lock"

    @contextlib.contextmanager
    def _room(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise DiskFullError(
                f"cannot write below {self._home}: {error}", cause="the disk is full or read-only"
            ) from error


def _temporary(path: Path, text: str) -> Path:
    """A finished file beside ``path``, to be put in its place."""
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    return Path(name)
