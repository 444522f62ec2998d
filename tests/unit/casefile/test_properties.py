"""What holds for any case and for any bytes at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from repro.casefile import dumps, load, load_many, schema
from repro.casefile.document import parse
from repro.errors import CaseError
from repro.model.base import resolve
from repro.model.case import Case
from tests.unit.casefile.samples import HEAD, TAIL, cases, write

FEW = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
VALIDATOR = jsonschema.Draft202012Validator(schema())


def problems(path: Path) -> tuple[object, ...]:
    """Of a file that may have some; anything but CaseError escapes."""
    try:
        load(path)
    except CaseError as error:
        told = error.problems
    else:
        return ()
    assert told
    assert all(str(problem) for problem in told)
    return told


@FEW
@given(cases)
def test_a_dumped_case_loads_equal(tmp_path: Path, content: dict[str, Any]) -> None:
    case = Case.model_validate(content)
    path = write(tmp_path, dumps(case))
    assert load(path).case == case


@FEW
@given(cases)
def test_the_schema_takes_every_case(content: dict[str, Any]) -> None:
    written = dumps(Case.model_validate(content)).encode()
    document = parse(written, Path("case.yml"))
    VALIDATOR.validate(resolve(document.root))


@FEW
@given(st.binary(max_size=300))
def test_random_bytes(tmp_path: Path, data: bytes) -> None:
    assert problems(write(tmp_path, data))


@FEW
@given(st.text("abc:-[]{}&*!|>'\"#%@`,?~<=\t\n \\\u00e9\u2028\ufeff", max_size=60))
def test_random_signs(tmp_path: Path, text: str) -> None:
    path = tmp_path / "case.yml"
    path.write_bytes((HEAD + text + "\n" + TAIL).encode())
    problems(path)


yaml_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from([*Case.model_fields, "on", "run", "step", "with", "not", "any", "env"])
            | st.text(max_size=5),
            inner,
            max_size=6,
        )
    ),
    max_leaves=25,
)


@FEW
@given(yaml_values)
def test_random_yaml(tmp_path: Path, value: Any) -> None:
    assert problems(write(tmp_path, yaml.safe_dump(value, allow_unicode=True)))


@FEW
@given(cases, st.data())
def test_one_thing_wrong_is_located(
    tmp_path: Path, content: dict[str, Any], data: st.DataObject
) -> None:
    """A step or condition replaced by nonsense is told at its own place."""
    key = data.draw(st.sampled_from(["steps", "symptom"]))
    index = data.draw(st.integers(0, len(content[key]) - 1))
    changed = {**content, key: [*content[key]]}
    changed[key][index] = {"nonsense-key": 1}
    told = problems(write(tmp_path, yaml.safe_dump(changed, allow_unicode=True)))
    assert any(str(getattr(one, "key", "")).startswith(f"{key}[{index}]") for one in told)


@pytest.mark.parametrize("path", sorted(Path("cases").glob("*.yml")), ids=lambda path: path.stem)
def test_our_own_cases_fit_the_schema(path: Path) -> None:
    document = parse(path.read_bytes(), path)
    VALIDATOR.validate(resolve(document.root))


def test_our_own_cases_load() -> None:
    assert len(load_many(["cases"])) == len(list(Path("cases").glob("*.yml")))
