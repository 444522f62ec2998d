"""Preparing for real: a Docker engine, the package mirrors, Ansible."""

import contextlib
import subprocess
import sys
import uuid
from typing import Any

import pytest

from repro import settings as settings_module
from repro.catalog.catalog import Catalog
from repro.errors import EngineError, PrepareError
from repro.model.case import Companions, InstallStep
from repro.model.plan import Limits, Preparation, Product
from repro.ports import Command, EnvironmentRequest, NodeRequest
from repro.prepare import Preparer
from repro.prepare.making import Making
from repro.prepare.network import FOLDER
from repro.prepare.recipe import playbook_names
from repro.provider.docker import connect

pytestmark = [pytest.mark.engine, pytest.mark.slow]

LIMITS = Limits(memory=2**30, cpus=2.0, processes=512, disk=2**30)
MARK = f"mark{uuid.uuid4().hex}"


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    """A home of its own, and a CA bundle that can be told from any other."""
    folder = tmp_path_factory.mktemp("prepare")
    found = settings_module.load()
    bundle = folder / "ca.pem"
    known = found.ca_bundle.read_text() if found.ca_bundle else ""
    bundle.write_text(f"{known}\n# {MARK}\n")
    return found.model_copy(update={"home": folder, "ca_bundle": bundle if known else None})


@pytest.fixture(scope="module")
def provider(settings):
    made = connect(settings)
    yield made
    for info in reversed(made.cached()):
        # Other tests may stand on it just now: images are shared by all that use the engine.
        with contextlib.suppress(EngineError):
            made.forget(info.key)
    made.sweep(lambda _: None)


@pytest.fixture(scope="module")
def catalog(settings):
    return Catalog(settings)


@pytest.fixture
def preparer(provider, settings, catalog):
    made = Preparer(provider, settings, catalog.playbook)
    yield made
    made.close()


def said(_):
    """Nobody listens."""


def wanted(catalog, kind=None, name="", version=None, os="debian-12", **rest):
    product = None
    if kind is not None:
        purl = f"pkg:{kind}/{name}"
        product = Product(purl=purl, type=kind, name=name, version=version, playbook=kind)
    return Preparation(os=catalog.os(os), python=True, product=product, **rest)


class Started:
    """A node of an image."""

    def __init__(self, provider, image):
        request = EnvironmentRequest(
            id=f"test-{uuid.uuid4().hex[:8]}",
            purpose="prepare",
            nodes=(NodeRequest("node", image, LIMITS),),
            network="open",
            lifetime=600.0,
        )
        self._environment = provider.start(request, said)
        self.node = self._environment.nodes["node"]

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self._environment.release()

    def output(self, script):
        done = self.node.run(Command(("sh", "-c", script), timeout=120.0))
        assert done.exit == 0, done
        return done.stdout.text.strip()


REDIS = {"kind": "pypi", "name": "redis", "version": "4.5.3"}
WS = {"kind": "npm", "name": "ws", "version": "8.17.0"}
MAWK = {"kind": "deb", "name": "mawk"}
PREPARED: dict[str, tuple[dict[str, Any], str, str, dict[str, dict[str, str]]]] = {
    "pypi": (
        {**REDIS, "companions": Companions(apt=("jq",), pip=("async-timeout==5.0.1",))},
        "/opt/repro/venv/bin/python -c 'import redis; print(redis.__version__)'; jq -n 1",
        "4.5.3\n1",
        {"pip": {"redis": "4.5.3", "async-timeout": "5.0.1"}},
    ),
    "npm": (
        WS,
        """cd /case && node -p 'require("ws/package.json").version'""",
        "8.17.0",
        {"npm": {"ws": "8.17.0"}},
    ),
    "deb": (MAWK, "mawk 'BEGIN {print 6 * 7}'", "42", {}),
    "testinfra": (
        {"testinfra": True},
        "/opt/repro/testinfra/bin/python -m pytest --version | cut -d ' ' -f 1",
        "pytest",
        {},
    ),
}


@pytest.mark.parametrize("name", PREPARED)
def test_a_product_is_there_and_its_playbooks_change_nothing_again(
    name, provider, preparer, catalog, settings
):
    what, script, expected, locked = PREPARED[name]
    preparation = wanted(catalog, **what)
    image, _ = preparer.prepare(preparation, "node", say=said)
    for manager, packages in locked.items():
        assert packages.items() <= image.lock.packages[manager].items()
    assert image.lock.packages["dpkg"]["mawk"]
    assert image.lock.os_release["VERSION_ID"] == "12"
    with Started(provider, image) as started:
        assert started.output(script) == expected
        again = Making(started.node, preparation, settings, said, None)
        again.install([catalog.playbook(each) for each in playbook_names(preparation)])
        assert again.results
        assert not [each for each in again.results if each.changed or each.failed]


def test_the_second_time_is_a_hit_and_fresh_passes_it_by(provider, settings, preparer, catalog):
    preparation = wanted(catalog, install=(InstallStep(run=f": {uuid.uuid4()}"),))
    first, made = preparer.prepare(preparation, "node", say=said)
    second, found = preparer.prepare(preparation, "other", say=said)
    assert (made.hit, found.hit) == (False, True)
    assert (made.key, first.digest) == (found.key, second.digest)
    fresh = Preparer(provider, settings, catalog.playbook, fresh=True)
    no_python = preparation.model_copy(update={"python": False})
    _, anew = fresh.prepare(no_python, "node", say=said)
    _, again = fresh.prepare(no_python, "other", say=said)
    fresh.close()
    assert (anew.hit, again.hit) == (False, True)


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ({**REDIS, "version": "9.9.9"}, "No matching distribution found for redis==9.9.9"),
        ({**WS, "version": "99.0.0"}, "No matching version found for ws@99.0.0"),
        ({**MAWK, "version": "9.9"}, "package mirror has of mawk: 1.3.4"),
        ({"companions": Companions(apt=("nonesuch",))}, "nonesuch"),
    ],
    ids=["pypi", "npm", "deb", "apt"],
)
def test_a_version_that_does_not_exist_is_told_in_the_package_managers_words(
    what, words, provider, preparer, catalog
):
    kept = []
    with pytest.raises(PrepareError, match=words) as raised:
        preparer.prepare(
            wanted(catalog, **what), "node", say=said, evidence=lambda _, more: kept.extend(more)
        )
    assert "Traceback" not in str(raised.value)
    assert len(str(raised.value).splitlines()) < 10
    assert words in [each for each in kept if each.failed][-1].message
    preparer.close()
    assert [each for each in provider.environments() if each.purpose == "prepare"] == []


def test_an_install_step_has_the_version_and_fails_in_its_own_words(preparer, provider, catalog):
    steps = (InstallStep(run=f'echo "$REPRO_VERSION" >out; pwd >>out; : {uuid.uuid4()}'),)
    product = Product(purl="pkg:generic/x", type="generic", name="x", version="1.2", playbook=None)
    by_hand = Preparation(
        os=catalog.os("debian-12"), python=False, product=product, install=steps, version="1.2"
    )
    image, _ = preparer.prepare(by_hand, "node", say=said)
    with Started(provider, image) as started:
        assert started.output("cat /case/out") == "1.2\n/case"
    wrong = by_hand.model_copy(update={"install": (InstallStep(run="false | cat; echo reached"),)})
    with pytest.raises(PrepareError, match="exit status 1"):
        preparer.prepare(wrong, "node", say=said)


def test_a_case_cannot_run_anything_here_by_its_vars(preparer, catalog, tmp_path):
    touched = tmp_path / "touched"
    evil = {"python": "{{ lookup('pipe', 'touch " + str(touched) + "') }}"}
    with pytest.raises(PrepareError):
        preparer.prepare(wanted(catalog, **REDIS, vars=evil), "node", say=said)
    assert not touched.exists()


def test_nothing_of_this_site_stays_in_the_image(preparer, provider, catalog, settings):
    if settings.ca_bundle is None:
        pytest.skip("there is no CA bundle here")
    steps = (InstallStep(run=f'test -s "$PIP_CERT"; : {uuid.uuid4()}'),)
    preparation = wanted(catalog, **REDIS, install=steps)
    image, _ = preparer.prepare(preparation, "node", say=said)
    with Started(provider, image) as started:
        search = f"grep -rlI -e {MARK} -e {FOLDER} /etc /opt /root /var /usr/local /run /tmp /case"
        assert started.output(f"{search}; true") == ""
        assert started.output(f"ls -d {FOLDER} /root/.ansible /root/.npm 2>/dev/null; true") == ""
        assert started.output("ls /var/lib/apt/lists /var/cache/apt/archives/*.deb; true") in (
            "/var/lib/apt/lists:", "",
        )  # fmt: skip
        assert "ca.pem" not in started.output("env")


_ONE = """
import sys
from pathlib import Path
from repro.catalog.catalog import Catalog
from repro.model.plan import Preparation
from repro.prepare import Preparer
from repro.provider.docker import connect
from repro.settings import Settings

settings = Settings.model_validate_json(sys.argv[1])
preparer = Preparer(connect(settings), settings, Catalog(settings).playbook)
print("ready", flush=True)
sys.stdin.readline()
image, made = preparer.prepare(
    Preparation.model_validate_json(sys.argv[2]), "node", say=lambda _: None
)
print(made.hit, image.digest)
"""


def test_of_two_processes_that_want_the_same_one_makes_it(provider, settings, catalog):
    step = InstallStep(run=f"sleep 1; : {uuid.uuid4()}")
    preparation = Preparation(os=catalog.os("debian-12"), python=False, install=(step,))
    arguments = [sys.executable, "-c", _ONE]
    arguments += [settings.model_dump_json(), preparation.model_dump_json(by_alias=True)]
    both = [
        subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    for process in both:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    for process in both:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    answers = [process.communicate(timeout=120)[0].split() for process in both]
    assert sorted(hit for hit, _ in answers) == ["False", "True"]
    assert len({digest for _, digest in answers}) == 1
