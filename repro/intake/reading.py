"""A ticket in passages: fields, prose and code, each knowing where it stands.

A ticket is hostile until shown otherwise: its size is bounded, control characters and invisible
ones are taken out, and whatever it says stays text.
"""

from __future__ import annotations

import re
import textwrap
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from repro.intake.hypertext import readable
from repro.intake.prompts import begins_session, prompted
from repro.model.ticket import Ticket

#: Characters of a text that are looked at, lines of it, characters of a line, comments.
MAX_TEXT, MAX_LINES, MAX_LINE, MAX_COMMENTS = 200_000, 4_000, 1_000, 50
#: Characters of a quotation.
_QUOTED = 90

# Control sequences of a terminal (ECMA-48, 5.4).
_ANSI = re.compile(r"\x1b(?:\[[0-?]{0,40}[ -/]{0,8}[@-~]|\][^\x07\x1b]{0,400}(?:\x07|\x1b\\)?)")
_FENCE = re.compile(r"\s{0,3}(`{3,}|~{3,})\s*([\w+-]*)")
_OPEN = re.compile(
    r"\{(?:code|noformat)(?::([\w+-]+))?[^{}]{0,80}\}|<pre>(?:<code(?: class=\"([\w-]+)\")?>)?"
)
_CLOSE = re.compile(r"\{(?:code|noformat)\}|(?:</code>)?</pre>")
#: What GitHub writes for a field of a form that was left empty.
_NO_RESPONSE = "_No response_"
_MARKED_HEADING = re.compile(
    r"(?:#{1,6}|h[1-6]\.|■) ?(\S.*)|\*\*([^*]{1,60})\*\*:?|【([^】]{1,40})】"
)
#: A line that ends with a colon (that of Japanese, too) and is no more than a name.
_NAME_ONLY = re.compile(r"([^\s:\uff1a|`$>-][^:\uff1a|`]{0,40})[:\uff1a]")
_LABEL = re.compile(r"([^:\uff1a|*`]{1,41})(?:\*\*)? ?[:\uff1a|]")


@dataclass(frozen=True)
class Passage:
    """A piece of the ticket: ``code`` is what stood in a block, or after a prompt.

    ``heading`` is what it stands under, in small letters; ``before`` the line of prose before it.
    """

    where: str
    kind: Literal["title", "field", "prose", "code"]
    lines: tuple[str, ...]
    heading: str = ""
    language: str = ""
    before: str = ""


@dataclass(frozen=True)
class Found:
    """What was found out, with the words that it was taken from, and what is doubtful about it."""

    value: str
    quote: str
    where: str
    doubt: str = ""

    @property
    def source(self) -> str:
        """Where it comes from, on one line."""
        return f"{self.where}: {quoted(self.quote)}"


def quoted(text: str) -> str:
    """A line of a ticket in quotation marks, shortened."""
    line = " ".join(text.split())
    return f"“{line if len(line) <= _QUOTED else line[: _QUOTED - 1] + '…'}”"


def clean(text: str) -> str:
    """The text without what cannot be seen; line feeds stay, tabs and odd spaces are spaces."""
    text = _ANSI.sub("", text[:MAX_TEXT].replace("\r\n", "\n").replace("\r", "\n"))
    text = "".join(" " if unicodedata.category(each) == "Zs" else each for each in text)
    text = text.expandtabs(4)
    return "".join(each for each in text if each == "\n" or each.isprintable())


def read(ticket: Ticket) -> tuple[Passage, ...]:
    """The ticket in passages, in the order in which people read it."""
    title = Passage("title", "title", (one_line(ticket.title),))
    fields = [
        Passage(f"field {one_line(name)}", "field", (one_line(value),), heading=label(name))
        for name, value in ticket.fields.items()
        if value.strip()
    ]
    texts = {"description": ticket.text}
    for number, comment in enumerate(ticket.comments[:MAX_COMMENTS], 1):
        texts[f"comment {number}"] = comment
    pieces: list[Passage] = []
    left = MAX_TEXT
    for where, text in texts.items():
        pieces += _split(where, clean(readable(text[:left])))
        left -= min(left, len(text))
    return (title, *fields, *pieces)


def one_line(text: str) -> str:
    """The text on one line, clean and bounded."""
    return " ".join(clean(text[: 2 * MAX_LINE]).split())[:MAX_LINE]


def label(text: str) -> str:
    """A heading or a field's name, to compare."""
    return one_line(text).strip(" *_:\uff1a").lower()


def labelled(passages: tuple[Passage, ...]) -> Iterator[tuple[str, Found]]:
    """Values that the ticket gives names to: fields, ``Name: value``, a line below a heading."""
    for passage in passages:
        if passage.kind == "field":
            yield passage.heading, Found(passage.lines[0], passage.lines[0], passage.where)
        elif passage.kind == "prose":
            written = [line for line in passage.lines if line.strip()]
            if passage.heading and written and len(written[0]) <= 80:
                yield passage.heading, Found(written[0].strip(), written[0], passage.where)
            for line in written:
                text = line.strip(" -*+•・|")
                if (named := _LABEL.match(text)) and (value := text[named.end() :].strip(" *`|")):
                    yield label(named[1]), Found(value, line, passage.where)


def _heading(line: str) -> str:
    """What the line is a heading of; empty: it is none."""
    text = line.strip()
    found = _MARKED_HEADING.fullmatch(text) or _NAME_ONLY.fullmatch(text)
    return label(next(filter(None, found.groups())).rstrip("# ")) if found else ""


# -- splitting -----------------------------------------------------------------------------


class _Splitter:
    """Goes through the lines of one text, and gathers passages."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.done: list[Passage] = []
        self.heading = ""
        self.language = ""
        self.before = ""
        self.lines: list[str] = []
        self.code = False

    def close(self, *, code: bool, language: str = "") -> None:
        """End the passage, and begin another one."""
        text = "\n".join(line[:MAX_LINE].rstrip() for line in self.lines).strip("\n")
        lines = tuple((textwrap.dedent(text) if self.code else text).split("\n"))
        if any(line.strip() for line in lines):
            self.done.append(
                Passage(
                    self.where,
                    "code" if self.code else "prose",
                    lines,
                    self.heading,
                    self.language,
                    self.before if self.code else "",
                )
            )
            if not self.code:
                self.before = next(line for line in reversed(lines) if line.strip())
        self.lines, self.code, self.language = [], code, language


def _split(where: str, text: str) -> list[Passage]:
    made = _Splitter(where)
    fence, hidden = "", False
    for line in text.split("\n")[:MAX_LINES]:
        if fence:
            fence = _within(made, fence, line)
            continue
        if hidden or not (made.code or _indented(line)):
            line, hidden = _uncommented(line, hidden=hidden)  # noqa: PLW2901
        if line.strip() != _NO_RESPONSE:
            fence = _between(made, line)
    made.close(code=False)
    return made.done


def _uncommented(line: str, *, hidden: bool) -> tuple[str, bool]:
    """A line without its comments (of HTML, as templates explain themselves by); whether one is
    still open after it.
    """
    shown = []
    while line:
        if hidden:
            _, ended, line = line.partition("-->")
            hidden = not ended
        else:
            words, begun, line = line.partition("<!--")
            shown.append(words)
            hidden = bool(begun)
    return "".join(shown), hidden


def _between(made: _Splitter, line: str) -> str:
    """Take a line that is in no block; the fence that it opens."""
    if (opened := _FENCE.match(line)) is not None:
        made.close(code=True, language=opened[2].lower())
        return opened[1]
    if (opened := _OPEN.search(line)) is not None:
        made.lines.append(line[: opened.start()])
        made.close(code=True, language=(opened[1] or opened[2] or "").lower())
        return _within(made, "}", line[opened.end() :])
    _outside(made, line)
    return ""


def _within(made: _Splitter, fence: str, line: str) -> str:
    """Take a line of a block; the fence that is still open after it."""
    if fence == "}":
        if (closed := _CLOSE.search(line)) is None:
            made.lines.append(line)
            return fence
        made.lines.append(line[: closed.start()])
    elif not line.strip().startswith(fence) or line.strip().strip(fence[0]):
        made.lines.append(line)
        return fence
    made.close(code=False)
    return ""


def _outside(made: _Splitter, line: str) -> None:
    """Prose; or, without a fence, what is indented or follows a prompt."""
    if made.code and _goes_on(made.lines[0], line):
        made.lines.append(line)
        return
    if made.code:
        made.close(code=False)
    if heading := _heading(line):
        made.close(code=False)
        made.heading, made.before = heading, line
        return
    after_blank = not "".join(made.lines[-1:]).strip()
    if begins_session(line) or prompted(line) or (after_blank and _indented(line)):
        made.close(code=True)
    made.lines.append(line)


def _goes_on(first: str, line: str) -> bool:
    """Whether a block without a fence goes on: while it is indented, or up to an empty line."""
    return not line.strip() or _indented(line) if _indented(first) else bool(line.strip())


def _indented(line: str) -> bool:
    return line.startswith("    ") and bool(line.strip())
