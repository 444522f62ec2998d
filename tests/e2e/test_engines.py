"""Engines elsewhere: by ssh, and behind TLS; named by DOCKER_HOST, and by a context."""

from __future__ import annotations

import contextlib
import getpass
import hashlib
import os
import shlex
import shutil
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from repro.errors import EngineError
from repro.ports import Command, GuestFile
from repro.prepare.playbooks import play
from repro.provider.docker.engine import ConflictError, MissingError
from repro.provider.docker.provider import DockerProvider
from tests.e2e.conftest import Repro
from tests.engines import debian_12, docker_in, left_behind, quiet, request, until
from tests.second_engine import SecondEngine, second_engine
from tests.servers import free_port
from tests.support import ROOT
from tests.tls import Certificates

pytestmark = [pytest.mark.engine, pytest.mark.slow]

#: Makes the environment name an engine, for this process and what it starts.
Choose = Callable[[str], None]
NAMED = pytest.mark.parametrize("named", ["DOCKER_HOST", "context"])


@pytest.fixture(autouse=True)
def no_engine_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "docker-config"))


def make_context(monkeypatch: pytest.MonkeyPatch, described: str) -> None:
    """A context as the engine's own command line makes it, in a configuration of its own."""
    command = ["docker", "context", "create", "far", "--docker", described]
    subprocess.run(command, check=True, capture_output=True)
    monkeypatch.setenv("DOCKER_CONTEXT", "far")


def the_basics(provider: DockerProvider) -> None:
    """Commands, their input and output, files, a terminal, and nothing left."""
    image = provider.os_image(debian_12(), quiet)
    environment = provider.start(request(image), quiet)
    node = environment.nodes["node"]
    done = node.run(Command(("sh", "-c", "echo out; echo err >&2; exit 3")))
    assert (done.exit, done.stdout.text, done.stderr.text) == (3, "out\n", "err\n")
    data = os.urandom(8_000_000)
    node.put([GuestFile("/tmp/data", data, 0o600, "root")])
    assert node.get("/tmp/data", len(data) + 1) == data
    echoed = bytearray()
    node.run(Command(("cat",), stdin=data, keep=0), lambda _name, piece: echoed.extend(piece))
    assert hashlib.sha256(echoed).digest() == hashlib.sha256(data).digest()
    big = node.run(Command(("head", "-c", "50000000", "/dev/zero"), keep=1000))
    assert (big.exit, big.stdout.size, big.stdout.cut) == (0, 50_000_000, 49_999_000)
    assert node.run(Command(("sleep", "300"), timeout=0.5)).ended_by == "timeout"
    environment._hold.close()  # type: ignore[attr-defined]
    assert provider.sweep(quiet) == [f"environment {environment.id}"]
    assert left_behind(provider, environment.id) == []


def ansible_connects(provider: DockerProvider, folder: Path) -> None:
    """What Ansible pipes into an interpreter arrives and ends: the node has none, and says so."""
    playbook = folder / "two.yml"
    playbook.write_text(
        "- {hosts: all, gather_facts: false, tasks: [{name: raw, ansible.builtin.raw: pwd},"
        " {name: module, ansible.builtin.ping: {}}]}\n"
    )
    image = provider.os_image(debian_12(), quiet)
    environment = provider.start(request(image), quiet)
    played = play("node", environment.nodes["node"].ansible(), [playbook], {})
    environment.release()
    assert [(each.task, each.failed) for each in played.results] == [
        ("raw", False), ("module", True),
    ]  # fmt: skip
    assert "interpreter" in played.results[1].message


# -- ssh --------------------------------------------------------------------------------------


@dataclass
class Remote:
    """A host that is reached by ssh under a name of its own."""

    name: str
    folder: Path

    @property
    def url(self) -> str:
        return f"ssh://{self.name}"

    @property
    def known_hosts(self) -> Path:
        return self.folder / "known_hosts"


def make_key(path: Path) -> str:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path], check=True)
    return path.with_suffix(".pub").read_text("ascii").strip()


@pytest.fixture
def remote(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Remote]:
    """An sshd on loopback, and a client's configuration that is not this user's own."""
    sshd, ssh = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin"), shutil.which("ssh")
    if sshd is None or ssh is None:
        pytest.fail("install ssh: `apt-get install openssh-server openssh-client`")
    name, port = f"far-{uuid.uuid4().hex[:8]}", free_port()
    host_key, key = make_key(tmp_path / "host_key"), make_key(tmp_path / "key")
    (tmp_path / "authorized").write_text(key)
    (tmp_path / "known_hosts").write_text(f"[127.0.0.1]:{port} {host_key}\n")
    (tmp_path / "sshd_config").write_text(
        f"ListenAddress 127.0.0.1:{port}\nHostKey {tmp_path}/host_key\nPidFile none\n"
        f"AuthorizedKeysFile {tmp_path}/authorized\nStrictModes no\n"
        "PasswordAuthentication no\nKbdInteractiveAuthentication no\n"
    )
    (tmp_path / "ssh_config").write_text(
        f"Host {name}\n HostName 127.0.0.1\n Port {port}\n User {getpass.getuser()}\n"
        f" IdentityFile {tmp_path}/key\n IdentitiesOnly yes\n StrictHostKeyChecking yes\n"
        f" UserKnownHostsFile {tmp_path}/known_hosts\n"
    )
    # ssh finds its configuration by the password file, not by HOME: so it is told.
    wrapper = tmp_path / "bin" / "ssh"
    wrapper.parent.mkdir()
    wrapper.write_text(f'#!/bin/sh\nexec {ssh} -F {shlex.quote(str(tmp_path))}/ssh_config "$@"\n')
    wrapper.chmod(0o755)
    monkeypatch.setenv("PATH", f"{wrapper.parent}:{os.environ['PATH']}")
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    with (tmp_path / "sshd.log").open("wb") as log:
        server = subprocess.Popen([sshd, "-D", "-e", "-f", tmp_path / "sshd_config"], stderr=log)
    try:
        until(lambda: b"listening" in (tmp_path / "sshd.log").read_bytes())
        yield Remote(name, tmp_path)
    finally:
        server.terminate()
        server.wait(20)


@pytest.fixture
def by_ssh(remote: Remote, monkeypatch: pytest.MonkeyPatch) -> Choose:
    def choose(named: str) -> None:
        if named == "context":
            make_context(monkeypatch, f"host={remote.url}")
        else:
            monkeypatch.setenv("DOCKER_HOST", remote.url)

    return choose


@NAMED
def test_by_ssh(by_ssh: Choose, named: str, tmp_path: Path) -> None:
    by_ssh(named)
    provider = docker_in(tmp_path)
    assert provider.engine().name == "docker"
    assert not provider._engine.local
    the_basics(provider)


@NAMED
def test_a_whole_run_by_ssh(by_ssh: Choose, named: str, tmp_path: Path, repro: Repro) -> None:
    """With a package to install, so that Ansible goes the same way."""
    by_ssh(named)
    mark = uuid.uuid4().hex
    case = tmp_path / "case.yml"
    case.write_text(
        "{schema: 1, id: far, title: On an engine that is elsewhere,"
        f" environment: {{with: {{apt: [ed]}}, install: [{{run: 'echo {mark} >/etc/mark'}}]}},"
        " steps: [{name: look, run: ed --version >/dev/null && cat /etc/mark}],"
        f" symptom: [{{step: look, stdout: {mark}}}]}}\n"
    )
    home = {"REPRO_HOME": str(tmp_path / "home")}
    try:
        done = repro("run", str(case), env=home)
        assert done.returncode == 0, done.stderr
        assert "reproduced: far" in done.stdout
    finally:
        repro("cache", "prune", "--all", env=home)
    assert repro("gc", env=home).returncode == 0
    assert "far" not in repro("ls", env=home).stdout


def test_an_interrupt_does_not_take_the_tunnel_away(by_ssh: Choose, tmp_path: Path) -> None:
    """It goes to all processes of a terminal; the run still needs its engine to end in order."""
    by_ssh("DOCKER_HOST")
    case = tmp_path / "case.yml"
    case.write_text(
        # Unlike any other: what such a test once left must not be found prepared.
        "{schema: 1, id: far, title: Interrupted, environment: {install: [{run: sleep 300 "
        f"&& echo {uuid.uuid4().hex}}}]}},"
        " steps: [{name: look, run: 'true'}], symptom: [{step: look, exit: 1}]}\n"
    )
    run = subprocess.Popen(
        [sys.executable, "-m", "repro", "run", str(case)],
        cwd=ROOT, env={**os.environ, "REPRO_HOME": str(tmp_path / "home")},
        start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    provider = docker_in(tmp_path / "home")
    try:
        until(lambda: run.poll() is not None or "sleep 300" in _commands(provider))
    finally:
        # Not SIGINT, which shells have those ignore that they start in the background.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(run.pid, signal.SIGTERM)
        _, said = run.communicate(timeout=120)
    assert run.returncode == 130, said
    assert provider._containers() == []


def _commands(provider: DockerProvider) -> str:
    """All that runs in this workspace's nodes, as far as they are up."""
    found = []
    for each in provider._containers():
        with contextlib.suppress(ConflictError, MissingError):
            found.append(provider._engine.call("top", each["Id"]))
    return str(found)


def test_a_host_that_is_not_known_is_not_trusted(remote: Remote, tmp_path: Path) -> None:
    remote.known_hosts.write_text("")
    with pytest.raises(EngineError, match="cannot reach the engine at ssh://") as caught:
        docker_in(tmp_path, engine=remote.url).engine()
    assert "Host key verification failed" in caught.value.cause
    assert f"ssh -o BatchMode=yes {remote.name} true" in caught.value.action


def test_a_host_without_an_engine_is_told_in_the_words_of_ssh(
    remote: Remote, tmp_path: Path
) -> None:
    with pytest.raises(EngineError, match="cannot be reached") as caught:
        docker_in(tmp_path, engine=f"{remote.url}{tmp_path}/none.sock").engine()
    assert "open failed" in caught.value.cause
    assert "start the engine there" in caught.value.action


# -- TLS --------------------------------------------------------------------------------------


@dataclass
class Guarded:
    """An engine that asks its clients for a certificate."""

    second: SecondEngine
    certificates: Certificates
    port: int

    @property
    def url(self) -> str:
        return f"tcp://127.0.0.1:{self.port}"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    made = Certificates(tmp_path_factory.mktemp("certificates"))
    server, port = made.issue("server"), free_port()
    with second_engine(
        f"--host=tcp://127.0.0.1:{port}", "--tlsverify", f"--tlscacert={server}/ca.pem",
        f"--tlscert={server}/cert.pem", f"--tlskey={server}/key.pem",
    ) as engine:  # fmt: skip
        yield Guarded(engine, made, port)


@pytest.fixture
def by_tls(guarded: Guarded, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Choose:
    # A bundle of the company's own, as many have it set for what else they do.
    elsewhere = Certificates(tmp_path / "elsewhere").issue("client")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(elsewhere / "ca.pem"))

    def choose(named: str) -> None:
        folder = guarded.certificates.issue("client")
        if named == "context":
            files = [f"{key}={folder}/{key}.pem" for key in ("ca", "cert", "key")]
            make_context(monkeypatch, ",".join([f"host={guarded.url}", *files]))
        else:
            use_certificates(monkeypatch, guarded, folder)

    return choose


def use_certificates(monkeypatch: pytest.MonkeyPatch, guarded: Guarded, folder: Path) -> None:
    monkeypatch.setenv("DOCKER_HOST", guarded.url)
    monkeypatch.setenv("DOCKER_TLS_VERIFY", "1")
    monkeypatch.setenv("DOCKER_CERT_PATH", str(folder))


@NAMED
def test_behind_tls(by_tls: Choose, named: str, tmp_path: Path) -> None:
    by_tls(named)
    the_basics(docker_in(tmp_path))


def test_ansible_behind_tls(by_tls: Choose, tmp_path: Path) -> None:
    by_tls("DOCKER_HOST")
    ansible_connects(docker_in(tmp_path), tmp_path)


@NAMED
def test_a_whole_run_behind_tls(by_tls: Choose, named: str, tmp_path: Path, repro: Repro) -> None:
    by_tls(named)
    home = {"REPRO_HOME": str(tmp_path / "home")}
    done = repro("run", "tests/e2e/format/healthy.yml", env=home)
    assert done.returncode == 1, done.stderr
    assert "not-reproduced: format-healthy" in done.stdout
    assert repro("gc", env=home).returncode == 0
    assert "format-healthy" not in repro("ls", env=home).stdout


def test_an_engine_of_another_ca_is_not_trusted(
    guarded: Guarded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, repro: Repro
) -> None:
    folder = Certificates(tmp_path / "other").issue("client")
    use_certificates(monkeypatch, guarded, folder)
    with pytest.raises(EngineError, match="cannot be told from an impostor") as caught:
        docker_in(tmp_path).engine()
    assert f"not valid by {folder}/ca.pem" in caught.value.cause
    assert "put the CA of that engine into" in caught.value.action
    found = repro("doctor")
    assert found.returncode == 5
    assert "impostor" in found.stdout


def test_a_client_that_the_engine_does_not_know_is_told_so(
    guarded: Guarded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Certificates(tmp_path / "other").issue("client")
    shutil.copy(guarded.certificates.issue("client") / "ca.pem", folder)
    use_certificates(monkeypatch, guarded, folder)
    with pytest.raises(EngineError, match="refused this client") as caught:
        docker_in(tmp_path).engine()
    assert f"{folder}/cert.pem" in caught.value.cause


def test_certificates_that_are_not_there_are_named(
    guarded: Guarded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_certificates(monkeypatch, guarded, tmp_path / "none")
    with pytest.raises(EngineError) as caught:
        docker_in(tmp_path).engine()
    assert f"{tmp_path}/none holds neither" in caught.value.cause
