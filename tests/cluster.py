"""A Dask cluster of processes on this machine, with container engines of their own."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.second_engine import SecondEngine

ROOT = Path(__file__).parent.parent


class OwnEngine(SecondEngine):
    """One of several engines beside each other."""

    def __init__(self, folder: Path, number: int) -> None:
        names = (f"repro-cluster-{os.getpid()}-{number}", f"repro-shims-{os.getpid()}-{number}")
        super().__init__(
            folder,
            f"--containerd-namespace={names[0]}",
            f"--containerd-plugins-namespace={names[1]}",
        )
        self._number = number
        self.bridge = f"rc{number}-{os.getpid()}"

    def make_bridge(self) -> None:
        address = f"10.{250 - self._number}.{os.getpid() % 250 + 1}.1/24"
        for words in (
            ("link", "add", self.bridge, "type", "bridge"),
            ("addr", "add", address, "dev", self.bridge),
            ("link", "set", self.bridge, "up"),
        ):
            subprocess.run(["ip", *words], check=True)

    def docker(self, *words: str) -> str:
        """What the docker command prints."""
        done = subprocess.run(
            ["docker", "-H", self.url, *words], capture_output=True, text=True, check=True
        )
        return done.stdout

    def containers(self) -> list[str]:
        return self.docker("ps", "--all", "--quiet", "--no-trunc").split()


def until(true: Callable[[], object], why: Callable[[], str], patience: float = 60) -> None:
    """Wait for it."""
    deadline = time.monotonic() + patience
    while not true():
        assert time.monotonic() < deadline, why()
        time.sleep(0.05)


@contextlib.contextmanager
def process(folder: Path, *words: str, **more: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process that does not outlive the block; what it says is in ``log`` of its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "log").open("ab") as log:
        made = subprocess.Popen(
            [sys.executable, "-m", *words],
            cwd=ROOT,
            env={**os.environ, **more},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        yield made
    finally:
        made.kill()
        made.wait()


@contextlib.contextmanager
def scheduler(folder: Path, *options: str) -> Iterator[str]:
    """A scheduler on loopback: its address."""
    file = folder / "scheduler.json"
    with process(
        folder, "dask", "scheduler", "--host", "127.0.0.1", "--port", "0",
        "--dashboard-address", "127.0.0.1:0", "--scheduler-file", str(file), *options,
    ) as made:  # fmt: skip
        log = folder / "log"
        until(lambda: _address(file) or made.poll() is not None, log.read_text)
        assert made.poll() is None, log.read_text()
        yield _address(file)


def _address(file: Path) -> str:
    """The scheduler's; empty while the file is not there, or not written to its end."""
    try:
        return str(json.loads(file.read_text())["address"])
    except (FileNotFoundError, json.JSONDecodeError):
        return ""


@contextlib.contextmanager
def worker(
    home: Path, address: str, name: str, *options: str, **more: str
) -> Iterator[subprocess.Popen[bytes]]:
    """``repro worker``, with a home of its own."""
    words = ("repro", "worker", address, "--name", name, *options)
    with process(home, *words, REPRO_HOME=str(home), **more) as made:
        yield made


def ready(home: Path, made: subprocess.Popen[bytes]) -> None:
    """Wait until a worker takes cells."""
    log = home / "log"
    until(lambda: "ready at" in log.read_text() or made.poll() is not None, log.read_text)
    assert made.poll() is None, log.read_text()


def certificates(folder: Path) -> dict[str, str]:
    """A CA of one's own, and a certificate from it, as in docs/cluster.md."""
    folder.mkdir()
    here = {name: str(folder / f"{name}.pem") for name in ("ca", "ca-key", "cert", "key")}
    new = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    signed = ["-CA", here["ca"], "-CAkey", here["ca-key"]]
    for words in (
        [*new, "-subj", "/CN=repro CA", "-out", here["ca"], "-keyout", here["ca-key"]],
        [*new, "-subj", "/CN=repro", "-out", here["cert"], "-keyout", here["key"], *signed],
    ):
        subprocess.run(words, check=True, capture_output=True)
    return here
