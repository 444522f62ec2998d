from __future__ import annotations

import pytest

from repro.errors import PlanError
from repro.plan import NO_OVERRIDES, Overrides
from tests.support import a_case, planned


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


def test_a_node_with_its_own_os_keeps_it() -> None:
    nodes = {"client": None, "server": {"os": "debian-11"}}
    plan = planned(a_case(environment={"nodes": nodes}), Overrides(os="debian-13"))
    assert [node.preparation.os.name for node in plan.nodes] == ["debian-13", "debian-11"]


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
