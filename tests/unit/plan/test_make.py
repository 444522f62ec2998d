from __future__ import annotations

from pathlib import Path

import pytest

from repro.casefile import load
from repro.catalog import Catalog
from repro.errors import PlanError
from repro.model.plan import Plan
from repro.plan import Overrides, at_version, make_plan
from repro.settings import DefaultLimits, Settings
from tests.support import ROOT, a_case, planned


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
