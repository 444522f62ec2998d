"""Case files as text, and random cases, for the tests of this folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hypothesis import strategies as st

HEAD = "schema: 1\nid: sample\ntitle: A sample\n"
TAIL = "steps:\n  - {name: try, run: 'true'}\nsymptom:\n  - {step: try, exit: 1}\n"


def write(folder: Path, text: str | bytes, name: str = "case.yml") -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


# -- random cases, as the models take them -------------------------------------------------

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
words = st.from_regex(r"[a-z][a-z0-9]{0,8}", fullmatch=True)
names = st.sampled_from(["a", "b"])
seconds = st.floats(0, 1000, allow_subnormal=False) | st.sampled_from(["500ms", "2min", 7])
paths = texts.map(lambda text: f"/{text}")
environs = st.dictionaries(st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,9}", fullmatch=True), texts)
anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**15), 10**15)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)
variables = st.dictionaries(texts, anything, max_size=3)
exits = st.just("nonzero") | st.integers(0, 255) | st.lists(st.integers(0, 255), min_size=1)
patterns = st.sampled_from(["^a+$", r"\d+ of (\d+)", "x|y", "a\nb", "#: "])
matches = st.recursive(
    texts
    | st.fixed_dictionaries({}, optional={"contains": texts, "matches": patterns}).filter(bool),
    lambda inner: st.fixed_dictionaries({"not": inner}),
    max_leaves=3,
)


def mapping(required: dict[str, Any], **optional: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(required, optional=optional)


expectations = st.just("any") | exits | mapping({}, exit=exits, stdout=matches, status=st.just(200))
common = {
    "on": names, "timeout": seconds, "expect": expectations, "env": environs, "user": texts,
    "cwd": paths, "retry": mapping({"for": seconds}, every=seconds),
}  # fmt: skip
steps = st.one_of(
    mapping({"run": texts}, stdin=texts, background=st.booleans(), **common),
    mapping({"wait": mapping({"port": st.integers(1, 65535)})}, **common),
    mapping({"wait": mapping({"log": paths, "matches": patterns})}, **common),
    mapping({"fault": st.just("delay"), "by": seconds, "on": names}),
    mapping({"fault": st.just("loss"), "rate": st.integers(0, 100).map("{}%".format), "on": names}),
    mapping({"fault": st.just("partition"), "between": st.just(["a", "b"])}),
    mapping({"http": st.just("GET http://b:1/")}, headers=environs, body=texts, **common),
    mapping(
        {
            "interact": texts,
            "dialogue": st.lists(
                mapping({"expect": matches}, send=texts, enter=st.booleans()), min_size=1
            ),
        },
        **common,
    ),
)
outcome = {"stdout": matches, "signal": st.just("SIGSEGV"), "seconds": st.just("> 5")}
conditions = st.recursive(
    st.one_of(
        mapping({"step": st.just("step-1"), "exit": exits}, **outcome),
        mapping({"on": names, "run": texts, "timed_out": st.booleans()}, **outcome),
        mapping({"on": names, "file": variables}),
        mapping({"log": paths, "on": names, "matches": patterns}),
        mapping({"node": names, "state": st.sampled_from(["running", "exited", "oom-killed"])}),
    ),
    lambda inner: st.one_of(
        mapping({"any": st.lists(inner, min_size=1, max_size=3)}),
        mapping({"all": st.lists(inner, min_size=1, max_size=3)}),
        mapping({"not": inner}),
    ),
    max_leaves=4,
)
nodes = mapping({}, env=environs, memory=st.sampled_from(["512MiB", 1000]), cpus=st.just(0.5))
cases = mapping(
    {
        "id": words,
        "title": texts.filter(bool),
        "environment": mapping(
            {"nodes": st.fixed_dictionaries({"a": nodes, "b": st.none() | nodes})},
            os=words,
            product=st.just("pkg:pypi/x") | words,
            version=texts,
            vars=variables,
            env=environs,
            **{"with": mapping({}, pip=st.lists(texts, max_size=2))},
        ),
        "steps": st.lists(steps, min_size=1, max_size=3),
        "symptom": st.lists(conditions, min_size=1, max_size=3),
    },
    severity=st.sampled_from(["low", "high"]),
    tags=st.lists(texts, max_size=2),
    known=mapping({}, introduced=texts, fixed=texts),
    files=st.lists(mapping({"path": paths, "content": texts}, on=names), max_size=2),
    healthy=st.lists(conditions, max_size=2),
    recheck=mapping({}, os=st.lists(words), versions=st.just("vers:pypi/>=1")),
)
