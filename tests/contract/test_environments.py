"""What every provider does with environments and prepared images."""

from __future__ import annotations

import secrets
import threading
import time

import pytest

from repro.errors import EnvironmentTrouble, NotFoundError, ReproError
from repro.model.record import NodeLock
from repro.ports import Command, GuestFile
from tests.contract.conftest import World
from tests.engines import quiet, request, until

LOCK = NodeLock(
    image="debian:12",
    image_digest="sha256:1",
    prepared="k",
    packages={"dpkg": {f"package-{n}": f"1.{n}-2+deb12u1" for n in range(300)}},
)


def test_the_engine_says_what_it_is(world: World) -> None:
    found = world.provider.engine()
    assert found.name == world.kind
    assert found.cpus > 0
    assert found.memory > 0
    assert found.version


def test_an_image_is_found_and_has_a_digest(world: World) -> None:
    assert world.image.digest.startswith("sha256:")
    assert world.image.architecture


def test_nodes_are_in_the_order_asked_for(world: World) -> None:
    environment = world.start(request(world.image, "zeta", "alpha", "mid"))
    assert list(environment.nodes) == ["zeta", "alpha", "mid"]
    for name, node in environment.nodes.items():
        assert node.name == name
        assert node.run(Command(("true",))).exit == 0


def test_it_is_listed_and_released(world: World) -> None:
    environment = world.start()
    info = next(each for each in world.another().environments() if each.id == environment.id)
    assert info.in_use
    assert info.expires is None
    assert info.purpose == "run"
    assert info.nodes == {"node": "running"}
    assert info.created == pytest.approx(time.time(), abs=60)
    environment.release()
    environment.release()
    assert environment.id not in [each.id for each in world.another().environments()]


def test_an_id_is_taken_once(world: World) -> None:
    wanted = request(world.image)
    environment = world.start(wanted)
    with pytest.raises(EnvironmentTrouble):
        world.another().start(wanted, quiet)
    assert environment.nodes["node"].run(Command(("true",))).exit == 0


def test_a_sweep_leaves_what_is_in_use(world: World) -> None:
    environment = world.start()
    assert world.another().sweep(quiet) == []
    assert environment.nodes["node"].run(Command(("true",))).exit == 0


def test_a_sweep_removes_what_its_owner_left(world: World) -> None:
    environment = world.start()
    world.abandon(environment)
    assert any(environment.id in line for line in world.another().sweep(quiet))
    assert environment.nodes["node"].state().state == "gone"
    assert world.another().sweep(quiet) == []
    assert world.another().environments() == []


def test_a_lease_keeps_it_and_ends(world: World) -> None:
    environment = world.start()
    environment.keep(600)
    world.abandon(environment)
    info = world.another().environments()[0]
    assert not info.in_use
    assert info.expires == pytest.approx(time.time() + 600, abs=60)
    assert world.another().sweep(quiet) == []
    again = world.another().attach(environment.id)
    again.keep(0.1)
    world.abandon(again)
    time.sleep(0.2)
    assert len(world.another().sweep(quiet)) == 1


def test_who_attaches_has_the_same_nodes(world: World) -> None:
    environment = world.start(request(world.image, "one", "two"))
    environment.nodes["two"].put([GuestFile("/case/mark", b"2")])
    environment.keep(600)
    found = world.another().attach(environment.id)
    assert sorted(found.nodes) == ["one", "two"]
    assert found.nodes["two"].get("/case/mark", 10) == b"2"
    found.release()
    assert environment.nodes["one"].state().state == "gone"


def test_nobody_attaches_to_nothing(world: World) -> None:
    with pytest.raises(NotFoundError):
        world.provider.attach("no-such-environment")


def test_releases_and_sweeps_tolerate_one_another(world: World) -> None:
    environment = world.start(request(world.image, "one", "two"))
    world.abandon(environment)
    errors: list[BaseException] = []

    def quietly(act: object) -> None:
        try:
            act()  # type: ignore[operator]
        except BaseException as error:  # noqa: BLE001
            errors.append(error)

    acts = [
        lambda: world.another().release(environment.id),
        lambda: world.another().sweep(quiet),
        environment.release,
        lambda: world.another().sweep(quiet),
    ]
    threads = [threading.Thread(target=quietly, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert world.another().environments() == []


def test_a_prepared_image_is_found_again(world: World) -> None:
    key = secrets.token_hex(32)
    assert world.provider.prepared(key) is None
    environment = world.start(request(world.image, purpose="prepare"))
    environment.nodes["node"].put([GuestFile("/opt/product/version", b"1.2.3")])
    saved = world.provider.save(environment, "node", key, 'redis "4.5" $HOME', LOCK)
    found = world.another().prepared(key)
    assert found is not None
    assert found.source == "prepared"
    assert found.digest == saved.digest
    assert found.lock == LOCK
    info = next(each for each in world.another().cached() if each.key == key)
    assert info.title == 'redis "4.5" $HOME'
    again = world.start(request(found))
    assert again.nodes["node"].get("/opt/product/version", 10) == b"1.2.3"
    with pytest.raises(ReproError):
        world.provider.forget(key)
    again.release()
    environment.release()
    world.provider.forget(key)
    assert world.provider.prepared(key) is None
    with pytest.raises(NotFoundError):
        world.provider.forget(key)


def test_the_cache_is_in_the_order_of_use(world: World) -> None:
    environment = world.start(request(world.image, purpose="prepare"))
    keys = [secrets.token_hex(32) for _ in range(3)]
    for key in keys:
        world.provider.save(environment, "node", key, key[-4:], LOCK)
    environment.release()
    time.sleep(0.02)
    world.provider.prepared(keys[0])
    assert [info.key for info in world.provider.cached()] == [keys[1], keys[2], keys[0]]


def test_one_prepares_and_the_others_wait(world: World) -> None:
    said: list[str] = []
    inside: list[int] = []

    def prepare(number: int) -> None:
        with world.another().exclusively("k" * 64, said.append):
            inside.append(number)
            until(lambda: said)  # somebody waits
            assert inside == [number]
            inside.remove(number)

    threads = [threading.Thread(target=prepare, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 1 <= len(said) <= 2
