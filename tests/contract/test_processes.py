"""What holds where nodes have processes of their own."""

from __future__ import annotations

import threading

import pytest

from repro.errors import EnvironmentTrouble, NodeLostError
from repro.ports import Command, Console, GuestFile, Node, Pausable, Power
from tests.contract.conftest import World
from tests.engines import LIMITS, MIB, request, until


@pytest.fixture
def node(real: World) -> Node:
    return real.start().nodes["node"]


def sh(script: str, **options: object) -> Command:
    return Command(("/bin/sh", "-c", script), **options)  # type: ignore[arg-type]


def processes(node: Node) -> str:
    return node.run(sh("cat /proc/[0-9]*/cmdline | tr '\\0' ' '")).stdout.text


@pytest.mark.parametrize("name", ["TERM", "KILL", "SEGV", "HUP"])
def test_a_signal_is_named(node: Node, name: str) -> None:
    done = node.run(sh(f"kill -{name} $$"))
    assert done.signal == f"SIG{name}"
    assert done.exit is not None
    assert done.exit > 128
    assert done.ended_by == ""


def test_a_command_that_is_not_there(node: Node) -> None:
    done = node.run(Command(("no-such-command",)))
    assert done.exit in (126, 127)
    assert "not found" in done.stdout.text + done.stderr.text


@pytest.mark.parametrize("user", ["root", "nobody"])
@pytest.mark.parametrize(
    "script",
    [
        "sleep 4711",
        "sleep 4711 & sleep 4712",
        "sh -c 'sleep 4711 & sleep 4712 & wait'",
        "setsid sleep 4711 & sleep 4712",
        "(setsid sh -c 'sleep 4711 & sleep 4712' &) ; sleep 4713",
        "(env -i setsid sleep 4711 &) ; (setsid env -i sleep 4712 &) ; sleep 4713",
        "trap '' TERM HUP INT; sleep 4711 & while :; do sleep 4712; done",
        "exec >/dev/null 2>&1 </dev/null; sleep 4711",
    ],
)
def test_a_time_out_ends_all_that_was_started(node: Node, script: str, user: str) -> None:
    done = node.run(sh(script, timeout=0.5, user=user))
    assert done.ended_by == "timeout"
    assert done.seconds < 40
    assert " 471" not in processes(node)


@pytest.mark.parametrize("seconds", [0.0, 0.02, 0.05, 0.1])
@pytest.mark.parametrize("user", ["root", "nobody"])
def test_a_time_out_before_it_has_begun_ends_it(node: Node, user: str, seconds: float) -> None:
    done = node.run(Command(("sleep", "4711"), timeout=seconds, user=user))
    assert (done.ended_by, done.signal) == ("timeout", "SIGTERM")
    assert "4711" not in processes(node)


def test_what_ends_by_itself_leaves_its_daemons(node: Node) -> None:
    first = node.run(sh("sleep 4711 & setsid sleep 4712 & echo started"))
    assert first.stdout.text == "started\n"
    assert first.seconds < 30
    node.run(Command(("sleep", "4713"), timeout=0.5))
    left = processes(node)
    assert "4711" in left
    assert "4712" in left
    assert "4713" not in left


def test_a_daemon_that_holds_and_floods_the_output(node: Node) -> None:
    done = node.run(sh("yes & echo mine"))
    assert done.exit == 0
    assert done.seconds < 30
    assert "yes" in processes(node)


def test_only_the_command_that_timed_out_is_ended(node: Node) -> None:
    cancel = threading.Event()
    other = threading.Thread(target=node.run, args=(Command(("sleep", "4711")), None, cancel))
    other.start()
    until(lambda: "4711" in processes(node))
    node.run(sh("setsid sleep 4712 & sleep 4713", timeout=0.5))
    left = processes(node)
    cancel.set()
    other.join()
    assert "4711" in left
    assert "4712" not in left
    assert "4713" not in left


def test_output_closed_early_is_not_the_end(node: Node) -> None:
    done = node.run(sh("exec >&- 2>&-; sleep 1; exit 3"))
    assert done.exit == 3
    assert done.seconds >= 1


def test_streams_are_kept_apart_and_in_order(node: Node) -> None:
    pieces: list[tuple[str, bytes]] = []
    done = node.run(
        sh("echo a; sleep 1; echo b >&2; sleep 1; echo c"),
        lambda name, data: pieces.append((name, data)),
    )
    assert pieces == [("stdout", b"a\n"), ("stderr", b"b\n"), ("stdout", b"c\n")]
    assert (done.stdout.text, done.stderr.text) == ("a\nc\n", "b\n")
    (_, first), (_, last) = done.stdout.times
    ((_, between),) = done.stderr.times
    assert first < between < last


def test_a_sink_that_fails_leaves_nothing_running(node: Node) -> None:
    def full(_name: str, _data: bytes) -> None:
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space left"):
        node.run(sh("echo x; sleep 4711"), full)
    assert "4711" not in processes(node)


def test_memory_is_bounded_and_a_kill_for_it_is_seen(node: Node) -> None:
    done = node.run(sh("a=x; while :; do a=$a$a; done", timeout=60))
    assert done.exit != 0
    assert done.ended_by == ""
    assert node.state().oom_killed
    assert node.state().state == "running"


def test_a_disk_is_as_large_as_asked_for(real: World) -> None:
    wanted = request(real.image, disks={"/data": 4 * MIB})
    node = real.start(wanted).nodes["node"]
    done = node.run(sh("dd if=/dev/zero of=/data/full bs=1M count=8"))
    assert done.exit == 1
    assert "No space left" in done.stderr.text
    node.run(sh("rm /data/full"))
    node.put([GuestFile("/data/deep/file", b"x", 0o600, "nobody")])
    assert node.get("/data/deep/file", 10) == b"x"
    found = node.run(sh("stat -c '%a %U' /data/deep/file"))
    assert found.stdout.text == "600 nobody\n"


def test_who_writes_too_much_is_ended(real: World) -> None:
    wanted = request(real.image, limits=LIMITS.model_copy(update={"disk": 64 * MIB}))
    node = real.start(wanted).nodes["node"]
    script = "i=0; while :; do i=$((i+1)); dd if=/dev/zero of=/f$i bs=1M count=32; done"
    done = node.run(sh(script, timeout=600))
    assert done.ended_by == "disk-limit"
    node.run(sh("rm /f*"))
    assert node.run(sh("dd if=/dev/zero of=/one bs=1M count=128")).exit != 0


def test_owner_mode_and_links(node: Node) -> None:
    node.put([GuestFile("/srv/a", b"x", 0o640, "nobody"), GuestFile("/srv/b", b"y", 0o755)])
    found = node.run(sh("stat -c '%a %U' /srv/a /srv/b"))
    assert found.stdout.text == "640 nobody\n755 root\n"
    node.run(sh("ln -s /srv/a /srv/link; ln -s ../srv/link /srv/two; ln -s loop /srv/loop"))
    assert node.get("/srv/two", 10) == b"x"
    assert node.get("/srv/loop", 10) is None
    assert node.get("/srv", 10) is None
    assert node.get("/proc/version", 5) == b"Linux"
    node.run(sh("truncate -s 100G /srv/huge 2>/dev/null || truncate -s 200M /srv/huge"))
    assert node.get("/srv/huge", 100) == bytes(100)


def test_an_owner_that_does_not_exist(node: Node) -> None:
    with pytest.raises(EnvironmentTrouble, match="no user 'nobody-knows'"):
        node.put([GuestFile("/srv/a", b"x", owner="nobody-knows")])


def test_a_main_process_that_ends_is_a_lost_node(node: Node) -> None:
    with pytest.raises(NodeLostError):
        node.run(sh("kill -9 -1; sleep 60"))
    assert node.state().state == "exited"


def test_a_lifetime_ends_by_itself(real: World) -> None:
    node = real.start(request(real.image, lifetime=3)).nodes["node"]
    until(lambda: node.state().state == "exited")


def test_names_resolve(real: World) -> None:
    for names in (("solo",), ("one", "two")):
        environment = real.start(request(real.image, *names))
        for node in environment.nodes.values():
            for other in names:
                assert node.run(Command(("getent", "hosts", other))).exit == 0


def test_a_terminal(node: Node) -> None:
    assert isinstance(node, Console)
    terminal = node.console(sh('read -r a; echo "<$a>"; stty size; tty; exit 4'), 30, 100)
    terminal.write(b"hello\n")
    seen = b""
    while (piece := terminal.read(60)) is not None:
        assert piece, seen
        seen += piece
    assert b"<hello>" in seen
    assert b"30 100" in seen
    assert b"/dev/pts/" in seen
    assert terminal.close() == 4


def test_a_terminal_that_is_closed_ends_its_program(node: Node) -> None:
    assert isinstance(node, Console)
    terminal = node.console(sh("sleep 4711"))
    assert terminal.read(0.2) == b""
    terminal.close()
    assert "4711" not in processes(node)


def test_switches(node: Node) -> None:
    assert isinstance(node, Power)
    assert isinstance(node, Pausable)
    node.pause()
    assert node.state().state == "paused"
    node.resume()
    node.put([GuestFile("/srv/kept", b"1")])
    node.kill()
    assert node.state().state == "exited"
    assert node.get("/srv/kept", 10) == b"1"
    node.start()
    assert node.get("/srv/kept", 10) == b"1"
    assert node.run(Command(("sleep", "60"), timeout=0.3)).ended_by == "timeout"


def test_ansible_is_told_how_to_connect(node: Node) -> None:
    found = node.ansible()
    assert found["ansible_connection"] == "community.docker.docker_api"
    assert found["ansible_host"]


def test_an_image_that_is_not_there_leaves_nothing(real: World) -> None:
    from dataclasses import replace

    wanted = request(replace(real.image, reference="repro/none:1"), "one", "two")
    with pytest.raises(EnvironmentTrouble):
        real.provider.start(wanted, lambda _line: None)
    assert real.provider.environments() == []
