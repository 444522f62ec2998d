"""By which line of output a ticket's issue is known."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from repro.intake.reading import Passage
from repro.intake.steps import Done

#: Characters of a line that a pattern is made of.
_LONGEST = 160
_RAISED = (
    r"^(?:Caused by: |Exception in thread \S+ |Uncaught |Unhandled )?"
    r"[\w.$]*(?:Error|Exception|Fault|Warning)(?: \[\w+\])?: \S"
)
#: What a line with an error looks like, and how much that tells.
_SIGNS = tuple(
    (score, re.compile(sign))
    for score, sign in (
        (9, _RAISED),
        (8, r"\bpanic:|\bFATAL\b|[Ss]egmentation fault|core dumped|[Aa]ssertion .{0,80}failed"),
        (7, r"(?:^|[\s\[:])(?:error|ERROR|Error|npm ERR!|emerg|fatal|CRITICAL)(?:[\]:!]|\s*:)"),
        (4, r"\b(?:[Ff]ailed|[Cc]annot|[Cc]ould not|[Uu]nable to|refused|denied|timed out)\b"),
        (4, r"\b[Ii]nvalid\b|エラー|失敗|できません|不正"),
    )
)
_SAYS_LITTLE = re.compile(
    r"the above exception|during handling|exit (?:code|status)|command failed|most recent call|"
    r"for more information|stack ?trace|^\s*at |^\s*File \"",
    re.IGNORECASE,
)
_IN_PROSE = re.compile(r"`([^`]{8,160})`|[\"“「]([^\"”」]{8,160})[\"”」]")
_EXIT = re.compile(
    r"exit(?:s|ed)?(?: with)?(?: code| status)?[: ]+(?:of )?([1-9]\d{0,2})\b"
    r"|終了コード\D{0,5}([1-9]\d{0,2})",
    re.IGNORECASE,
)
_HANGS = re.compile(
    r"\b(?:hangs?|hung|freezes?|never (?:returns?|ends?|finishes)|deadlocks?|stuck|blocks? forever)"
    r"\b|ハング|応答しな|固まる|終わりません",
    re.IGNORECASE,
)
#: What a logger writes before its words.
_PREFIX = re.compile(
    r"\A(?:\[?\d{4}[-/]\d\d[-/]\d\d[T ][\d:.,+Z-]{5,20}(?: (?:UTC|GMT|[A-Z]{2,3}T)\b)?\]?"
    r"|[A-Z][a-z]{2} [ \d]\d [\d:]{8} \S+ \S+:|\[[\d.]{1,20}\])\s*"
)
#: What differs from one run to the next; the rest of a line is taken by the letter.
_VOLATILE = re.compile(
    r"(?P<mark>\[redacted\])|(?P<hex>0x[0-9a-fA-F]+)"
    r"|(?P<uuid>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
    r"|(?P<time>\d{4}-\d\d-\d\d(?:[T ][\d:.,+Z-]+)?|\d\d:\d\d:\d\d[.,\d]*)"
    r"|(?P<path>(?:/[\w.@+-]+){2,})|(?P<port>(?<=[\d\]]:)\d{4,5}\b)|(?P<pid>\b\d+#\d+\b)|(?P<long>\d{5,})"
)
_BY_KIND = {
    "mark": ".*", "hex": "0x[0-9a-f]+", "uuid": "[0-9a-f-]{36}", "time": "[0-9T:., +Z-]+",
    "path": r"\S+", "port": "[0-9]+", "pid": "[0-9#]+", "long": "[0-9]+",
}  # fmt: skip


@dataclass(frozen=True)
class Symptom:
    """What shows the issue.  ``step`` is the index of the step that showed it."""

    pattern: str = ""
    exit: int | None = None
    hangs: bool = False
    step: int = -1
    quote: str = ""
    where: str = ""


def find_symptom(passages: tuple[Passage, ...], done: Done) -> Symptom | None:
    """The line of output that says most; else that something hangs; else nothing."""
    lines = list(_lines(passages, done))
    if lines:
        most, _, _, first = max(lines, key=lambda each: each[0])
        # What is raised in the end stands last.
        _, step, line, where = [each for each in lines if each[0] == most and each[3] == first][-1]
        shown = _PREFIX.sub("", line.strip())[:_LONGEST].strip()
        shown_by = step if step >= 0 else len(done.actions) - 1
        exits = done.exits.get(shown_by) or _exit(passages)
        return Symptom(pattern_of(shown), exits, step=step, quote=line, where=where)
    for passage in passages:
        for line in passage.lines:
            if passage.kind in ("title", "prose") and _HANGS.search(line):
                return Symptom(hangs=True, quote=line, where=passage.where)
    return None


def pattern_of(line: str) -> str:
    """A regular expression for a line, whatever in it differs from run to run."""
    made, end = "", 0
    for found in _VOLATILE.finditer(line):
        made += _literal(line[end : found.start()]) + _BY_KIND[found.lastgroup or ""]
        end = found.end()
    return made + _literal(line[end:])


def _literal(text: str) -> str:
    return re.sub(r"[.^$*+?{}\[\]\\|()]", r"\\\g<0>", text)


def _lines(passages: tuple[Passage, ...], done: Done) -> Iterator[tuple[int, int, str, str]]:
    """Lines that tell an error, with how much they tell and the step that printed them."""
    for step, line, where in done.outputs:
        if score := _score(line):
            yield score + 4 + (step >= 0), step, line, where
    for passage in passages:
        for line in passage.lines if passage.kind in ("title", "prose") else ():
            for found in _IN_PROSE.finditer(line):
                words = found[1] or found[2]
                if score := _score(words):
                    yield score, -1, words, passage.where
            if passage.kind == "prose" and (score := _score(line, begins=True)) >= 7:
                yield score, -1, line, passage.where


def _score(line: str, *, begins: bool = False) -> int:
    """How much a line tells; with ``begins`` only what stands at its beginning counts."""
    text = _PREFIX.sub("", line.strip()[:1_000])
    if len(text) < 8 or _SAYS_LITTLE.search(text):
        return 0
    signs = ((score, sign.match if begins else sign.search) for score, sign in _SIGNS)
    return next((score for score, looked in signs if looked(text)), 0)


def _exit(passages: tuple[Passage, ...]) -> int | None:
    for passage in passages:
        for line in passage.lines:
            if (found := _EXIT.search(line)) and int(found[1] or found[2]) <= 255:
                return int(found[1] or found[2])
    return None
