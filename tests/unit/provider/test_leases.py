from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from repro.errors import EnvironmentTrouble
from repro.provider.leases import Leases, State


def _state(name: str = "e1", expires: float | None = None) -> State:
    return State(name, "run", time.time(), expires, {"case": "x"})


def test_one_workspace_for_all_who_ask_at_once(tmp_path: Path) -> None:
    found: list[str] = []
    threads = [
        threading.Thread(target=lambda: found.append(Leases(tmp_path / "home").workspace))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1
    assert len(found) == 8
    assert list((tmp_path / "home").iterdir()) == [tmp_path / "home" / "workspace"]


def test_who_holds_it_is_seen_until_it_ends(tmp_path: Path) -> None:
    leases = Leases(tmp_path)
    hold = leases.hold(_state())
    assert Leases(tmp_path).in_use("e1")
    with Leases(tmp_path).claim("e1") as free:
        assert not free
    hold.close()
    hold.close()
    assert not leases.in_use("e1")
    with leases.claim("e1") as free:
        assert free
        assert leases.join("e1") is None
    joined = leases.join("e1")
    assert joined is not None
    assert leases.in_use("e1")
    joined.close()


def test_a_process_that_is_killed_holds_no_more(tmp_path: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path\n"
        "from repro.provider.leases import Leases, State\n"
        "hold = Leases(Path(sys.argv[1])).hold(State('e1', 'run', 0.0))\n"
        "print('held', flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        assert Leases(tmp_path).in_use("e1")
        process.kill()
        process.wait()
    assert not Leases(tmp_path).in_use("e1")
    assert Leases(tmp_path).known() == ["e1"]
    assert Leases(tmp_path).expired("e1")


def test_an_id_is_taken_until_it_is_forgotten(tmp_path: Path) -> None:
    leases = Leases(tmp_path)
    leases.hold(_state()).close()
    with pytest.raises(EnvironmentTrouble, match="e1 already"):
        leases.hold(_state())
    leases.forget("e1")
    leases.forget("e1")
    leases.hold(_state()).close()


def test_leases_end(tmp_path: Path) -> None:
    leases = Leases(tmp_path)
    leases.hold(_state("over", time.time() - 1)).close()
    leases.hold(_state("on", time.time() + 60)).close()
    assert leases.expired("over")
    assert not leases.expired("on")
    assert leases.expired("unknown")
    found = leases.read("on")
    assert found is not None
    assert found.labels == {"case": "x"}


@pytest.mark.parametrize("text", ["", "{", "[]", '{"id": "e1"}', '{"more": 1}'])
def test_a_damaged_state_is_none(tmp_path: Path, text: str) -> None:
    leases = Leases(tmp_path)
    leases.hold(_state()).close()
    (tmp_path / "environments" / "e1.json").write_text(text)
    assert leases.read("e1") is None
    assert leases.join("e1") is None
    assert leases.expired("e1")
