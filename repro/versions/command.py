"""Releases as a command of the team's own prints them."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import time

from repro.errors import ServiceError
from repro.versions.release import Found, Release

#: Bytes of what it prints: some ten thousand versions.
_LIMIT = 1024 * 1024
#: Bytes of the end of what it says on its standard error that an error repeats.
_LAST_WORDS = 500
_STDOUT, _STDERR = 1, 2


def ask(run: str, timeout: float) -> Found:
    """One version a line; empty lines are passed over.  ``timeout`` is in seconds.

    Runs on this machine, by ``sh``; what it started ends with it.  Raises ServiceError when it
    fails, takes too long, or prints too much or nothing.
    """
    with subprocess.Popen(
        ["/bin/sh", "-c", run],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        try:
            outputs = _read(process, time.monotonic() + timeout, run)
            status = process.wait(timeout=timeout)
        except subprocess.TimeoutExpired as error:
            raise _failed(run, f"it takes longer than {timeout:g} s") from error
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    said = outputs[_STDERR][-_LAST_WORDS:].decode("utf-8", "backslashreplace").strip()
    if status != 0:
        raise _failed(run, f"exit status {status}" + (f": {said}" if said else ""))
    lines = outputs[_STDOUT].decode("utf-8", "replace").splitlines()
    versions = dict.fromkeys(line.strip() for line in lines if line.strip())
    if not versions:
        raise _failed(run, "it printed nothing")
    return Found([Release(version=one) for one in versions])


def _read(process: subprocess.Popen[bytes], until: float, run: str) -> dict[int, bytearray]:
    """Both outputs, to their ends.  Raises TimeoutExpired, and ServiceError for too much."""
    outputs = {_STDOUT: bytearray(), _STDERR: bytearray()}
    with selectors.DefaultSelector() as open_ones:
        open_ones.register(process.stdout or 0, selectors.EVENT_READ, _STDOUT)
        open_ones.register(process.stderr or 0, selectors.EVENT_READ, _STDERR)
        while open_ones.get_map():
            if (left := until - time.monotonic()) <= 0:
                raise subprocess.TimeoutExpired(run, 0)
            for key, _ in open_ones.select(left):
                piece = os.read(key.fd, 65536)
                if not piece:
                    open_ones.unregister(key.fileobj)
                outputs[key.data] += piece
                if key.data == _STDERR:
                    del outputs[_STDERR][:-_LAST_WORDS]
                elif len(outputs[_STDOUT]) > _LIMIT:
                    raise _failed(run, f"it prints more than {_LIMIT} bytes")
    return outputs


def _failed(run: str, cause: str) -> ServiceError:
    first = run.strip().partition("\n")[0]
    return ServiceError(
        f"the command that lists the releases failed: {first}",
        cause=cause,
        action="run it by hand, and correct `releases` in the product's profile",
    )
