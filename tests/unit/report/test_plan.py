from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from repro.model.case import AnyStep, Collect, Companions, InstallStep
from repro.model.condition import Condition
from repro.model.plan import FidelityPoint, Plan, PlannedFile, PlannedStep, Product
from repro.report.plan import show_plan
from repro.report.text import plain
from tests.unit.record import samples

STEP: TypeAdapter[AnyStep] = TypeAdapter(AnyStep)
CONDITION: TypeAdapter[Condition] = TypeAdapter(Condition)


def planned(name: str, step: dict[str, Any]) -> PlannedStep:
    return PlannedStep(name=name, nodes=("main",), step=STEP.validate_python(step))


def full_plan() -> Plan:
    node = samples.plan().nodes[0]
    product = Product(
        purl="pkg:pypi/redis@4.5.1", type="pypi", name="redis", version="4.5.1", playbook=None
    )
    preparation = node.preparation.model_copy(
        update={
            "product": product,
            "companions": Companions(apt=("jq",)),
            "vars": {"maxclients": 50},
            "install": (InstallStep(run="make install"),),
        }
    )
    node = node.model_copy(
        update={
            "preparation": preparation,
            "roles": ("server",),
            "env": {"LANG": "C.UTF-8"},
            "disks": {"/data": 2**24},
            "capabilities": ("NET_ADMIN",),
        }
    )
    steps = [
        planned("first", {"run": "a\nb", "background": True}),
        planned("ready", {"wait": {"port": 6379}}),
        planned("cut", {"fault": "partition", "between": ["a", "b"]}),
        planned("ask", {"http": "GET http://main/"}),
        planned("talk", {"interact": "passwd", "dialogue": [{"expect": "New:", "send": "x"}]}),
    ]
    conditions = [
        {"step": "first", "exit": 1, "stderr": {"matches": "x|y"}},
        {"on": "main", "run": "true", "exit": [0, 2]},
        {"on": "main", "service": {"name": "redis", "is_running": True}},
        {"python": "checks/x.py"},
        {"log": "/x.log", "on": "main", "matches": "bad"},
        {"not": {"node": "main", "state": "oom-killed"}},
        {"any": [{"all": [{"step": "first", "timed_out": True}]}]},
    ]
    file = PlannedFile(path="/case/a.py", nodes=("main",), data=b"abc", mode=0o755, owner="root")
    point = FidelityPoint(point="OS", customer="Debian 12", here="Debian 12", grade="same")
    return samples.plan(file).model_copy(
        update={
            "nodes": (node,),
            "setup": (planned("setup-1", {"run": "prepare\x1b[2J"}),),
            "steps": tuple(steps),
            "symptom": tuple(CONDITION.validate_python(each) for each in conditions),
            "collect": (Collect(path="/var/log/*.log"),),
            "needs": ("fault:partition",),
            "warnings": ("the profile was never verified",),
            "fidelity": (point,),
        }
    )


def test_everything_that_would_be_done_is_told() -> None:
    rows = [" ".join(row.split()) for row in plain(show_plan(full_plan())).splitlines()]
    for row in (
        "PLAN demo-1 on debian-12, 1.2, single",
        "warning: the profile was never verified",
        "needs: fault:partition",
        "main (server)",
        "OS Debian 12, image debian:12",
        "product redis 4.5.1 (pkg:pypi/redis@4.5.1)",
        "with apt: jq",
        "install make install",
        "var maxclients = 50",
        "env LANG = C.UTF-8",
        "limits memory 1 GiB, 1 CPUs, 64 processes, disk 1 GiB",
        "disk /data of 16 MiB",
        "capabilities NET_ADMIN",
        "network isolated: the nodes see each other and nothing else",
        "/case/a.py main 3 B 0755 root",
        "setup-1 main ≤ 5 min prepare\\x1b[2J",
        "first main ≤ 5 min a\\nb (background)",
        "ready main ≤ 5 min wait for port 6379",
        "cut main ≤ 5 min fault partition between a, b",
        "ask main ≤ 5 min GET http://main/",
        "talk main ≤ 5 min interact passwd (1 exchanges)",
        "step first: exit 1, stderr matches 'x|y'",
        "`true` on main: exit 0 or 2",
        "service on main: name 'redis', is_running True",
        "checks/x.py passes",
        "/x.log on main matches 'bad'",
        "node main is oom-killed",
        "step first: timed_out True",
        "every node /var/log/*.log",
        "OS same customer: Debian 12 here: Debian 12",
    ):
        assert row in rows, row


def test_a_plan_survives_json() -> None:
    plan = full_plan()
    assert Plan.model_validate_json(plan.model_dump_json()) == plan
