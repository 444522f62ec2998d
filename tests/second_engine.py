"""A second Docker engine beside the one that the tests run on."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest


class SecondEngine:
    """A Docker engine with its own data, socket and process, to be restarted at will."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        self._options = options
        self.url = f"unix://{folder}/docker.sock"
        # Not `none`: an engine without a bridge removes docker0, also another engine's.
        self.bridge = f"rp-{os.getpid()}"
        self._process: subprocess.Popen[bytes] | None = None

    def make_bridge(self) -> None:
        for words in (
            ("link", "add", self.bridge, "type", "bridge"),
            ("addr", "add", f"10.253.{os.getpid() % 250 + 1}.1/24", "dev", self.bridge),
            ("link", "set", self.bridge, "up"),
        ):
            subprocess.run(["ip", *words], check=True)

    def start(self) -> None:
        folder = self.folder
        with (folder / "dockerd.log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    "dockerd", f"--data-root={folder}/data", f"--exec-root={folder}/exec",
                    f"--pidfile={folder}/docker.pid", f"--host={self.url}",
                    f"--bridge={self.bridge}",
                    "--iptables=false", "--ip6tables=false", "--storage-driver=overlay2",
                    f"--containerd-namespace=repro-test-{os.getpid()}",
                    f"--containerd-plugins-namespace=repro-plugins-{os.getpid()}",
                    *self._options,
                ],
                stdout=log,
                stderr=log,
            )  # fmt: skip
        self._wait(lambda: (folder / "docker.sock").exists() and self._answers())

    def _answers(self) -> bool:
        asked = subprocess.run(
            ["docker", "-H", self.url, "version"], capture_output=True, check=False
        )
        return asked.returncode == 0

    def _wait(self, until: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 60
        while not until():
            assert time.monotonic() < deadline, (self.folder / "dockerd.log").read_text()[-2000:]
            time.sleep(0.1)

    def end(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)
        self._process.wait(60)
        self._end_containerd()
        (self.folder / "docker.sock").unlink(missing_ok=True)

    def _end_containerd(self) -> None:
        """A killed engine leaves the containerd that it started, which holds the next one up."""
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            path = self.folder / "exec" / "containerd" / "containerd.pid"
            number = int(path.read_text("ascii"))
            os.kill(number, signal.SIGKILL)
            self._wait(lambda: not Path(f"/proc/{number}").exists())

    def close(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self.end(signal.SIGTERM)


@contextlib.contextmanager
def second_engine(*options: str) -> Iterator[SecondEngine]:
    """One that runs while in the block; ``options`` are more of dockerd's."""
    if os.geteuid() != 0 or shutil.which("dockerd") is None:
        pytest.fail("this test starts an engine of its own: it needs root and dockerd")
    folder = Path("/tmp") / f"repro-engine-{os.getpid()}"
    folder.mkdir()
    made = SecondEngine(folder, *options)
    try:
        made.make_bridge()
        made.start()
        yield made
    finally:
        made.close()
        subprocess.run(["ip", "link", "del", made.bridge], check=False)
        for mount in ("data", "exec"):
            subprocess.run(["umount", "-l", folder / mount], capture_output=True, check=False)
        shutil.rmtree(folder, ignore_errors=True)
