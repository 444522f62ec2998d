"""Text from outside, as Markdown that stays text.

CommonMark 0.31 and GitHub Flavored Markdown say what is markup.  Ticket systems read more into
plain words: a name after an at sign is told, a number after a hash is linked, and so are
addresses, commits and issue keys.  No escape holds them back, but none of them looks into code:
a word that could be taken for one is written as code.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from markupsafe import Markup

from repro.model.phrase import Part
from repro.report.text import one_line, printable

#: Characters of one text, at most.
_LIMIT = 2000
_SPACES = re.compile(r"(\s+)")
_MARKUP = re.compile(r"([\\`*_\[\]<>&|~])")
#: At the start of a line: headings, lists, rules, what underlines a heading, and GitLab's quick
#: actions; numbered lists.
_START = re.compile(r"^([#+=/-])")
_NUMBER = re.compile(r"^([0-9]{1,9})([.)])(?=\s|$)")
#: What a ticket system may link, or tell somebody of.
_LINKED = re.compile(
    r"""@ | \# | ://                      # mentions, mail, issues, addresses
    | \[\[ | \{\{                       # Redmine's pages and macros
    | !\w | (?<!\w)[$%^&~]\w            # GitLab's merge requests, snippets, labels …; formulas
    | :[a-z_+-][\w+-]*:                 # emoji
    | \b[A-Z][A-Z0-9_]+-[0-9]           # keys of issues
    | \b(?=[0-9]*[a-f])(?=[a-f]*[0-9])[0-9a-f]{7,}\b | \br[0-9]+\b    # commits
    | (?i:www\.) | \b(?i:(?:mailto|xmpp|tel|urn|commit|source|export|attachment|document|version
        |forum|project|user|news):\S)
    """,
    re.VERBOSE,
)
_TICKS = re.compile(r"`+")


def escape(value: object, *, cell: bool = False) -> Markup:
    """Any value on one line, as Markdown that shows its text and nothing else.

    ``cell``: it stands in a table, where a bar ends a cell even within code.  What is Markdown
    already stays as it is.
    """
    if isinstance(value, Markup):
        return value
    shown = _inline(one_line(str(value), _LIMIT).strip(), cell=cell)
    return _markdown(_NUMBER.sub(r"\1\\\2", _START.sub(r"\\\1", shown)))


def sentence(parts: Iterable[Part]) -> Markup:
    """A sentence of ``Words``, what is code in it as code."""
    texts = [(one_line(part.text, _LIMIT), part.code) for part in parts]
    shown = "".join(_code(text) if is_code else _inline(text) for text, is_code in texts)
    return _markdown(_NUMBER.sub(r"\1\\\2", _START.sub(r"\\\1", shown.strip())))


def code(value: object, *, cell: bool = False) -> Markup:
    """Any value on one line, as code."""
    return _markdown(_code(one_line(str(value), _LIMIT).strip(), cell=cell))


def fence(text: str, language: str = "text") -> Markup:
    """A block of code of several lines, whatever is in them."""
    shown = printable(text)
    ticks = "`" * max(3, 1 + max((len(run) for run in _TICKS.findall(shown)), default=0))
    return _markdown(f"{ticks}{language}\n{shown}\n{ticks}")


def _markdown(text: str) -> Markup:
    return Markup(text)  # noqa: S704 - this module is what makes text safe


def _inline(text: str, *, cell: bool = False) -> str:
    return "".join(
        _code(word, cell=cell) if _LINKED.search(word) else _MARKUP.sub(r"\\\1", word)
        for word in _SPACES.split(text)
    )


def _code(text: str, *, cell: bool = False) -> str:
    if not text:
        return ""
    ticks = "`" * (1 + max((len(run) for run in _TICKS.findall(text)), default=0))
    space = " " if "`" in (text[0], text[-1]) else ""
    shown = text.replace("|", r"\|") if cell else text
    return f"{ticks}{space}{shown}{space}{ticks}"
