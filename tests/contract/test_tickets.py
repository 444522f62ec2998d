"""What every ticket system does, the one in memory included."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from repro.errors import TicketBusyError, TicketError, TicketGoneError
from repro.model.ticket import Comment, Upload
from repro.ports import TicketSystem
from repro.settings import TicketSettings
from repro.ticket import file, redmine, rt
from repro.ticket.message import Message
from repro.ticket.network import Network
from repro.ticket.send import Receipt, send
from repro.ticket.tokens import Token, variable
from tests.redmine_server import RedmineServer
from tests.rt_server import FIELD, RtServer
from tests.tickets import MemorySystem, a_message

KINDS = [
    "memory",
    "file",
    pytest.param("redmine", marks=pytest.mark.xdist_group("redmine")),
    pytest.param("rt", marks=pytest.mark.xdist_group("rt")),
    pytest.param("rt with a field", marks=pytest.mark.xdist_group("rt")),
]
MARKER = "repro note: a-case · "
BODY = "**Reproduced** 再現 💥 <b> & \\ '\"\n\n" + MARKER + "00000000"
CHANGED = "Gone.\n\n" + MARKER + "11111111"


class Bench:
    """A system with one new ticket."""

    system: TicketSystem
    key: str
    gone = "999999"
    #: Comments that it gives at once.
    page = 1

    def another(self) -> TicketSystem:
        """The same system, as another machine reaches it."""
        raise NotImplementedError

    def write(self, text: str) -> None:
        """What a person writes by hand, with the account of the token."""
        with suppress(TicketError):  # some look for what they made, and this is none of ours
            self.system.create(self.key, text, public=False)

    def said(self) -> list[str]:
        """Everything that was written on the ticket."""
        raise NotImplementedError

    def public(self) -> list[str]:
        """What of it the customer sees."""
        raise NotImplementedError


class MemoryBench(Bench):
    def __init__(self) -> None:
        self.memory = MemorySystem()
        self.system, self.key = self.memory, "1"

    def another(self) -> TicketSystem:
        return MemorySystem(tickets=self.memory.tickets, ids=self.memory.ids)

    def said(self) -> list[str]:
        return [each.body for each in self.memory.tickets["1"]]

    def public(self) -> list[str]:
        return [each.body for each in self.memory.tickets["1"] if each.public]


class FileBench(Bench):
    def __init__(self, folder: Path) -> None:
        self.folder = folder / "ticket"
        self.folder.mkdir()
        (self.folder / "ticket.md").write_text("# It fails\n\nIt fails.\n")
        self.system = self.another()
        self.key = "ticket"

    def another(self) -> TicketSystem:
        settings = TicketSettings(url=str(self.folder.parent))
        return file.connect(settings, Token("file", "file"), Network())

    def said(self) -> list[str]:
        return [path.read_text() for path in sorted(self.folder.glob("*-*.md"))]

    def public(self) -> list[str]:
        return [path.read_text() for path in self.folder.glob("reply-*.md")]


class RedmineBench(Bench):
    def __init__(self, server: RedmineServer) -> None:
        self.server = server
        self.key = server.issue()
        self.system = self.another()

    def another(self) -> TicketSystem:
        token = Token("redmine", "redmine", {variable("redmine"): self.server.tokens["agent"]})
        return redmine.connect(TicketSettings(url=self.server.url), token, Network())

    def said(self) -> list[str]:
        return self.server.notes("agent", self.key)

    def public(self) -> list[str]:
        return self.server.notes("customer", self.key)


class RtBench(Bench):
    page = 20

    def __init__(self, server: RtServer, field: str | None) -> None:
        self.server, self.field = server, field
        self.key = server.ticket()
        self.system = self.another()

    def another(self) -> TicketSystem:
        token = Token("rt", "rt", {variable("rt"): self.server.tokens["agent"]})
        options = {"field": self.field} if self.field else {}
        settings = TicketSettings(url=self.server.url, user="agent", options=options)
        return rt.connect(settings, token, Network())

    def write(self, text: str) -> None:
        given = {"Content": text, "ContentType": "text/plain"}
        self.server.ask("agent", "POST", f"ticket/{self.key}/comment", json=given)

    def said(self) -> list[str]:
        """A comment of RT's stays as it is; what it says now is in the field."""
        written = [text for kind, text in self.server.said(self.key) if kind != "Create"]
        return [self.server.field(self.key)] if self.field and written else written

    def public(self) -> list[str]:
        return [text for kind, text in self.server.said(self.key) if kind == "Correspond"]


@pytest.fixture(params=KINDS)
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    made = _bench(request, tmp_path)
    yield made
    made.system.close()


def _bench(request: pytest.FixtureRequest, tmp_path: Path) -> Bench:
    match request.param:
        case "memory":
            return MemoryBench()
        case "file":
            return FileBench(tmp_path)
        case "redmine":
            return RedmineBench(request.getfixturevalue("redmine_server"))
        case kind:
            field = FIELD if "field" in kind else None
            return RtBench(request.getfixturevalue("rt_server"), field)


def test_a_ticket_is_read(bench: Bench) -> None:
    ticket = bench.system.read(bench.key)
    assert ticket.title == "It fails"
    assert ticket.key.key == bench.key


def test_a_comment_is_found_again_by_its_marker_alone(bench: Bench) -> None:
    made = bench.system.create(bench.key, BODY, public=False)
    bench.system.create(bench.key, BODY.replace("a-case", "a-case-too"), public=False)
    [found] = bench.system.find(bench.key, MARKER)
    assert found.id == made.id
    assert not found.public
    assert found.body.splitlines()[-1] == BODY.splitlines()[-1]
    assert bench.system.find(bench.key, "repro note: another-case · ") == ()


@pytest.mark.parametrize(
    "text",
    [
        "Thank you.\n\n" + BODY.replace("\n", "\n> "),
        BODY + "\n\nand so say I",
        f"It says {MARKER}00000000",
        f"{MARKER}00000000 is wrong",
    ],
    ids=["quoted", "went on", "within", "before"],
)
def test_what_quotes_ours_or_goes_on_from_it_is_a_persons(bench: Bench, text: str) -> None:
    """Of that, nothing is overwritten, though the account may be the one of the token."""
    made = bench.system.create(bench.key, BODY, public=False)
    bench.write(text)
    assert [each.id for each in bench.system.find(bench.key, MARKER)] == [made.id]


def test_ours_is_found_among_many(bench: Bench) -> None:
    """More than any system gives at once."""
    made = bench.system.create(bench.key, BODY, public=False)
    for number in range(bench.page + 5):
        bench.write(f"me too, {number}")
    assert [each.id for each in bench.system.find(bench.key, MARKER)] == [made.id]
    last = bench.system.create(bench.key, CHANGED, public=False)
    assert bench.system.find(bench.key, MARKER)[-1].id == last.id


def test_what_is_internal_is_not_seen_by_the_customer(bench: Bench) -> None:
    assert bench.system.powers.internal
    assert not bench.system.create(bench.key, BODY, public=False).public
    assert bench.said()
    assert bench.public() == []


def test_what_is_public_is_seen_by_the_customer(bench: Bench) -> None:
    assert bench.system.create(bench.key, BODY, public=True).public
    assert [each.strip() for each in bench.public()] == [BODY]


def test_a_comment_is_changed_in_place(bench: Bench) -> None:
    if not bench.system.powers.edits:
        pytest.skip("its comments stay as they are")
    made = bench.system.create(bench.key, BODY, public=False)
    bench.system.update(bench.key, made, CHANGED)
    assert [each.strip().replace("\r\n", "\n") for each in bench.said()] == [CHANGED]
    [found] = bench.system.find(bench.key, MARKER)
    assert "11111111" in found.body
    assert bench.public() == []


def test_a_file_is_attached_under_its_name(bench: Bench) -> None:
    assert bench.system.files(bench.key) == {}
    upload = Upload(name="repro-run-1.html", data=b"<p>\xe5\x86\x8d</p>" * 1000, type="text/html")
    bench.system.attach(bench.key, upload, public=False)
    assert list(bench.system.files(bench.key)) == ["repro-run-1.html"]


def test_a_file_of_exactly_the_limit_is_taken(bench: Bench) -> None:
    limit = bench.system.powers.file
    if limit > 2**24:
        pytest.skip("it has hardly a limit")
    bench.system.attach(bench.key, Upload(name="whole.log", data=b"x" * limit), public=False)
    assert list(bench.system.files(bench.key)) == ["whole.log"]


@pytest.mark.parametrize("what", ["read", "find", "create", "files", "attach"])
def test_a_ticket_that_is_not_there_is_told(bench: Bench, what: str) -> None:
    upload = Upload(name="a.txt", data=b"a")
    calls = {
        "read": lambda: bench.system.read(bench.gone),
        "find": lambda: bench.system.find(bench.gone, MARKER),
        "create": lambda: bench.system.create(bench.gone, BODY, public=False),
        "files": lambda: bench.system.files(bench.gone),
        "attach": lambda: bench.system.attach(bench.gone, upload, public=False),
    }
    with pytest.raises(TicketGoneError):
        calls[what]()


def test_a_message_is_sent_once_and_then_kept_up_to_date(bench: Bench) -> None:
    files = (Upload(name="repro-run-1.html", data=b"<p>", type="text/html"),)
    first = a_message("**Reproduced**", ticket=f"x:{bench.key}", files=files)
    assert send(bench.system, first).action == "created"
    again = send(bench.system, first)
    assert (again.action, again.files) == ("unchanged", ())
    gone = first.model_copy(update={"text": "Gone."})
    changed = send(bench.system, gone)
    assert changed.action == ("updated" if bench.system.powers.edits else "created")
    assert send(bench.system, gone).action == "unchanged"
    ours = [each for each in bench.said() if "repro note: a-case · " in each]
    assert len(ours) == (1 if bench.system.powers.edits else 2)
    assert len(bench.system.files(bench.key)) == 1
    assert bench.public() == []


@pytest.mark.parametrize("texts", [("one", "one"), ("one", "two")], ids=["same", "different"])
def test_two_machines_at_once_end_with_one_comment(
    bench: Bench, texts: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both have looked before either has made one."""
    barrier = threading.Barrier(2, timeout=60)
    systems = [bench.another(), bench.another()]
    for each in systems:
        monkeypatch.setattr(each, "create", together(each.create, barrier))
    messages = [a_message(text, ticket=f"x:{bench.key}") for text in texts]
    with ThreadPoolExecutor(2) as machines:
        list(machines.map(_insist, systems, messages))
    # One that was told "busy" after its comment was made finds it there: both may have "updated".
    edits, later = bench.system.powers.edits, a_message("later", ticket=f"x:{bench.key}")
    if edits:
        assert len([text for text in bench.said() if MARKER in text]) == 1
    assert _insist(bench.system, later).action == ("updated" if edits else "created")
    assert _insist(bench.system, later).action == "unchanged"
    ours = [text for text in bench.said() if MARKER in text]
    assert len([text for text in ours if "later" in text]) == 1
    assert len(ours) == (1 if edits else 3)
    for each in systems:
        each.close()


def together(create: Callable[..., Comment], barrier: threading.Barrier) -> Callable[..., Comment]:
    def made(*given: object, **named: object) -> Comment:
        with suppress(threading.BrokenBarrierError):
            barrier.wait()
        barrier.abort()  # only the first time
        return create(*given, **named)

    return made


def _insist(system: TicketSystem, message: Message) -> Receipt:
    """As the outbox does, when a small database is busy with the other one."""
    for _ in range(10):
        with suppress(TicketBusyError):
            return send(system, message)
        time.sleep(0.2)
    return send(system, message)
