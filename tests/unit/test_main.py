"""The entry point: whenever a signal comes, the process ends in order."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from repro.settings import Settings
from tests.unit.kept import keep
from tests.unit.report.subjects import ILL, WELL, case, run, step

#: Sends itself a signal in the middle of the first import of the commands.
_INTERRUPTED = """
import os, sys
import repro.__main__

class Sender:
    def find_spec(self, name, path=None, target=None):
        if name == "repro.cli" and self in sys.meta_path:
            sys.meta_path.remove(self)
            os.kill(os.getpid(), int(sys.argv.pop()))

sys.meta_path.insert(0, Sender())
repro.__main__.main()
"""


# Not SIGINT, which shells have those ignore that they start in the background.
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_before_the_command_has_begun(number: signal.Signals) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _INTERRUPTED, "--help", str(int(number))],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "interrupted\n")


class TestStandardOutput:
    """Whatever it is."""

    @pytest.fixture
    def environment(self, tmp_path: Path) -> dict[str, str]:
        """A home with a run whose output has a character that few encodings have."""
        settings = Settings(home=tmp_path / "home", cache=tmp_path / "cache")
        keep(settings, run(step(f"\U0001f4a5 {ILL}")), case())
        keep(settings, run(WELL, name="20261121-224100-demo-1-0000"), case())
        own = {"REPRO_HOME": str(settings.home), "REPRO_CACHE": str(settings.cache)}
        return os.environ | own | {"REPRO_SETTINGS": str(tmp_path / "none.yml")}

    @staticmethod
    def call(environment: dict[str, str], *arguments: str, **rest: Any) -> Any:
        return subprocess.run(
            [sys.executable, "-m", "repro", *arguments],
            env=environment, stderr=subprocess.PIPE, check=False, **rest,
        )  # fmt: skip

    def test_a_report_is_utf_8_in_every_locale(self, environment: dict[str, str]) -> None:
        environment["PYTHONIOENCODING"] = "latin-1"
        done = self.call(environment, "report", "last", "--format", "html", stdout=subprocess.PIPE)
        assert (done.returncode, done.stderr) == (0, b"")
        assert "\U0001f4a5" in done.stdout.decode()

    def test_what_the_locale_does_not_have_is_written_out(
        self, environment: dict[str, str]
    ) -> None:
        environment["PYTHONIOENCODING"] = "ascii"
        done = self.call(environment, "show", "last", stdout=subprocess.PIPE)
        assert (done.returncode, done.stderr) == (0, b"")
        assert b"\\U0001f4a5" in done.stdout

    @pytest.mark.parametrize("command", ["report", "show"])
    def test_a_full_disk_is_no_defect(self, environment: dict[str, str], command: str) -> None:
        with Path("/dev/full").open("w") as full:
            done = self.call(environment, command, "last", stdout=full)
        assert done.returncode == 2
        assert b"repro: the output cannot be written\n  cause: the disk that" in done.stderr

    def test_a_reader_that_has_enough_is_no_error(self, environment: dict[str, str]) -> None:
        reading, writing = os.pipe()
        os.close(reading)
        done = self.call(environment, "show", "last", stdout=writing)
        os.close(writing)
        assert (done.returncode, done.stderr) == (141, b"")

    def test_one_that_is_closed(self, environment: dict[str, str]) -> None:
        script = 'exec "$0" -m repro show last >&-'
        done = subprocess.run(
            ["/bin/sh", "-c", script, sys.executable],
            env=environment, stderr=subprocess.PIPE, check=False,
        )  # fmt: skip
        assert (done.returncode, done.stderr) == (0, b"")
