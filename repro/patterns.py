"""Python regular expressions under a time limit.

A pattern of a case is hostile until shown otherwise, and ``re`` holds the interpreter while it
matches.  So matching is done by a process of its own, which the kernel ends when it takes too long,
also where nobody waits for it any more.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from dataclasses import dataclass
from typing import IO

#: Seconds of a processor that one search may take; a busy machine changes no verdict.
LIMIT = 2.0

_WORKER = r"""
import json, re, signal, sys
for line in sys.stdin:
    pattern, text = json.loads(line)
    signal.setitimer(signal.ITIMER_PROF, float(sys.argv[1]))
    found = re.search(pattern, text, re.MULTILINE)
    signal.setitimer(signal.ITIMER_PROF, 0)
    print(json.dumps(found and found.span()), flush=True)
"""


class PatternTimeout(Exception):
    """The search did not end within its limit."""


@dataclass(frozen=True)
class Span:
    """Where a pattern matched, as indexes into the text."""

    start: int
    end: int


class Matcher:
    """Searches in a worker process, started on first use (or by ``warm``) and kept."""

    def __init__(self, limit: float = LIMIT) -> None:
        self._limit = limit
        self._worker: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()

    def warm(self) -> None:
        """Start the worker ahead of its first use."""
        with self._lock:
            self._running()

    def search(self, pattern: str, text: str) -> Span | None:
        """``re.search`` with ``re.MULTILINE``.  Raises PatternTimeout after the limit."""
        with self._lock:
            worker = self._running()
            assert worker.stdin is not None
            assert worker.stdout is not None
            answer = self._ask(worker.stdin, worker.stdout, json.dumps([pattern, text]))
            if not answer:
                self._forget()
                raise PatternTimeout(f"{pattern!r} took over {self._limit:g} s")
            span = json.loads(answer)
            return Span(*span) if span else None

    def close(self) -> None:
        """End the worker."""
        with self._lock:
            self._forget()

    @staticmethod
    def _ask(stdin: IO[str], stdout: IO[str], question: str) -> str:
        try:
            stdin.write(question + "\n")
            stdin.flush()
            return stdout.readline()
        except BrokenPipeError:
            return ""

    def _running(self) -> subprocess.Popen[str]:
        if self._worker is None or self._worker.poll() is not None:
            self._worker = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", _WORKER, str(self._limit)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                encoding="utf-8",
                start_new_session=True,
            )
        return self._worker

    def _forget(self) -> None:
        worker, self._worker = self._worker, None
        if worker is None:
            return
        worker.kill()
        for pipe in (worker.stdin, worker.stdout):
            if pipe is not None:
                pipe.close()
        worker.wait()
