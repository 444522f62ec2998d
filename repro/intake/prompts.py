"""What stands after the prompts of shells, of Python, and of databases' own shells."""

from __future__ import annotations

import re

_SHELL = re.compile(
    r"(?:\([\w.-]{1,40}\) ?)?"
    r"(?:(?:\[[^\]\n]{1,80}\]|[\w.-]{1,40}@[\w.-]{1,60}:[^\s$#]{0,80}) ?[$#%]|\$) +(\S.*)"
)
#: The prompts of psql, and those of the lines that a statement goes on in.
_PSQL = re.compile(r"\w{1,40}=[#>] +(?=[A-Za-z\\])(.*)"), re.compile(r"\w{1,40}[-('\"][#>] ?(.*)")
_MYSQL = (
    re.compile(r"(?:mysql|MariaDB \[[^\]]{1,40}\])> +(?=[A-Za-z\\])(.*)"),
    re.compile(r" {1,12}[-'\"`]> ?(.*)"),
)
#: What runs a file of each database's statements.
_RUN_BY = {"psql -f": _PSQL, "mysql <": _MYSQL}


def prompted(line: str) -> str | None:
    """The command after a shell's prompt; None where there is no prompt."""
    found = _SHELL.fullmatch(line.strip())
    return found[1] if found else None


def begins_session(line: str) -> bool:
    """Whether a program's own prompt begins the line: Python's, or a database's."""
    return line.startswith(">>> ") or any(
        first.fullmatch(line.strip()) for first, _ in _RUN_BY.values()
    )


def typed_at_python(lines: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """What was typed, and what was printed; without a prompt all of it is a program."""
    if not any(line.startswith(">>> ") for line in lines):
        return list(lines), []
    typed = [line[4:] for line in lines if line.startswith((">>> ", "... "))]
    return typed, [line for line in lines if not line.startswith((">>>", "..."))]


def typed_at_database(lines: tuple[str, ...]) -> tuple[str, list[str], list[str]]:
    """What runs the statements, the statements, and what was printed; empty: there are none."""
    for runner, (first, further) in _RUN_BY.items():
        typed, printed, going_on = list[str](), list[str](), False
        for line in lines:
            pattern = further if going_on and further.fullmatch(line) else first
            if found := pattern.fullmatch(line.strip() if pattern is first else line):
                typed.append(found[1])
                going_on = not found[1].rstrip().endswith(";")
            else:
                printed.append(line)
                going_on = False
        if typed:
            return runner, typed, printed
    return "", [], []
