from dataclasses import replace

import pytest

from repro.model.case import Companions, InstallStep
from repro.model.plan import Preparation
from repro.model.profile import Verified
from repro.prepare.recipe import describe, layers, playbook_names, variables


def key(preparation, base, find):
    return layers(preparation, base, find)[-1].key


def changed(preparation, **update):
    return preparation.model_copy(update=update)


def changed_os(preparation, **update):
    return changed(preparation, os=preparation.os.model_copy(update=update))


def changed_product(preparation, **update):
    return changed(preparation, product=preparation.product.model_copy(update=update))


CHANGES = {
    "version": lambda p: changed_product(p, version="4.5.4"),
    "product": lambda p: changed_product(p, name="redis2", purl="pkg:pypi/redis2"),
    "playbook": lambda p: changed_product(p, playbook="own"),
    "apt": lambda p: changed(p, companions=Companions(apt=("jq",))),
    "pip": lambda p: changed(p, companions=Companions(pip=("pytest==8.4.2",))),
    "npm": lambda p: changed(p, companions=Companions(npm=("ws@8.17.0",))),
    "vars": lambda p: changed(p, vars={"x": "2"}),
    "install": lambda p: changed(p, install=(InstallStep(run="make"),)),
    "testinfra": lambda p: changed(p, testinfra=True),
    "python of the OS": lambda p: changed_os(
        p, python=p.os.python.model_copy(update={"install": "apt-get install python3.12"})
    ),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_of_what_goes_in_is_another_key(redis, base, find, change):
    assert key(change(redis), base, find) != key(redis, base, find)


@pytest.mark.parametrize(
    "update",
    [
        {"title": "Debian"},
        {"notes": "x"},
        {"verified": Verified(date="2026-01-01", on="x")},
        {"end_of_life": "2028-06-30"},
    ],
)
def test_what_only_describes_the_os_is_not_in_the_key(redis, base, find, update):
    assert key(changed_os(redis, **update), base, find) == key(redis, base, find)


def test_the_base_image_and_the_architecture_are_in_the_key(redis, base, find):
    keys = {
        key(redis, image, find)
        for image in (base, replace(base, digest="sha256:2"), replace(base, architecture="arm64"))
    }
    assert len(keys) == 3
    assert key(redis, replace(base, reference="other:12"), find) in keys


@pytest.mark.parametrize("file", ["pypi.yml", "tasks/shared.yml"])
def test_an_edit_of_a_playbook_is_another_key(redis, base, find, file):
    before = key(redis, base, find)
    path = find("pypi").parent / file
    path.write_text(path.read_text() + "# edited")
    assert key(redis, base, find) != before


def test_an_edit_of_a_playbook_that_is_not_used_changes_nothing(redis, base, find):
    before = key(redis, base, find)
    find("npm").write_text("# edited")
    assert key(redis, base, find) == before


def test_another_version_stands_on_the_same_layers(redis, base, find):
    preparation = changed(redis, companions=Companions(apt=("jq",)))
    here = layers(preparation, base, find)
    there = layers(changed_product(preparation, version="4.5.4"), base, find)
    assert [layer.key for layer in here[:-1]] == [layer.key for layer in there[:-1]]
    assert [[path.stem for path in layer.playbooks] for layer in here] == [
        [], ["companions"], ["pypi"],
    ]  # fmt: skip


def test_npm_comes_with_the_packages_of_the_os(redis, base, find):
    ws = changed_product(redis, name="ws", type="npm", playbook="npm")
    _, packages, _ = layers(ws, base, find)
    assert packages.content.companions.apt == ("npm",)
    own = layers(changed(ws, vars={"node_packages": ["nodejs", "npm"]}), base, find)
    assert own[1].content.companions.apt == ("nodejs", "npm")


def test_without_anything_for_ansible_there_is_one_layer_and_no_playbook(os_profile, base, find):
    by_hand = Preparation(os=os_profile, python=False, install=(InstallStep(run="make"),))
    (layer,) = layers(by_hand, base, find)
    assert not layer.content.python
    assert layer.playbooks == ()


def test_companions_need_python_even_where_the_plan_does_not_say_so(os_profile, base, find):
    preparation = Preparation(os=os_profile, python=False, companions=Companions(apt=("jq",)))
    found = layers(preparation, base, find)
    assert [layer.content.python for layer in found] == [True, True]


def test_variables_that_reach_no_playbook_of_a_product_are_not_in_the_key(os_profile, base, find):
    node = Preparation(os=os_profile, python=True, companions=Companions(apt=("jq",)))
    assert key(changed(node, vars={"maxclients": 50}), base, find) == key(node, base, find)


def test_playbooks_in_order_each_once(redis):
    companions = Companions(apt=("jq",), pip=("pytest",), npm=("ws",), dnf=("ignored",))
    preparation = changed(redis, companions=companions, testinfra=True)
    assert playbook_names(preparation) == ("companions", "pypi", "npm", "testinfra")
    assert playbook_names(changed(redis, product=None, companions=Companions(dnf=("x",)))) == ()


def test_product_and_companions_of_its_kind_go_in_one_call(redis):
    found = variables(changed(redis, companions=Companions(pip=("pytest==8.4.2",), npm=("ws",))))
    assert found["repro_pip"] == ["redis==4.5.3", "pytest==8.4.2"]
    assert found["repro_npm"] == ["ws"]
    assert found["x"] == "1"


def test_a_case_cannot_take_the_place_of_our_own_variables(redis):
    assert variables(changed(redis, vars={"repro_python": "/x"}))["repro_python"] != "/x"


def test_without_a_version_the_newest_is_asked_for(redis):
    assert variables(changed_product(redis, version=None))["repro_pip"] == ["redis"]


def test_titles_say_what_is_on_which_os(redis, os_profile):
    companions = Companions(apt=("jq",))
    assert describe(changed(redis, companions=companions)) == "redis 4.5.3, apt:jq on debian-12"
    assert describe(Preparation(os=os_profile, python=True)) == "Python on debian-12"
    assert describe(Preparation(os=os_profile, python=False)) == "nothing else on debian-12"
