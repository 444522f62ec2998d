from __future__ import annotations

import pytest

from repro.intake.prompts import begins_session, prompted, typed_at_database, typed_at_python


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("$ make", "make"),
        ("[root@host ~]# nginx -t", "nginx -t"),
        ("ann@host:~/src$ ls -l", "ls -l"),
        ("(venv) $ python app.py", "python app.py"),
        ("# a comment", None),
        ("costs 5 $ a piece", None),
        ("> quoted", None),
    ],
)
def test_prompts(line: str, command: str | None) -> None:
    assert prompted(line) == command


@pytest.mark.parametrize(
    "line", [">>> import os", "shop=# CREATE TABLE t (a int);", "shop=> \\d", "mysql> SELECT 1;",
             "MariaDB [shop]> SELECT 1;"],
)  # fmt: skip
def test_a_program_s_own_prompt(line: str) -> None:
    assert begins_session(line)


@pytest.mark.parametrize("line", ["a => b", "x=> 1", "# a comment", "> quoted", "a == b"])
def test_what_is_none(line: str) -> None:
    assert not begins_session(line)


def test_python() -> None:
    lines = (">>> for i in 1, 2:", "...     print(i)", "...", "1", "2")
    assert typed_at_python(lines) == (["for i in 1, 2:", "    print(i)"], ["1", "2"])
    assert typed_at_python(("print(1)",)) == (["print(1)"], [])


def test_psql() -> None:
    lines = ("shop=# SELECT 1", "shop-# FROM t;", "ERROR:  no such t", "shop=# \\q")
    assert typed_at_database(lines) == (
        "psql -f", ["SELECT 1", "FROM t;", "\\q"], ["ERROR:  no such t"]
    )  # fmt: skip


def test_mysql() -> None:
    lines = ("MariaDB [shop]> SELECT 1", "    -> FROM t;", "ERROR 1146 (42S02): no such t")
    assert typed_at_database(lines) == (
        "mysql <", ["SELECT 1", "FROM t;"], ["ERROR 1146 (42S02): no such t"]
    )  # fmt: skip


def test_no_database() -> None:
    assert typed_at_database(("$ make", "ok")) == ("", [], [])
