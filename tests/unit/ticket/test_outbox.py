from __future__ import annotations

import multiprocessing
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from repro.errors import TicketAuthError, TicketError, TicketGoneError
from repro.model.ticket import Upload
from repro.settings import TicketSettings
from repro.ticket.drain import Attempt, drain
from repro.ticket.file import connect
from repro.ticket.network import Network
from repro.ticket.outbox import Outbox
from repro.ticket.tokens import Token
from tests.tickets import Fault, MemorySystem, a_message, busy


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    return Outbox(tmp_path / "outbox")


def sent(outbox: Outbox, system: MemorySystem, *, refused: bool = False) -> list[Attempt]:
    return list(drain(outbox, "memory", system, refused=refused, sleep=lambda _seconds: None))


def test_what_is_kept_is_the_same_when_it_is_read(outbox: Outbox) -> None:
    message = a_message("再現\x00", files=(Upload(name="a", data=b"\xff\x00\n"),))
    assert outbox.read(outbox.put(message)).message == message


def test_it_is_for_its_owner_alone(outbox: Outbox) -> None:
    path = outbox.put(a_message())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for folder in (path.parent, path.parent.parent):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_later_result_replaces_an_earlier_one_for_the_same_place(outbox: Outbox) -> None:
    outbox.put(a_message("one"))
    outbox.put(a_message("another case", case="b"))
    outbox.put(a_message("public", public=True))
    outbox.put(a_message("two"))
    texts = [outbox.read(path).message.text for path in outbox.paths("memory")]
    assert texts == ["another case", "public", "two"]


def test_a_clock_that_stands_still_loses_nothing(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "time_ns", lambda: 10**18)
    outbox.put(a_message("one"))
    assert outbox.read(outbox.put(a_message("two"))).message.text == "two"


def test_all_is_sent_in_order_and_nothing_is_left(outbox: Outbox) -> None:
    system = MemorySystem()
    for case in ("c", "a", "b"):
        outbox.put(a_message(case, case=case))
    assert [each.receipt is not None for each in sent(outbox, system)] == [True] * 3
    assert [each.body[0] for each in system.tickets["1"]] == ["c", "a", "b"]
    assert outbox.systems() == []


def test_a_busy_system_keeps_everything_in_order(outbox: Outbox) -> None:
    system = MemorySystem(faults=[Fault(busy())])
    for case in ("a", "b"):
        outbox.put(a_message(case, case=case))
    [attempt] = sent(outbox, system)
    assert attempt.error is not None
    assert len(outbox.paths("memory")) == 2
    assert len(sent(outbox, system)) == 2
    assert [each.body[0] for each in system.tickets["1"]] == ["a", "b"]


def test_one_busy_ticket_holds_up_no_other(outbox: Outbox) -> None:
    system = MemorySystem(tickets={"1": [], "2": []}, faults=[Fault(busy())])
    outbox.put(a_message("a", case="a"))
    outbox.put(a_message("b", case="b"))
    outbox.put(a_message("c", ticket="memory:2"))
    first, second = sent(outbox, system)
    assert first.error is not None
    assert second.receipt is not None
    assert [len(each) for each in system.tickets.values()] == [0, 1]
    assert len(outbox.paths("memory")) == 2


def test_a_busy_system_is_not_asked_about_every_ticket(outbox: Outbox) -> None:
    system = MemorySystem(faults=[Fault(busy())] * 9)
    for number in range(9):
        outbox.put(a_message(ticket=f"memory:{number}"))
    assert len(sent(outbox, system)) == 2
    assert len(outbox.paths("memory")) == 9


@pytest.mark.parametrize("error", [TicketAuthError("may not"), TicketGoneError("is gone")])
def test_what_is_refused_stays_with_its_error_and_holds_nobody_up(
    outbox: Outbox, error: TicketError
) -> None:
    system = MemorySystem(faults=[Fault(error)])
    refused = outbox.put(a_message("a", case="a"))
    outbox.put(a_message("b", case="b"))
    first, second = sent(outbox, system)
    assert first.error is error
    assert second.receipt is not None
    assert outbox.read(refused).kept.error == error.what
    assert sent(outbox, system) == []
    assert [each.receipt is not None for each in sent(outbox, system, refused=True)] == [True]


def test_a_file_that_cannot_be_read_holds_nobody_up(outbox: Outbox) -> None:
    outbox.put(a_message()).with_name("0.json").write_text("{")
    first, second = sent(outbox, MemorySystem())
    assert first.error is not None
    assert "remove it" in first.error.action
    assert second.receipt is not None


def test_a_refusal_does_not_bring_back_what_was_replaced(outbox: Outbox) -> None:
    item = outbox.read(outbox.put(a_message("one")))
    outbox.put(a_message("two"))
    outbox.refuse(item, "may not")
    assert len(outbox.paths("memory")) == 1


def _drain_folder(folder: Path, box: Path) -> None:
    system = connect(TicketSettings(url=str(folder)), Token("file", "file"), Network())
    outbox = Outbox(box)
    for number in range(5):
        outbox.put(a_message(f"{number}", ticket="file:ticket"))
        list(drain(outbox, "file", system, refused=False))


def test_two_at_once_make_one_comment(tmp_path: Path) -> None:
    ticket = tmp_path / "ticket"
    ticket.mkdir()
    context = multiprocessing.get_context("spawn")
    given = (tmp_path, tmp_path / "outbox")
    several = [context.Process(target=_drain_folder, args=given) for _ in range(3)]
    for each in several:
        each.start()
    for each in several:
        each.join(120)
        assert each.exitcode == 0
    assert [path.name for path in ticket.glob("*.md")] == ["note-1.md"]
    assert Outbox(tmp_path / "outbox").systems() == []


SLOW = """
import sys, time
from pathlib import Path
from repro.ticket.outbox import Outbox
from repro.ticket.drain import drain
from tests.tickets import MemorySystem, a_message

class Slow(MemorySystem):
    def find(self, key, marker):
        print("sending", flush=True)
        time.sleep(60)

outbox = Outbox(Path(sys.argv[1]))
outbox.put(a_message("one"))
list(drain(outbox, "memory", Slow(), refused=False))
"""


def test_a_kill_while_sending_loses_nothing(tmp_path: Path) -> None:
    box = tmp_path / "outbox"
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW, str(box)],
        cwd=Path(__file__).parents[3],
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "sending\n"
        process.kill()
    began = time.monotonic()
    system = MemorySystem()
    assert len(sent(Outbox(box), system)) == 1
    assert time.monotonic() - began < 60, "the lock died with its holder"
    assert len(system.tickets["1"]) == 1
