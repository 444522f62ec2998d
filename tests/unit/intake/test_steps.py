from __future__ import annotations

import pytest

from repro.intake.steps import MOST, Done, find_steps
from tests.unit.intake.shelf import passages


def done(text: str) -> Done:
    return find_steps(passages(text))


def runs(text: str) -> list[str]:
    return [each.run for each in done(text).actions]


def test_commands_after_prompts_and_what_they_printed() -> None:
    made = done("```\n$ make test\nok\n$ make install\nmake: *** No rule\n$ echo $?\n2\n```")
    assert [each.run for each in made.actions] == ["make test", "make install"]
    assert [(step, line) for step, line, _ in made.outputs] == [(0, "ok"), (1, "make: *** No rule")]
    assert made.exits == {1: 2}


@pytest.mark.parametrize("language", ["sh", "bash", ""])
def test_commands_without_prompts(language: str) -> None:
    assert runs(f"```{language}\nmake test\npython app.py\n```") == ["make test", "python app.py"]


def test_a_command_over_several_lines() -> None:
    assert runs("```\n$ curl -s \\\n> -H a \\\n> b\n```") == ["curl -s \\\n-H a \\\nb"]


def test_commands_that_share_a_state_are_one_step() -> None:
    assert runs("```sh\ncd /srv\nexport A=b\n./run\n```") == ["cd /srv\nexport A=b\n./run"]


@pytest.mark.parametrize(
    "command",
    ["pip install x==1", "sudo apt-get install -y nginx", "npm i ws@8", "python --version",
     "cat /etc/os-release", "uname -a", "git clone https://example.com/x", ". venv/bin/activate"],
)  # fmt: skip
def test_what_prepares_an_environment_is_no_step(command: str) -> None:
    assert runs(f"```\n$ {command}\n$ make\n```") == ["make"]


def test_root_needs_no_sudo() -> None:
    assert runs("```\n$ sudo nginx -t\n```") == ["nginx -t"]


def test_a_program_is_a_file_and_a_step() -> None:
    made = done("```python\nimport os\nprint(os.name)\n```")
    assert [(each.name, each.content) for each in made.programs] == [
        ("example.py", "import os\nprint(os.name)\n")
    ]
    assert [each.run for each in made.actions] == ["python example.py"]


def test_a_program_has_the_name_that_the_text_gives_it() -> None:
    made = done("Save as `app.py`:\n```python\nprint(1)\n```\n```\n$ python -X dev app.py\n```")
    assert [each.name for each in made.programs] == ["app.py"]
    assert [each.run for each in made.actions] == ["python -X dev app.py"]


def test_two_programs_have_two_names() -> None:
    made = done("```python\nprint(1)\n```\nand\n```python\nprint(2)\n```")
    assert [each.name for each in made.programs] == ["example.py", "example2.py"]


def test_a_session_of_python() -> None:
    made = done(">>> import redis\n>>> for i in 1, 2:\n...     print(i)\n1\n2")
    assert made.programs[0].content == "import redis\nfor i in 1, 2:\n    print(i)\n"
    assert [line for _, line, _ in made.outputs] == ["1", "2"]


def test_a_session_of_psql() -> None:
    made = done("shop=# CREATE TABLE t (a int);\nCREATE TABLE\nshop=# SELECT 1;\nERROR:  no")
    assert made.programs[0].content == "CREATE TABLE t (a int);\nSELECT 1;\n"
    assert made.programs[0].name == "example.sql"
    assert [(each.run, bool(each.doubt)) for each in made.actions] == [
        ("psql -f example.sql", True)
    ]


def test_what_a_comment_says_is_doubted() -> None:
    made = find_steps(passages("```\n$ make\n```", comments=("```\n$ make clean\n```",)))
    assert [bool(each.doubt) for each in made.actions] == [False, True]


def test_a_configuration_file() -> None:
    made = done("Our gunicorn.conf:\n```\nbind = '127.0.0.1:80'\n```")
    assert [each.name for each in made.programs] == ["gunicorn.conf"]
    assert made.actions == ()


def test_a_block_of_another_language_is_output() -> None:
    made = done("```text\nit failed\n```")
    assert (made.actions, [line for _, line, _ in made.outputs]) == ((), ["it failed"])


def test_names_are_told_apart_and_bounded() -> None:
    made = done("```\n" + "$ make -j2\n" * 50 + "```")
    assert [each.name for each in made.actions] == [
        "make", *(f"make-{number}" for number in range(2, MOST + 1))
    ]  # fmt: skip


def test_commands_in_sentences_where_there_are_no_blocks() -> None:
    assert runs("1. Install it\n2. Run `make test`\n3. See `Error: no`") == ["make test"]
    assert runs("Run `make test`\n```\n$ make all\n```") == ["make all"]


def test_what_another_command_printed_belongs_to_no_step() -> None:
    made = done("```\n$ make\nok\n$ pip freeze\nx==1\n```")
    assert [(step, line) for step, line, _ in made.outputs] == [(0, "ok"), (-1, "x==1")]


@pytest.mark.parametrize("run", ["curl https://example.com/x", "systemctl restart nginx"])
def test_what_cannot_be_done_on_a_node_is_doubted(run: str) -> None:
    assert done(f"```\n$ {run}\n```").actions[0].doubt
