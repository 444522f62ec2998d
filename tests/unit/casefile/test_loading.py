from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path

import pytest

from repro.casefile import LoadedCase, Problem, load, load_many
from repro.errors import CaseError
from repro.model.case import RunStep
from repro.model.condition import ModuleCondition
from tests.unit.casefile.samples import HEAD, TAIL, write


def told(path: Path) -> list[str]:
    with pytest.raises(CaseError) as caught:
        load(path)
    found = []
    for problem in caught.value.problems:
        assert isinstance(problem, Problem)
        found.append(f"{problem.line}:{problem.column}: {problem.key}: {problem.message}")
    return found


def loaded(folder: Path, text: str | bytes) -> LoadedCase:
    return load(write(folder, text))


class TestScalars:
    def test_text_is_text_as_it_was_written(self, tmp_path: Path) -> None:
        text = HEAD + "environment: {version: 4.10, nodes: {no: {}}}\ntags: [1e3, yes, null, 010]\n"
        case = loaded(tmp_path, text + TAIL).case
        assert case.environment.version == "4.10"
        assert list(case.environment.nodes) == ["no"]
        assert case.tags == ("1e3", "yes", "null", "010")

    def test_on_is_a_key(self, tmp_path: Path) -> None:
        case = loaded(
            tmp_path,
            HEAD + "steps: [{on: node, run: x}]\nsymptom: [{on: node, file: {exists: no, n: 5}}]\n",
        ).case
        assert case.steps[0].on == "node"
        condition = case.symptom[0]
        assert isinstance(condition, ModuleCondition)
        assert condition.attributes == {"exists": "no", "n": 5}

    def test_what_takes_anything_follows_yaml_1_2(self, tmp_path: Path) -> None:
        text = (
            "environment: {vars: {a: 5, b: '5', c: true, d: yes, e: 0.5, f: ~, g: [1, {h: 2}]}}\n"
        )
        assert loaded(tmp_path, HEAD + text + TAIL).case.environment.vars == {
            "a": 5, "b": "5", "c": True, "d": "yes", "e": 0.5, "f": None, "g": [1, {"h": 2}],
        }  # fmt: skip

    def test_units(self, tmp_path: Path) -> None:
        text = HEAD + "environment: {nodes: {a: {memory: 512MiB}}}\n"
        steps = "steps: [{on: a, run: x, timeout: 2min}]\nsymptom: [{step: step-1, exit: 1}]\n"
        case = loaded(tmp_path, text + steps).case
        assert case.steps[0].timeout == 120
        node = case.environment.nodes["a"]
        assert node is not None
        assert node.memory == 512 * 2**20

    def test_an_empty_value_is_none(self, tmp_path: Path) -> None:
        text = "environment: {nodes: {a: , b: ~, c: null}}\n"
        steps = "steps: [{run: x, expect: }]\nsymptom: [{step: step-1, exit: 1}]\n"
        case = loaded(tmp_path, HEAD + text + steps).case
        assert set(case.environment.nodes.values()) == {None}
        assert case.steps[0].expect.exit is None


class TestYaml:
    def test_a_bom_and_crlf_are_fine(self, tmp_path: Path) -> None:
        text = b"\xef\xbb\xbf" + (HEAD + TAIL).replace("\n", "\r\n").encode()
        assert loaded(tmp_path, text).case.title == "A sample"

    def test_crlf_in_a_block_is_a_line_break(self, tmp_path: Path) -> None:
        text = "files:\n  - path: /case/x\n    content: |\n      a\n      b\n"
        case = loaded(tmp_path, (HEAD + text + TAIL).replace("\n", "\r\n").encode()).case
        assert case.files[0].content == "a\nb\n"

    def test_tabs_inside_of_texts_are_fine(self, tmp_path: Path) -> None:
        text = "files:\n  - path: /case/Makefile\n    content: |\n      all:\n      \ttrue\n"
        assert loaded(tmp_path, HEAD + text + TAIL).case.files[0].content == "all:\n\ttrue\n"

    def test_anchors_and_merge_keys(self, tmp_path: Path) -> None:
        text = (
            HEAD
            + "environment: {env: &env {A: '1', B: '2'}, nodes: {a: {env: {<<: *env, B: '3'}}}}\n"
            + "steps:\n  - &one {name: one, run: x, user: app}\n  - {<<: *one, name: two}\n"
            + "  - {<<: [{user: first}, *one], name: three}\n"
            + "symptom: [{step: two, exit: 1}]\n"
        )
        case = loaded(tmp_path, text).case
        node = case.environment.nodes["a"]
        assert node is not None
        assert node.env == {"A": "1", "B": "3"}
        assert [step.name for step in case.steps] == ["one", "two", "three"]
        assert [step.user for step in case.steps] == ["app", "app", "first"]
        assert all(isinstance(step, RunStep) and step.run == "x" for step in case.steps)

    def test_a_merge_key_needs_a_mapping(self, tmp_path: Path) -> None:
        path = write(tmp_path, HEAD + "environment: {<<: text}\n" + TAIL)
        assert told(path) == ["4:19: environment.<<: `<<` takes a mapping, or a list of mappings"]

    def test_a_problem_behind_an_alias_is_told_where_it_was_written(self, tmp_path: Path) -> None:
        text = "setup: [&s {run: x, usr: y}]\nsteps: [*s]\nsymptom: [{step: step-1, exit: 1}]\n"
        assert told(write(tmp_path, HEAD + text)) == [
            '4:21: setup[0].usr: unknown key; did you mean "user"?',
            '4:21: steps[0].usr: unknown key; did you mean "user"?',
        ]

    def test_depth_counts_through_aliases(self, tmp_path: Path) -> None:
        lines = ["a0: &a0 [x]", *(f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, 60))]
        found = told(write(tmp_path, "\n".join(lines)))
        assert found == ["50:12: a49[0]: is nested deeper than 50 levels"]

    def test_one_long_text_many_times(self, tmp_path: Path) -> None:
        text = "a: &a " + "x" * 100_000 + "\nb: [" + ", ".join(["*a"] * 1000) + "]\n"
        assert "its anchors expand to more than 8 MiB" in told(write(tmp_path, text))[0]

    def test_many_problems_end(self, tmp_path: Path) -> None:
        path = write(tmp_path, "a: 1\n" * 5000)
        assert len(told(path)) == 101


class TestFiles:
    def test_a_huge_file_is_refused_unread(self, tmp_path: Path) -> None:
        path = tmp_path / "huge.yml"
        with path.open("wb") as stream:
            stream.truncate(100 * 2**20)
        os.chmod(path, 0o000)  # noqa: PTH101  also for root, whom no permission stops
        assert told(path) == ["0:0: : is 100.0 MiB long; at most 1 MiB is read"]

    def test_a_file_that_is_not_there(self, tmp_path: Path) -> None:
        assert told(tmp_path / "none.yml") == ["0:0: : there is no such file"]

    def test_a_folder_and_a_pipe(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")
        assert told(tmp_path) == ["0:0: : is not a file"]
        assert told(tmp_path / "pipe") == ["0:0: : is not a file"]

    def test_text_and_digest(self, tmp_path: Path) -> None:
        text = (HEAD + TAIL).encode()
        first = loaded(tmp_path, text)
        assert first.text == text
        assert first.digest == hashlib.sha256(hashlib.sha256(text).digest()).hexdigest()
        assert loaded(tmp_path, text + b"# more\n").digest != first.digest


class TestSources:
    CASE = HEAD + "files: [{path: /case/a, source: files/a.bin}]\n" + TAIL

    def test_their_content_is_part_of_the_digest(self, tmp_path: Path) -> None:
        source = tmp_path / "files" / "a.bin"
        source.parent.mkdir()
        source.write_bytes(b"\x00\xff")
        first = loaded(tmp_path, self.CASE)
        assert first.sources == {"files/a.bin": b"\x00\xff"}
        source.write_bytes(b"other")
        assert loaded(tmp_path, self.CASE).digest != first.digest

    def test_checks_and_workarounds(self, tmp_path: Path) -> None:
        (tmp_path / "check.py").write_text("x = 1\n")
        (tmp_path / "fixed.py").write_text("y = 1\n")
        text = (
            "workarounds:\n  - {name: w, files: [{path: /case/a, source: fixed.py}]}\n"
            "healthy:\n  - any: [{not: {python: check.py}}]\n"
        )
        sources = loaded(tmp_path, HEAD + text + TAIL).sources
        assert sources == {"check.py": b"x = 1\n", "fixed.py": b"y = 1\n"}

    def test_a_link_out_of_the_folder(self, tmp_path: Path) -> None:
        (tmp_path / "secret").write_text("x")
        folder = tmp_path / "cases"
        (folder / "files").mkdir(parents=True)
        (folder / "files" / "a.bin").symlink_to(tmp_path / "secret")
        found = told(write(folder, self.CASE))
        assert found == ["4:25: files[0].source: files/a.bin is outside the case's folder"]

    def test_a_link_to_itself(self, tmp_path: Path) -> None:
        (tmp_path / "files").mkdir()
        (tmp_path / "files" / "a.bin").symlink_to("a.bin")
        assert len(told(write(tmp_path, self.CASE))) == 1

    def test_too_long(self, tmp_path: Path) -> None:
        (tmp_path / "files").mkdir()
        with (tmp_path / "files" / "a.bin").open("wb") as stream:
            stream.truncate(17 * 2**20)
        found = told(write(tmp_path, self.CASE))
        assert found == ["4:25: files[0].source: files/a.bin is 17 MiB long; at most 16 MiB"]

    def test_too_much_in_all(self, tmp_path: Path) -> None:
        names = [f"{number}.bin" for number in range(5)]
        for name in names:
            with (tmp_path / name).open("wb") as stream:
                stream.truncate(15 * 2**20)
        files = "".join(f"  - {{path: /case/a, source: {name}}}\n" for name in names)
        (found,) = told(write(tmp_path, f"{HEAD}files:\n{files}{TAIL}"))
        assert found.endswith("files[4].source: with 4.bin the sources are over 64 MiB long")


class TestMany:
    def test_folders_are_looked_through(self, tmp_path: Path) -> None:
        (tmp_path / "redis" / "files").mkdir(parents=True)
        (tmp_path / ".git").mkdir()
        write(tmp_path / "redis", HEAD.replace("sample", "b", 1) + TAIL, "b.yaml")
        write(tmp_path, HEAD.replace("sample", "a", 1) + TAIL, "a.yml")
        write(tmp_path / "redis" / "files", "no case: at all\n", "data.yml")
        write(tmp_path / ".git", "no case: at all\n", "x.yml")
        write(tmp_path, "read me\n", "README.md")
        cases = load_many([tmp_path, tmp_path / "a.yml"])
        assert [one.case.id for one in cases] == ["a", "b"]

    def test_all_problems_of_all_files(self, tmp_path: Path) -> None:
        write(tmp_path, HEAD + "tga: x\n" + TAIL, "a.yml")
        write(tmp_path, HEAD + "severity: x\n" + TAIL, "b.yml")
        with pytest.raises(CaseError) as caught:
            load_many([tmp_path, tmp_path / "none.yml"])
        assert len(caught.value.problems) == 3
        assert "3 problems in 3 files" in str(caught.value)

    def test_one_id_twice_names_both_files(self, tmp_path: Path) -> None:
        write(tmp_path, HEAD + TAIL, "a.yml")
        write(tmp_path, HEAD + TAIL, "b.yml")
        with pytest.raises(CaseError) as caught:
            load_many([tmp_path])
        (problem,) = caught.value.problems
        assert str(problem) == (
            f"{tmp_path}/b.yml:2:1: id: sample is the id of {tmp_path}/a.yml too; "
            "ids are unique in a catalogue"
        )

    def test_a_folder_without_cases(self, tmp_path: Path) -> None:
        with pytest.raises(CaseError, match="holds no case files"):
            load_many([tmp_path])


class TestMuchOfIt:
    """What is wrong many times over, or very deep, is told as quickly."""

    def test_a_problem_deep_inside(self, tmp_path: Path) -> None:
        depth = 40
        condition = "{not: " * depth + "{step: step-1, exit: 1, bogus: 1}" + "}" * depth
        text = f"steps: [{{run: x}}]\nsymptom: [{condition}]\n"
        (found,) = told(write(tmp_path, HEAD + text))
        assert ".bogus: unknown key" in found

    def test_many_names_that_are_not_there(self, tmp_path: Path) -> None:
        steps = "".join(f"  - {{name: n{number}, run: x}}\n" for number in range(5000))
        symptom = "".join(f"  - {{step: m{number}, exit: 1}}\n" for number in range(5000))
        started = time.monotonic()
        found = told(write(tmp_path, f"{HEAD}steps:\n{steps}symptom:\n{symptom}"))
        assert len(found) < 200
        assert time.monotonic() - started < 30

    @pytest.mark.parametrize("step", ["{rn: x}", "{run: x, retry: {}}", "{run: x, expect: []}"])
    def test_a_problem_many_times(self, tmp_path: Path, step: str) -> None:
        steps = "steps:\n" + f"  - {step}\n" * 20_000
        found = told(write(tmp_path, HEAD + steps + "symptom: [{step: step-1, exit: 1}]\n"))
        assert 50 < len(found) <= 102
        assert found[0].endswith("there are more problems than are told here")
