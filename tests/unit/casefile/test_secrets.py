"""Values that a case marks as secret: used in the run, and nowhere in what is kept of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from repro.casefile import LoadedCase, dumps, load, schema
from repro.casefile.hidden import without_secrets
from repro.catalog import Catalog
from repro.errors import CaseError, PlanError
from repro.model.case import InteractStep
from repro.model.plan import Plan
from repro.plan import Overrides, make_plan
from repro.record import new_header, open_run
from repro.settings import Settings
from tests.unit.casefile.samples import HEAD, TAIL, write

SECRETS = """\
environment:
  env:
    PLAIN: plain
    INLINE: {value: inline-secret, secret: true}
    HERE: {env: FROM_HERE, secret: true}
  vars:
    port: 5432
    admin: {name: root, password: {value: variable-secret, secret: yes-no}}
    login: {user: app, password: {value: 'nested secret', secret: true}}
  nodes:
    node: {env: {NODE: {value: "node-secret", secret: true}}}
files:
  - {path: /case/a, content: short-1, secret: true}
  - path: /case/b
    content: |
      first line of it
      2nd
    secret: true
  - {path: /case/c, source: files/key.bin, secret: true}
setup:
  - name: log in
    interact: login
    env: {STEP: {value: step-secret, secret: true}}
    dialogue:
      - {expect: "name:", send: app}
      - {expect: "password:", send: typed-secret, secret: true}
workarounds:
  - name: other
    env: {AROUND: {value: around-secret, secret: true}}
    files: [{path: /case/d, content: around-file, secret: true}]
"""
HIDDEN = ("inline-secret", "nested secret", "node-secret", "short-1", "first line of it", "2nd",
          "step-secret", "typed-secret", "around-secret", "around-file")  # fmt: skip
BINARY = b"\x00\xff\xfebinary key\x00\x80"
ENVIRON = {"FROM_HERE": "value of this machine"}


@pytest.fixture
def loaded(tmp_path: Path) -> LoadedCase:
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "key.bin").write_bytes(BINARY)
    return load(write(tmp_path, HEAD + SECRETS + TAIL))


def planned(loaded: LoadedCase, home: Path, **rest: Any) -> Plan:
    settings = Settings(home=home, cache=home)
    return make_plan(
        loaded.case,
        digest=loaded.digest,
        sources=loaded.sources,
        profiles=Catalog(settings, workspace=home),
        limits=settings.limits,
        **{"environ": ENVIRON, **rest},
    )


def test_the_run_gets_the_values(loaded: LoadedCase, tmp_path: Path) -> None:
    plan = planned(loaded, tmp_path)
    node, step = plan.nodes[0], plan.setup[0].step
    assert node.env["INLINE"] == "inline-secret"
    assert node.env["HERE"] == "value of this machine"
    assert node.env["NODE"] == "node-secret"
    assert node.preparation.vars["login"] == {"user": "app", "password": "nested secret"}
    assert node.preparation.vars["port"] == 5432
    assert [file.data for file in plan.files] == [b"short-1", b"first line of it\n2nd\n", BINARY]
    assert isinstance(step, InteractStep)
    assert step.env == {"STEP": "step-secret"}
    assert step.dialogue[1].send == "typed-secret"
    assert type(step.env["STEP"]) is str
    assert Plan.model_validate_json(plan.model_copy(update={"secrets": ()}).model_dump_json())


def test_the_published_schema_knows_the_marks() -> None:
    validator = jsonschema.Draft202012Validator(schema())
    validator.validate(yaml.safe_load(HEAD + SECRETS + TAIL))
    wrong = HEAD + "environment: {env: {A: {value: abc, secret: true}}}\n" + TAIL
    assert not validator.is_valid(yaml.safe_load(wrong))


def test_a_workaround_gets_its_own(loaded: LoadedCase, tmp_path: Path) -> None:
    plan = planned(loaded, tmp_path, overrides=Overrides(workaround="other"))
    assert plan.nodes[0].env["AROUND"] == "around-secret"
    assert plan.files[-1].data == b"around-file"


def test_what_is_kept_has_none_of_them(loaded: LoadedCase, tmp_path: Path) -> None:
    plan = planned(loaded, tmp_path)
    settings = Settings(home=tmp_path / "home", cache=tmp_path)
    with open_run(settings, new_header(plan), loaded.text, loaded.sources, plan) as recorder:
        recorder.node_log("node", b"value of this machine, first line of it\r\n" + BINARY)
    kept = {path: path.read_bytes() for path in recorder.folder.rglob("*") if path.is_file()}
    assert {path.name for path in kept} >= {"case.yml", "plan.json", "key.bin", "node.log"}
    for path, data in kept.items():
        for secret in (*(each.encode() for each in HIDDEN), b"value of this machine", BINARY):
            assert secret not in data, (path.name, secret)


def test_what_is_kept_is_a_case_that_asks_for_its_secrets(
    loaded: LoadedCase, tmp_path: Path
) -> None:
    text = loaded.text.decode()
    assert not any(secret in text for secret in HIDDEN)
    assert loaded.kept_sources == {"files/key.bin": b"[redacted]"}
    again = load(write(tmp_path, text, "again.yml"))
    assert again.case.id == loaded.case.id
    with pytest.raises(PlanError, match="leaves its secrets out"):
        planned(again, tmp_path)


def test_a_variable_that_is_not_set_is_named(loaded: LoadedCase, tmp_path: Path) -> None:
    for environ in ({}, {"FROM_HERE": "abc"}):
        with pytest.raises(PlanError, match="FROM_HERE"):
            planned(loaded, tmp_path, environ=environ)


def test_a_dumped_case_keeps_its_marks(loaded: LoadedCase, tmp_path: Path) -> None:
    again = load(write(tmp_path, dumps(loaded.case), "again.yml"))
    assert again.case == loaded.case
    assert planned(again, tmp_path).secrets == planned(loaded, tmp_path).secrets
    assert "inline-secret" not in repr(loaded.case)


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("environment: {env: {A: {value: abc, secret: true}}}", "environment.env.A.value", "4"),
        ("environment: {env: {A: {secret: true}}}", "environment.env.A", "either value or env"),
        ("environment: {env: {A: {value: sesame-1}}}", "environment.env.A", '"secret" is missing'),
        ("environment: {env: {A: {value: sesame-1, secret: false}}}", "environment.env.A", "alone"),
        ("environment: {env: {A: {valu: sesame-1, secret: true}}}", "environment.env.A.valu",
         '"value"'),
        ("environment: {env: {A: [sesame-1]}}", "environment.env.A", "should be text"),
        ("environment: {vars: {A: {value: abc, secret: true}}}", "environment.vars.A", "4"),
        ("environment: {vars: {A: {secret: true}}}", "environment.vars.A", "either value or env"),
        ("files: [{path: /a, content: abc, secret: true}]", "files[0]", "4"),
        ("setup: [{interact: x, dialogue: [{expect: y, secret: true}]}]", "setup[0].dialogue[0]",
         "4"),
    ],
)  # fmt: skip
def test_a_wrong_mark_is_told_where_it_is(
    text: str, place: str, message: str, tmp_path: Path
) -> None:
    with pytest.raises(CaseError) as told:
        load(write(tmp_path, f"{HEAD}{text}\n{TAIL}"))
    problems = [str(problem) for problem in told.value.problems]
    assert any(f": {place}: " in each and message in each for each in problems), problems
    assert "sesame-1" not in str(told.value)


def test_a_case_without_marks_is_kept_as_it_was(tmp_path: Path) -> None:
    text = HEAD + "environment: {vars: {secret: {value: x, other: 1}}, env: {A: b}}\r\n" + TAIL
    loaded = load(write(tmp_path, text))
    assert loaded.text == text.encode()
    assert loaded.case.environment.vars == {"secret": {"value": "x", "other": 1}}


@pytest.mark.parametrize(
    "text",
    [
        "a: &x {value: hide-me, secret: true}\nb: *x\n",
        "a: &x {secret: true}\nb: {<<: *x, value: hide-me}\n",
        "a: {value: &v hide-me, secret: True}\nb: *v\n",
        "a:\n  value: >-\n    hide-me\n    hide-me\n  secret: true\nb: 1\n",
        "a:\n- secret: true\n  content: |\n    hide-me\n",
        'ä: {value: "hide-\\u006de", secret: true}\n',
    ],
)
def test_marks_are_found_however_they_are_written(text: str) -> None:
    left = without_secrets(text.encode())
    assert b"hide-" not in left
    before, after = yaml.safe_load(text), yaml.safe_load(left)
    assert before.keys() == after.keys()
    assert "[redacted]" in str(after)


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=4, max_size=40))
def test_any_value_is_left_out(value: str) -> None:
    text = yaml.safe_dump(
        {"x": [{"value": f"<{value}>", "secret": True}, {"value": "stays"}]}, allow_unicode=True
    )
    left = yaml.safe_load(without_secrets(text.encode()))
    assert left == {"x": [{"value": "[redacted]", "secret": True}, {"value": "stays"}]}
