"""Cells on a cluster: a scheduler and workers as processes, each with a container engine."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from repro.casefile import load
from repro.catalog import Catalog
from repro.engine import cluster
from repro.engine.bench import PLACE
from repro.engine.cluster import ClusterEngine
from repro.errors import ServiceError, SettingsError, UnsupportedError
from repro.model.campaign import Job
from repro.model.record import RunRecord, RunSummary
from repro.plan import Overrides, make_plan
from repro.record import read_run, verify
from repro.record.history import History, catch_up
from repro.settings import Settings
from tests.cluster import OwnEngine, certificates, ready, scheduler, until, worker
from tests.e2e.conftest import Repro
from tests.e2e.test_record import PROGRAMS, server, url
from tests.engines import debian_12, docker_in, quiet, settings_in
from tests.servers import free_port

__all__ = ["server", "url"]

WORKERS = ("first", "second", "third")
#: An OS that only the third worker has an image of.
SPECIAL = "special-12"
CASE = """
schema: 1
id: exits-with-3
title: The client ends with 3
environment: {os: debian-12}
steps:
  - {name: client, run: "sleep 1.5; exit 3"}
symptom:
  - {step: client, exit: 3}
"""


@dataclass(frozen=True)
class Desk:
    """Where jobs are made, as a campaign does it."""

    folder: Path
    settings: Settings

    def job(self, key: str, os: str | None = None) -> Job:
        catalog = Catalog(self.settings, self.folder)
        path = self.folder / "case.yml"
        path.write_text(CASE)
        loaded = load(path, catalog)
        plan = make_plan(
            loaded.case,
            digest=loaded.digest,
            sources=loaded.sources,
            profiles=catalog,
            limits=self.settings.limits,
            overrides=Overrides(os=os),
        )
        text, sources = loaded.text, dict(loaded.sources)
        return Job(key=key, campaign="c1", plan=plan, case_text=text, sources=sources)

    def record(self, summary: RunSummary) -> RunRecord:
        return read_run(self.settings.runs / summary.run)


def _place(record: RunRecord) -> str:
    """The worker that a run took place on."""
    return next(event.text for event in record.events if event.stage == PLACE).split()[-1]


def _profiles(folder: Path) -> Path:
    """A site's profiles, with an OS that is pulled from nowhere."""
    made = folder / "site" / "profiles"
    (made / "os").mkdir(parents=True)
    profile = debian_12().model_copy(update={"name": SPECIAL, "image": f"repro/{SPECIAL}:1"})
    text = profile.model_dump_json(exclude={"name", "build", "verified", "end_of_life"})
    (made / "os" / f"{SPECIAL}.yml").write_text(text)
    return made


@pytest.fixture
def engines() -> Iterator[list[OwnEngine]]:
    """Three, each with the OS's image; the third with another OS's."""
    if os.geteuid() != 0 or shutil.which("dockerd") is None:
        pytest.fail("this test starts engines of its own: it needs root and dockerd")
    above = Path("/tmp") / f"repro-cluster-{os.getpid()}"
    made = [OwnEngine(above / str(number), number) for number in range(len(WORKERS))]
    with ThreadPoolExecutor() as pool, contextlib.ExitStack() as stack:
        above.mkdir()
        stack.callback(shutil.rmtree, above, ignore_errors=True)
        image = docker_in(above).os_image(debian_12(), quiet).reference
        saved = str(above / "image.tar")
        subprocess.run(["docker", "save", "--output", saved, image], check=True)
        stack.callback(lambda: list(pool.map(_removed, made)))
        list(pool.map(lambda engine: _started(engine, saved), made))
        made[2].docker("tag", image, f"repro/{SPECIAL}:1")
        yield made


def _started(engine: OwnEngine, image: str) -> None:
    engine.folder.mkdir(parents=True)
    engine.make_bridge()
    engine.start()
    engine.docker("load", "--input", image)


def _removed(engine: OwnEngine) -> None:
    engine.close()
    subprocess.run(["ip", "link", "del", engine.bridge], capture_output=True, check=False)
    for mount in ("data", "exec"):
        subprocess.run(["umount", "-l", engine.folder / mount], capture_output=True, check=False)


@pytest.fixture
def history(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """On a server where Debian's is installed."""
    if PROGRAMS:
        return str(request.getfixturevalue("url"))
    return f"sqlite:///{tmp_path / 'history.sqlite'}"


@pytest.mark.engine
@pytest.mark.slow
def test_a_worker_killed_in_the_middle(
    engines: list[OwnEngine], history: str, tmp_path: Path
) -> None:
    site = _profiles(tmp_path)
    desk = Desk(tmp_path, settings_in(tmp_path / "home", history=history, profiles=(site,)))
    homes = [tmp_path / name for name in WORKERS]
    with contextlib.ExitStack() as stack:
        address = stack.enter_context(scheduler(tmp_path / "scheduler"))
        workers = [
            stack.enter_context(
                worker(
                    home, address, name, "--slots", "1",
                    DOCKER_HOST=engine.url, REPRO_PROFILES=str(site),
                )
            )
            for home, name, engine in zip(homes, WORKERS, engines, strict=True)
        ]  # fmt: skip
        for home, each in zip(homes, workers, strict=True):
            ready(home, each)
        connected = cluster.connect(
            address, desk.settings, arrived=lambda _run: catch_up(desk.settings)
        )
        with contextlib.closing(connected) as engine:
            _killed_in_the_middle(engine, desk, workers)
        _nothing_is_left(engines, homes, workers)


def _killed_in_the_middle(
    engine: ClusterEngine, desk: Desk, workers: list[subprocess.Popen[bytes]]
) -> None:
    jobs = [desk.job(f"plain#{number}") for number in range(7)]
    jobs += [desk.job(f"special#{number}", SPECIAL) for number in range(2)]
    assert engine.room == 3 + 3  # one more for each
    for job in jobs:
        engine.refuse(job.plan)
    futures = {job.key: engine.submit(job) for job in jobs}
    until(lambda: any(each.done() for each in futures.values()), lambda: "no cell ended")
    victim = next(each.address for each in engine._workers.look().offers if each.name == WORKERS[0])
    until(lambda: engine._workers.look().tasks.get(victim), lambda: "it has nothing to do")
    lost = {key[-1] for key in engine._workers.look(0).tasks[victim]}
    workers[0].send_signal(signal.SIGKILL)
    summaries = {key: future.result(120) for key, future in futures.items()}

    assert {each.verdict.verdict for each in summaries.values()} == {"reproduced"}
    runs = {each.run for each in summaries.values()}
    assert len(runs) == len(jobs)
    folders = {each.name for each in desk.settings.runs.iterdir() if each.name[0] != "."}
    assert folders == runs
    assert [verify(desk.settings.runs / run) for run in runs] == [[]] * len(jobs)
    records = {key: desk.record(each) for key, each in summaries.items()}
    assert {each.header.campaign for each in records.values()} == {"c1"}
    places = {key: _place(record) for key, record in records.items()}
    assert set(places.values()) >= set(WORKERS[1:])
    assert any(places[key] != WORKERS[0] for key in lost)
    # What it handed over in its last moment is one cell at most: it had one slot.
    assert sum(places[key] == WORKERS[0] for key in lost) <= 1
    assert {places[key] for key in places if key.startswith("special")} == {WORKERS[2]}
    with History(desk.settings.history_url) as history:
        assert sorted(each.run for each in history.runs()) == sorted(runs)


def _nothing_is_left(
    engines: list[OwnEngine], homes: list[Path], workers: list[subprocess.Popen[bytes]]
) -> None:
    """In order, where a worker was asked to end; by the next command where it was killed."""
    for each in workers[1:]:
        each.send_signal(signal.SIGTERM)
    assert [each.wait(60) for each in workers[1:]] == [0, 0]
    assert [engine.containers() for engine in engines[1:]] == [[], []]
    for home in homes[1:]:
        assert [path for path in (home / "worker").iterdir() if path.is_dir()] == []
    docker_in(homes[0], engine=engines[0].url).sweep(quiet)
    assert engines[0].containers() == []


@pytest.mark.engine
@pytest.mark.slow
def test_with_certificates(tmp_path: Path) -> None:
    """A cell by TLS; who has no certificate of the CA is told so."""
    ours, theirs = certificates(tmp_path / "ours"), certificates(tmp_path / "theirs")
    chosen = {key: ours[key] for key in ("ca", "cert", "key")}
    desk = Desk(tmp_path, settings_in(tmp_path / "home", cluster=chosen))
    file = tmp_path / "settings.yml"
    file.write_text(f"cluster: {{ca: {ours['ca']}, cert: {ours['cert']}, key: {ours['key']}}}\n")
    tls = (
        "--protocol", "tls", "--tls-ca-file", ours["ca"], "--tls-cert", ours["cert"],
        "--tls-key", ours["key"],
    )  # fmt: skip
    with scheduler(tmp_path / "scheduler", *tls) as address:
        assert address.startswith("tls://")
        for wrong, part in (({**chosen, "ca": theirs["ca"]}, "not from the CA"), ({}, "`cluster`")):
            with pytest.raises((ServiceError, SettingsError)) as caught:
                cluster.connect(address, settings_in(tmp_path, cluster=wrong))
            assert part in f"{caught.value}"
        other = {**chosen, "cert": theirs["cert"], "key": theirs["key"]}
        with pytest.raises(ServiceError, match="does not accept the certificate"):
            cluster.connect(address, settings_in(tmp_path, cluster=other))
        with pytest.raises(ServiceError, match="tls://"):
            cluster.connect(address.replace("tls:", "tcp:"), desk.settings)
        options = ("--slots", "1", "--os", "debian-12")
        home = tmp_path / "worker"
        with (
            worker(home, address, "one", *options, REPRO_SETTINGS=str(file)) as one,
            contextlib.closing(cluster.connect(address, desk.settings)) as engine,
        ):
            ready(home, one)
            with pytest.raises(UnsupportedError, match="os:debian-13"):
                engine.refuse(desk.job("a", "debian-13").plan)
            summary = engine.submit(desk.job("b")).result(60)
            assert summary.verdict.verdict == "reproduced"
            assert verify(desk.settings.runs / summary.run) == []
            one.send_signal(signal.SIGTERM)
            assert one.wait(60) == 0


def test_no_scheduler(tmp_path: Path) -> None:
    port = free_port()
    with pytest.raises(ServiceError, match="dask scheduler") as caught:
        cluster.connect(f"tcp://127.0.0.1:{port}", settings_in(tmp_path))
    assert "refused" in caught.value.cause


def test_no_encryption_at_the_other_end(tmp_path: Path) -> None:
    made = certificates(tmp_path / "made")
    settings = settings_in(tmp_path, cluster={key: made[key] for key in ("ca", "cert", "key")})
    with (
        scheduler(tmp_path / "scheduler") as address,
        pytest.raises(ServiceError, match="write tcp://"),
    ):
        cluster.connect(address.replace("tcp:", "tls:"), settings)


@pytest.mark.parametrize(
    ("address", "engine", "status", "part"),
    [
        ("tcp://127.0.0.1:9", "", 7, "no scheduler can be reached"),
        ("127.0.0.1:9", "", 2, "no address of a scheduler"),
        ("tcp://127.0.0.1:9", "unix:///nonexistent/docker.sock", 5, "cannot be reached"),
    ],
)
@pytest.mark.engine
def test_a_worker_that_cannot_start(
    repro: Repro, tmp_path: Path, address: str, engine: str, status: int, part: str
) -> None:
    env = {"REPRO_HOME": str(tmp_path), **({"DOCKER_HOST": engine} if engine else {})}
    done = repro("worker", address, "--os", "debian-12", env=env)
    assert (done.returncode, part in done.stderr) == (status, True), done.stderr
    assert "next:" in done.stderr
