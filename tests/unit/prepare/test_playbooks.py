"""Real Ansible, on this machine instead of a node."""

import json
import sys
import threading

import pytest

from repro.errors import PrepareError
from repro.prepare.playbooks import play

HERE = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}


@pytest.fixture
def written(tmp_path):
    def write(tasks, name="own"):
        path = tmp_path / f"{name}.yml"
        path.write_text(f"- hosts: all\n  gather_facts: false\n  tasks:\n{tasks}")
        return path

    return write


def test_tells_each_task_and_what_it_changed(written):
    first = written(
        "  - {name: one, ansible.builtin.command: 'true'}\n"
        "  - {name: left out, ansible.builtin.command: 'true', when: false}\n"
    )
    second = written("  - {name: two, ansible.builtin.ping: {}}\n", "second")
    said: list[str] = []
    played = play("here", HERE, [first, second], {}, on_task=said.append)
    assert not played.failed
    assert [(each.task, each.changed, each.failed) for each in played.results] == [
        ("one", True, False),
        ("two", False, False),
    ]
    assert all(each.seconds > 0 for each in played.results)
    assert said == ["one", "left out", "two"]


def test_a_failed_task_says_what_its_command_printed(written):
    tasks = "  - {name: one, ansible.builtin.shell: 'echo E: no; echo why >&2; exit 3'}\n"
    played = play("here", HERE, [written(tasks)], {})
    (result,) = played.results
    assert played.failed
    assert result.failed
    assert result.message == "E: no\nwhy"


def test_what_is_wrong_with_a_playbook_is_told(tmp_path):
    wrong = tmp_path / "wrong.yml"
    wrong.write_text("- hosts: all\n  tasks: [{no.such.module: {}}]\n")
    played = play("here", HERE, [wrong], {})
    assert played.failed
    assert "no.such.module" in played.trouble


def test_variables_arrive_as_they_are_and_are_never_templates(written, tmp_path):
    touched = tmp_path / "touched"
    out = tmp_path / "out"
    variables = {
        "texts": ["4.10", "off", "{{ lookup('pipe', 'touch " + str(touched) + "') }}", "a: b\n# c"],
        "nested": {"number": 50, "none": None, "true": True},
        "to": str(out),
    }
    tasks = (
        "  - ansible.builtin.copy:\n"
        "      content: \"{{ {'texts': texts, 'nested': nested} | to_json }}\"\n"
        '      dest: "{{ to }}"\n'
        '      mode: "0600"\n'
    )
    played = play("here", HERE, [written(tasks)], variables)
    assert not played.failed, played
    assert json.loads(out.read_text()) == {
        "texts": variables["texts"],
        "nested": variables["nested"],
    }
    assert not touched.exists()


def test_the_users_own_configuration_is_left_alone(written, tmp_path, monkeypatch):
    config = tmp_path / "ansible.cfg"
    config.write_text("[defaults]\nremote_user = x\nno_such = [\nforks = many\n")
    monkeypatch.setenv("ANSIBLE_CONFIG", str(config))
    assert not play("here", HERE, [written("  - ansible.builtin.ping: {}\n")], {}).failed


def test_a_cancelled_play_ends_soon(written):
    cancel = threading.Event()
    tasks = "  - {name: long, ansible.builtin.command: sleep 20}\n"
    played = play("here", HERE, [written(tasks)], {}, on_task=lambda _: cancel.set(), cancel=cancel)
    assert played.failed
    assert played.results == ()


def test_without_ansible_the_next_action_is_told(written, monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PrepareError, match="ansible-playbook"):
        play("here", HERE, [written("  - ansible.builtin.ping: {}\n")], {})
