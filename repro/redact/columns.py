"""Tables with a column of secrets, as databases print them and as CSV has them."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator

from repro.redact.hit import Hit, lowered, narrowed, positions
from repro.redact.names import is_mixed, looks_secret, says_secret

#: What the name of such a column has in it.
_NEEDLES = ("pass", "pwd", "secret", "token", "_key")
_SEPARATORS = "\t|\u2502;,"
#: Around the text of a cell.
_FRAME = " \t\r\"'"
_NAME = re.compile(r"[\w .-]{0,40}")
#: Characters of a line that may be a head, at most.
_LONGEST = 1_000
#: A line that is drawn between others.
_RULE = re.compile(r"[-+|=: \t\r\u2500-\u257f]*")


def columns(text: str) -> Iterator[Hit]:
    """Values in columns whose head says that they are secret, and that look like it."""
    low = narrowed(lowered(text))
    done = 0
    needles = [needle for needle in _NEEDLES if needle in low]
    for at in sorted({at for needle in needles for at in positions(low, needle)}):
        if at < done:
            continue
        start = text.rfind("\n", max(0, at - _LONGEST), at) + 1
        done = _end_of_line(text, at)
        if done - start > _LONGEST:
            continue
        for separator in _SEPARATORS:
            cells = text[start:done].split(separator)
            if secret := _secret_columns(cells):
                done = yield from _below(text, done + 1, separator, len(cells), secret)
                break


def _secret_columns(cells: list[str]) -> dict[int, bool]:
    """Which of them are the heads of secrets, and whether of any value; none where the line is no
    head of a table.
    """
    names = [cell.strip(_FRAME) for cell in cells]
    if len(list(filter(None, names))) < 2 or not all(map(_NAME.fullmatch, names)):
        return {}
    said = {number: says_secret(name) for number, name in enumerate(names)}
    return {number: loud for number, loud in said.items() if loud is not None}


def _below(
    text: str, start: int, separator: str, count: int, secret: dict[int, bool]
) -> Generator[Hit, None, int]:
    """The values of a table that begins there; returns where it ends."""
    while start < len(text):
        end = _end_of_line(text, start)
        line = text[start:end]
        if separator not in line and not _RULE.fullmatch(line):
            break
        cells = line.split(separator, count)
        if len(cells) == count:
            yield from _in_line(start, cells, secret)
        start = end + 1
    return start


def _in_line(start: int, cells: list[str], secret: dict[int, bool]) -> Iterator[Hit]:
    for number, cell in enumerate(cells):
        value = cell.strip(_FRAME)
        loud = secret.get(number)
        if loud is not None and is_mixed(value) and looks_secret(value, loud=loud):
            at = start + cell.index(value)
            yield Hit(at, at + len(value), "password")
        start += len(cell) + 1


def _end_of_line(text: str, at: int) -> int:
    end = text.find("\n", at)
    return end if end >= 0 else len(text)
