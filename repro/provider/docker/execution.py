"""Runs one command in a container, follows it to its end, or ends it."""

from __future__ import annotations

import secrets
import threading
import time
from typing import Literal

from repro.capture import Capture
from repro.errors import EngineError, NodeLostError
from repro.model.observation import Completed, signal_of
from repro.ports import Command, OutputSink
from repro.provider.docker.ending import Ending, Target
from repro.provider.docker.engine import ConflictError, Engine, MissingError, UnreachableError
from repro.provider.docker.stream import Demultiplexer, Stream

#: Seconds between two looks at the clock and the cancel event, and at whether it still runs.
_TICK = 0.05
_LOOK = 0.1
#: Seconds for the rest of the output of a command that ended, or was ended.
_DRAIN = 0.05
_DRAIN_AT_MOST = 1.0
_EXIT_AT_MOST = 5.0

Ended = Literal["", "timeout", "cancel", "disk-limit"]


class Execution:
    """One command from its start to its end.  ``alone()`` says that no other one ran meanwhile."""

    def __init__(
        self,
        engine: Engine,
        container: str,
        command: Command,
        sink: OutputSink | None,
        cancel: threading.Event | None,
        alarm: threading.Event,
    ) -> None:
        self._engine = engine
        self._container = container
        self._command = command
        self._sink = sink
        self._cancel = cancel
        self._alarm = alarm
        self._token = secrets.token_hex(12)
        self._output = Capture(command.keep)
        self._demultiplexer = Demultiplexer(self._take)
        self._id = ""
        self._exit: int | None = None
        self.ended_by: Ended = ""
        self.alone = True

    def run(self, ending: Ending) -> Completed:
        """Run it.  Raises NodeLostError, EngineError."""
        started, began = time.time(), self._output.began
        stream = self._start()
        try:
            self._follow(stream, began)
            if self.ended_by:
                self._end(ending, stream)
        except NodeLostError:
            raise
        except BaseException:
            # The sink failed, or ^C: nothing is left running behind the caller's back.
            ending.end(self._target(), self._id)
            raise
        finally:
            stream.close()
        return self._completed(started, time.monotonic() - began)

    def _start(self) -> Stream:
        command = self._command
        try:
            made = self._engine.call(
                "exec_create",
                self._container,
                list(command.argv),
                stdin=command.stdin is not None,
                user=command.user,
                environment={**command.env, "REPRO_EXEC": self._token},
                workdir=command.cwd,
            )
            self._id = made["Id"]
            stream = self._engine.stream("exec_start", self._id, socket=True)
        except (MissingError, ConflictError, UnreachableError) as error:
            raise lost(error) from error
        if command.stdin is not None:
            stream.feed(command.stdin)
        return stream

    def _take(self, name: str, data: bytes) -> None:
        self._output.add(name, data)
        if self._sink is not None:
            self._sink(name, data)

    def _follow(self, stream: Stream, began: float) -> None:
        """Until it ended by itself (then ``_exit`` is set) or should be ended (``ended_by``).

        Its streams may end before it does, and may stay open after it: a daemon that it left
        behind holds them.  So the engine is asked whether it still runs.
        """
        look_at, pause, is_open = began + _LOOK, 0.002, True
        while not self.ended_by:
            if is_open:
                is_open = self._receive(stream, _TICK)
            else:
                time.sleep(pause)
                pause = min(2 * pause, _LOOK)
            if not is_open or time.monotonic() >= look_at:
                if not self._still_running():
                    break
                look_at = time.monotonic() + _LOOK
            self._judge(began)
        if is_open and not self.ended_by:
            self._drain(stream)

    def _receive(self, stream: Stream, timeout: float) -> bool:
        """Take what is there; whether more may come."""
        piece = stream.receive(timeout)
        if piece:
            self._demultiplexer.feed(piece)
        return piece is not None

    def _drain(self, stream: Stream) -> None:
        deadline = time.monotonic() + _DRAIN_AT_MOST
        while time.monotonic() < deadline:
            piece = stream.receive(_DRAIN)
            if not piece:
                return
            self._demultiplexer.feed(piece)

    def _judge(self, began: float) -> None:
        timeout = self._command.timeout
        if self._alarm.is_set():
            self.ended_by = "disk-limit"
        elif self._cancel is not None and self._cancel.is_set():
            self.ended_by = "cancel"
        elif timeout is not None and time.monotonic() - began >= timeout:
            self.ended_by = "timeout"

    def _still_running(self) -> bool:
        try:
            found = self._engine.call("exec_inspect", self._id)
        except EngineError as error:
            raise lost(error) from error
        if found["Running"]:
            return True
        self._exit = found["ExitCode"]
        return False

    def _target(self) -> Target:
        return Target(self._token, self._command.user, self.alone)

    def _end(self, ending: Ending, stream: Stream) -> None:
        done = threading.Event()
        # Read on meanwhile: a program that blocks on a full pipe does not get to handle SIGTERM.
        reader = threading.Thread(target=self._read_until, args=(stream, done), daemon=True)
        reader.start()
        ending.end(self._target(), self._id)
        done.set()
        reader.join(_DRAIN_AT_MOST + 5 * _TICK)
        # The engine tells the ends of commands one after the other, each up to 2 s late where a
        # daemon held on to its output.
        deadline = time.monotonic() + _EXIT_AT_MOST
        while time.monotonic() < deadline and self._ask_exit():
            time.sleep(0.01)

    def _read_until(self, stream: Stream, done: threading.Event) -> None:
        while not done.is_set():
            if not self._receive(stream, _TICK):
                return
        self._drain(stream)

    def _ask_exit(self) -> bool:
        """Whether it still runs; a container that is gone by now has no exit status to tell."""
        try:
            return self._still_running()
        except NodeLostError:
            return False

    def _completed(self, started: float, seconds: float) -> Completed:
        return Completed(
            exit=self._exit,
            signal=signal_of(self._exit),
            timed_out=self.ended_by == "timeout",
            started=started,
            seconds=seconds,
            stdout=self._output.stdout,
            stderr=self._output.stderr,
            ended_by=self.ended_by,
        )


def lost(error: EngineError) -> NodeLostError:
    """A node that went away while it was used."""
    return NodeLostError(f"the node was lost while a command ran: {error.what}", cause=error.cause)
