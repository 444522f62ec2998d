from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import pytest

from repro.casefile import load
from repro.errors import CaseError
from repro.model.case import NodeSpec
from repro.model.profile import TopologyProfile
from tests.unit.casefile.samples import HEAD, TAIL, write


class Profiles:
    """A catalogue of three names."""

    NAMES: ClassVar = {
        "os": ["debian-12"],
        "products": ["redis-py"],
        "topologies": ["pair", "single"],
    }

    def names(self, kind: str) -> list[str]:
        return self.NAMES[kind]

    def topology(self, name: str) -> TopologyProfile:
        nodes: dict[str, NodeSpec | None] = {"node": None}
        if name == "pair":
            nodes = {"client": None, "server": NodeSpec(roles=("db",))}
        return TopologyProfile(name=name, title=name, nodes=nodes)


def told(folder: Path, text: str) -> list[str]:
    path = write(folder, text)
    try:
        load(path, Profiles())
    except CaseError as error:
        return [str(problem).removeprefix(f"{path}:") for problem in error.problems]
    return []


def test_profiles_that_are_not_there(tmp_path: Path) -> None:
    text = (
        "environment: {os: debain-12, product: redis, topology: single, nodes: {node: {os: x}}}\n"
        "recheck: {os: [debian-12, debian-99], topology: pairs}\n"
    )
    assert told(tmp_path, HEAD + text + TAIL) == [
        """4:15: environment.os: there is no OS profile 'debain-12'; did you mean "debian-12"?""",
        (
            """4:30: environment.product: there is no product profile 'redis'; did you mean """
            '"redis-py"?'
        ),
        """4:79: environment.nodes.node.os: there is no OS profile 'x'; there is: debian-12""",
        """5:27: recheck.os[1]: there is no OS profile 'debian-99'; did you mean "debian-12"?""",
        """5:39: recheck.topology: there is no topology 'pairs'; did you mean "pair"?""",
    ]


@pytest.mark.parametrize(
    "product", ["pkg:pypi/redis", "redis-py", "{name: any, purl: pkg:pypi/redis}"]
)
def test_products_that_are(tmp_path: Path, product: str) -> None:
    assert told(tmp_path, HEAD + f"environment: {{product: {product}}}\n" + TAIL) == []


def test_nodes_and_roles_of_a_topology(tmp_path: Path) -> None:
    text = (
        "environment: {topology: pair, nodes: {server: {memory: 1GiB}}}\n"
        "steps: [{name: try, run: x, on: db}, {run: x, on: node}]\n"
        "symptom: [{step: try, exit: 1}]\n"
    )
    assert told(tmp_path, HEAD + text) == [
        "5:47: steps[1].on: there is no node or role 'node'; there is: client, server, db"
    ]


def test_a_node_that_the_topology_does_not_have(tmp_path: Path) -> None:
    text = "environment: {topology: pair, nodes: {servr: {}}}\n"
    assert told(tmp_path, HEAD + text + TAIL) == [
        (
            "4:39: environment.nodes.servr: the topology pair has no node 'servr'; did you mean "
            '"server"?'
        )
    ]


def test_a_background_step_can_be_looked_at(tmp_path: Path) -> None:
    text = "steps: [{name: bg, run: x, background: true}]\nsymptom: [{step: bg, exit: 1}]\n"
    assert told(tmp_path, HEAD + text) == []
