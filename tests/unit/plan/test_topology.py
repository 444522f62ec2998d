from __future__ import annotations

from tests.support import a_case, planned


def test_a_single_node_is_called_node_and_gets_the_defaults() -> None:
    plan = planned(a_case())
    assert [node.name for node in plan.nodes] == ["node"]
    assert plan.cell.topology == "single"
    assert plan.network == "isolated"
    assert plan.steps[0].nodes == ("node",)


def test_roles_stand_for_all_their_nodes() -> None:
    case = a_case(
        environment={"topology": "cluster"},
        steps=[{"name": "client", "run": "x", "on": "member"}],
        files=[{"path": "/a", "content": "", "on": ["n2", "member"]}],
    )
    plan = planned(case)
    assert plan.steps[0].nodes == ("n1", "n2", "n3")
    assert plan.files[0].nodes == ("n2", "n1", "n3")


def test_the_version_is_asked_for_on_the_first_node_that_carries_the_product() -> None:
    """However the case orders them; or where the command itself says."""
    product = {"purl": "pkg:pypi/redis", "on": ["n3", "n2"], "version": {"run": "x"}}
    case = a_case(environment={"topology": "cluster", "product": product})
    assert planned(case).version_node == "n2"
    asked = {**product, "version": {"run": "x", "on": "n1"}}
    case = a_case(environment={"topology": "cluster", "product": asked})
    assert planned(case).version_node == "n1"
