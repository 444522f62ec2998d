from __future__ import annotations

import pytest

import repro
from repro.engine.placement import Offer, needs, offer, refusal, room
from tests.support import a_case, planned


def _worker(name: str, *oses: str, slots: int = 2, **more: object) -> Offer:
    return Offer(f"tcp://{name}:1", name, offer(slots, oses, ("console",), **more))  # type: ignore[arg-type]


PLAN = planned(a_case(environment={"os": "debian-12"}))
OTHER = planned(a_case(environment={"os": "debian-13"}))


def test_a_plan_needs_a_slot_and_its_oses() -> None:
    wanted = needs(PLAN)
    assert wanted.pop("containers") == 1
    assert wanted.pop("os:debian-12") == 1
    assert [name.partition(":")[0] for name in wanted] == ["repro"]


def test_powers_and_backends_beyond_the_ordinary() -> None:
    power = PLAN.model_copy(update={"needs": ("console", "backend:vm")})
    vm = power.model_copy(update={"cell": PLAN.cell.model_copy(update={"backend": "vm"})})
    assert {"power:console", "kvm"} <= needs(vm).keys()
    assert not {"containers", "power:backend:vm"} & needs(vm).keys()
    assert refusal(vm, [_worker("a", "debian-12")])
    assert not refusal(vm, [_worker("a", "debian-12", kvm=True)])


def test_cells_go_where_they_can_run() -> None:
    first, second = _worker("a", "debian-12"), _worker("b", "debian-12", "debian-13")
    assert first.fits(needs(PLAN))
    assert not first.fits(needs(OTHER))
    assert second.fits(needs(OTHER))
    assert refusal(OTHER, [first, second]) is None


def test_the_refusal_names_what_is_missing_and_who_is_there() -> None:
    error = refusal(OTHER, [_worker("a", "debian-12"), Offer("tcp://b:1", "b", {})])
    assert error is not None
    assert "no worker has os:debian-13" in error.what
    assert "a: 2 containers, os:debian-12" in error.cause
    assert "b: not started by `repro worker`" in error.cause
    nobody = refusal(OTHER, [])
    assert nobody is not None
    assert nobody.cause == "there is no worker"


def test_a_plan_whose_needs_nobody_has_together() -> None:
    both = PLAN.model_copy(update={"nodes": (*PLAN.nodes, *OTHER.nodes)})
    error = refusal(both, [_worker("a", "debian-12"), _worker("b", "debian-13")])
    assert error is not None
    assert error.what.endswith(" together")
    assert "os:debian-12, os:debian-13, " in error.what


def test_another_version_of_repro_fits_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    worker = _worker("a", "debian-12")
    monkeypatch.setattr(repro, "__version__", "99")
    error = refusal(PLAN, [worker])
    assert error is not None
    assert "no worker has repro:99" in error.what


@pytest.mark.parametrize(
    ("busy", "waiting", "under_way", "expected"),
    [
        ({}, 0, 0, 6),  # two workers with two slots and one more each
        ({"tcp://a:1": 2}, 0, 2, 4),
        ({"tcp://a:1": 3, "tcp://b:1": 3}, 0, 6, 0),
        ({"tcp://a:1": 9}, 0, 9, 3),  # what only one can run does not keep the other idle
        ({"tcp://a:1": 9}, 7, 16, 0),  # but that has a bound
        ({}, 4, 4, 2),  # sent, and no worker has them yet
        ({}, 9, 9, 0),
    ],
)
def test_room(busy: dict[str, int], waiting: int, under_way: int, expected: int) -> None:
    workers = [_worker("a", "debian-12"), _worker("b", "debian-12"), Offer("tcp://c:1", "c", {})]
    assert room(workers, busy, waiting, under_way) == expected


def test_no_room_without_workers() -> None:
    assert room([], {}, 0, 0) == 0
