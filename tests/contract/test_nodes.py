"""What every provider's nodes do."""

from __future__ import annotations

import threading
import time

import pytest

from repro.errors import NodeLostError
from repro.ports import Command, GuestFile, Node
from repro.provider.memory import MemoryProvider, Reply
from tests.contract.conftest import World
from tests.engines import request


@pytest.fixture
def node(world: World) -> Node:
    return world.start().nodes["node"]


def test_a_command_ends_with_its_status_and_output(node: Node) -> None:
    done = node.run(Command(("echo", "hello", "wörld")))
    assert (done.exit, done.stdout.text, done.stderr.text) == (0, "hello wörld\n", "")
    assert (done.signal, done.timed_out, done.ended_by) == (None, False, "")
    assert done.started == pytest.approx(time.time(), abs=30)
    assert node.run(Command(("false",))).exit == 1


def test_errors_go_to_their_own_stream(node: Node) -> None:
    done = node.run(Command(("cat", "/not/there")))
    assert done.exit == 1
    assert done.stdout.text == ""
    assert "No such file" in done.stderr.text


@pytest.mark.parametrize("data", [b"", b"y\n", b"\xff\x00\x80" * 10, b"line\n" * 200_000])
def test_input_arrives_whole_and_ends(node: Node, data: bytes) -> None:
    pieces: list[bytes] = []
    done = node.run(Command(("cat",), stdin=data), lambda _stream, piece: pieces.append(piece))
    assert done.exit == 0
    assert b"".join(pieces) == data
    assert done.stdout.size == len(data)


def test_bytes_that_are_not_utf8_are_shown(node: Node) -> None:
    done = node.run(Command(("cat",), stdin=b"a\xffb\xc3\xa9"))
    assert done.stdout.text == "a\\xffbé"


def test_environment_folder_and_user(world: World) -> None:
    node = world.start(request(world.image, env={"FROM_NODE": "1"})).nodes["node"]
    assert node.run(Command(("printenv", "FROM_NODE"))).stdout.text == "1\n"
    command = Command(("printenv", "MINE"), env={"MINE": "a b\nc"})
    assert node.run(command).stdout.text == "a b\nc\n"
    assert node.run(Command(("pwd",), cwd="/usr")).stdout.text == "/usr\n"
    assert node.run(Command(("whoami",), user="nobody")).stdout.text == "nobody\n"


def test_a_time_out_ends_it(node: Node) -> None:
    began = time.monotonic()
    done = node.run(Command(("sleep", "60"), timeout=0.3))
    assert time.monotonic() - began < 40
    assert done.timed_out
    assert done.ended_by == "timeout"
    assert done.signal == "SIGTERM"
    assert node.run(Command(("true",))).exit == 0


def test_it_can_be_cancelled(node: Node) -> None:
    cancel = threading.Event()
    threading.Timer(0.3, cancel.set).start()
    done = node.run(Command(("sleep", "60")), cancel=cancel)
    assert done.ended_by == "cancel"
    assert not done.timed_out
    assert done.seconds < 40


def test_endless_output_is_cut_in_the_middle(node: Node) -> None:
    done = node.run(Command(("yes", "abcdefg"), timeout=0.5, keep=1000))
    kept = done.stdout
    assert done.timed_out
    assert kept.size > 1000
    assert kept.cut == kept.size - len(kept.text)
    assert len(kept.text) <= 1000
    assert kept.cut_at == 500
    assert kept.text.startswith("abcdefg\nabc")


def test_output_within_bounds_is_whole(node: Node) -> None:
    done = node.run(Command(("head", "-c", "1000", "/dev/zero"), keep=1000))
    assert (done.stdout.size, done.stdout.cut, done.stdout.cut_at) == (1000, 0, None)
    assert done.stdout.text == "\0" * 1000


def test_output_is_known_to_have_come_when_it_came(world: World) -> None:
    script = "echo a; sleep 1; echo b"
    if isinstance(world.provider, MemoryProvider):
        late = Reply(seconds=0.3, stdout=b"b\n")
        world.provider.answer(script, Reply(stdout=b"a\n", then=late))
    done = world.start().nodes["node"].run(Command(("/bin/sh", "-c", script)))
    (one, first), (two, second) = done.stdout.times
    assert (one, two) == (1, 2)
    assert 0 <= first < second <= done.seconds
    assert done.stderr.times == ()


def test_commands_run_beside_one_another(node: Node) -> None:
    began = time.monotonic()
    threads = [threading.Thread(target=node.run, args=(Command(("sleep", "2")),)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert time.monotonic() - began < 7.5


def test_files_go_and_come(node: Node) -> None:
    node.put([GuestFile("/case/deep/er/a.txt", b"one\ntwo\n"), GuestFile("/case/b", b"")])
    assert node.run(Command(("cat", "/case/deep/er/a.txt"))).stdout.text == "one\ntwo\n"
    assert node.get("/case/deep/er/a.txt", 1000) == b"one\ntwo\n"
    assert node.get("/case/deep/er/a.txt", 3) == b"one"
    assert node.get("/case/b", 10) == b""
    node.put([GuestFile("/case/b", b"again")])
    assert node.get("/case/b", 10) == b"again"


def test_a_file_that_is_not_there(node: Node) -> None:
    assert node.get("/nowhere/at/all", 10) is None


def test_a_running_node_says_so(node: Node) -> None:
    found = node.state()
    assert (found.state, found.exit, found.oom_killed) == ("running", None, False)


def test_a_node_that_is_gone_is_lost_and_not_an_exit_status(world: World) -> None:
    environment = world.start()
    node = environment.nodes["node"]
    releasing = threading.Timer(0.5, world.another().release, [environment.id])
    releasing.start()
    began = time.monotonic()
    with pytest.raises(NodeLostError):
        node.run(Command(("sleep", "60")))
    assert time.monotonic() - began < 40
    releasing.join()  # its processes end before it is removed
    with pytest.raises(NodeLostError):
        node.run(Command(("true",)))
    with pytest.raises(NodeLostError):
        node.put([GuestFile("/case/x", b"")])
    assert node.state().state == "gone"
    environment.release()
