"""An isolated environment has no way out, tried from inside."""

from __future__ import annotations

import re
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from repro.ports import Command, Environment, Node
from repro.provider.docker.provider import DockerProvider
from tests.engines import debian_12, docker_in, quiet, request

pytestmark = pytest.mark.engine


@pytest.fixture
def provider(tmp_path: Path) -> DockerProvider:
    return docker_in(tmp_path)


@pytest.fixture(params=[1, 2])
def isolated(provider: DockerProvider, request: pytest.FixtureRequest) -> Iterator[Environment]:
    made = _start(provider, request.param)
    yield made
    made.release()


def _start(provider: DockerProvider, count: int, network: str = "isolated") -> Environment:
    image = provider.os_image(debian_12(), quiet)
    names = [f"n{number}" for number in range(count)]
    return provider.start(request(image, *names, network=network), quiet)


def _connects(node: Node, address: str, port: int) -> bool:
    script = 'timeout 3 bash -c "exec 3<>/dev/tcp/$0/$1"'
    return node.run(Command(("bash", "-c", script, address, str(port)))).exit == 0


def _addresses_of_the_host() -> list[str]:
    found = subprocess.run(["hostname", "-I"], capture_output=True, text=True, check=True)
    return found.stdout.split()


@pytest.fixture
def listener() -> Iterator[int]:
    """A port of the host, open on all of its addresses."""
    with socket.create_server(("", 0), family=socket.AF_INET6, dualstack_ipv6=True) as server:
        yield server.getsockname()[1]


def test_the_trial_itself_can_succeed(provider: DockerProvider, listener: int) -> None:
    made = _start(provider, 1, "open")
    try:
        addresses = _addresses_of_the_host()
        assert any(_connects(made.nodes["n0"], address, listener) for address in addresses)
    finally:
        made.release()


def test_no_address_of_the_host_answers(isolated: Environment, listener: int) -> None:
    for node in isolated.nodes.values():
        for address in [*_addresses_of_the_host(), "172.17.0.1"]:
            assert not _connects(node, address, listener), address


def test_routes_lead_nowhere(isolated: Environment) -> None:
    for node in isolated.nodes.values():
        assert not _connects(node, "192.0.2.1", 80)
        routes = node.run(Command(("cat", "/proc/net/route"))).stdout.text.splitlines()[1:]
        gateways = {line.split()[2] for line in routes} - {"00000000"}
        known = node.run(Command(("cat", "/proc/net/arp"))).stdout.text.splitlines()[1:]
        answered = {line.split()[0] for line in known if line.split()[2] != "0x0"}
        assert not answered & {_dotted(gateway) for gateway in gateways}


def test_there_is_no_ipv6(isolated: Environment) -> None:
    for node in isolated.nodes.values():
        found = node.run(Command(("sh", "-c", "cat /proc/net/if_inet6 || true"))).stdout.text
        assert [line for line in found.splitlines() if not line.endswith(" lo")] == []


def _dotted(word: str) -> str:
    """An address as /proc/net/route has it: hexadecimal, the last byte first."""
    return ".".join(str(byte) for byte in reversed(bytes.fromhex(word)))


def test_the_network_outside_does_not_answer(isolated: Environment) -> None:
    node = isolated.nodes["n0"]
    assert not _connects(node, "192.0.2.1", 80)
    with Path("/etc/resolv.conf").open() as file:
        servers = [line.split()[1] for line in file if line.startswith("nameserver")]
    for server in servers:
        assert not _connects(node, server, 53)


def test_no_name_outside_is_resolved(isolated: Environment) -> None:
    """The engine's resolver would forward it (CVE-2024-29018): the host resolves the same name."""
    node = isolated.nodes["n0"]
    sources = node.run(Command(("sh", "-c", "cat /etc/apt/sources.list /etc/apt/sources.list.d/*")))
    mirror = re.search(r"https?://([^/:\s]+)", sources.stdout.text)
    assert mirror, "the image names no package mirror"
    assert socket.getaddrinfo(mirror[1], 80)
    found = node.run(Command(("getent", "ahosts", mirror[1]), timeout=20))
    assert found.exit != 0, found.stdout.text


def test_nothing_reaches_another_environment(provider: DockerProvider) -> None:
    one, two = _start(provider, 2), _start(provider, 2)
    try:
        address = two.nodes["n1"].run(Command(("hostname", "-i"))).stdout.text.split()[0]
        server = (
            "perl -MSocket -e 'socket(S,2,1,0);bind(S,sockaddr_in(8080,INADDR_ANY));listen(S,9);"
        )
        two.nodes["n1"].run(Command(("sh", "-c", f"{server}sleep 60' >/dev/null 2>&1 &")))
        assert _eventually(two.nodes["n0"], "n1")
        assert not _connects(one.nodes["n0"], address, 8080)
        own = one.nodes["n1"].run(Command(("hostname", "-i"))).stdout.text.split()[0]
        assert own != address
    finally:
        one.release()
        two.release()


def _eventually(node: Node, name: str) -> bool:
    return any(_connects(node, name, 8080) for _ in range(20))


def test_no_more_privilege_than_needed(isolated: Environment) -> None:
    node = isolated.nodes["n0"]
    status = node.run(Command(("cat", "/proc/self/status"))).stdout.text
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    bounding = int(fields["CapBnd"], 16)
    for number in (12, 13, 16, 19, 21, 27):  # net_admin, net_raw, module, ptrace, admin, mknod
        assert not bounding >> number & 1
    assert fields["Seccomp"] == "2"
    assert node.run(Command(("mount", "-t", "tmpfs", "none", "/mnt"))).exit != 0
    assert node.run(Command(("su", "nobody", "-s", "/bin/sh", "-c", "id -un"))).exit == 0


def test_no_port_is_published(provider: DockerProvider) -> None:
    made = _start(provider, 2)
    try:
        found = provider._engine.call(
            "containers", filters={"label": f"dev.repro.environment={made.id}"}
        )
        assert len(found) == 2
        for each in found:
            assert [port for port in each["Ports"] if "PublicPort" in port] == []
    finally:
        made.release()
