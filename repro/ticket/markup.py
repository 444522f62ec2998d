"""Markdown as each system writes it.

What was text stays text: a character that the other markup would read as its own is escaped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from markdown_it.tree import SyntaxTreeNode

    from repro.model.ticket import Markup


class Dialect(Protocol):
    """How one markup writes what a report is made of."""

    def text(self, text: str) -> str:
        """Words, escaped."""

    def strong(self, inner: str) -> str:
        """Strong emphasis."""

    def emphasis(self, inner: str) -> str:
        """Emphasis."""

    def code(self, text: str) -> str:
        """Code within a line."""

    def link(self, inner: str, address: str) -> str:
        """A link; an image is one, too."""

    def heading(self, level: int, inner: str) -> str:
        """A heading of level 1 to 6."""

    def block(self, text: str) -> str:
        """Lines of output or code."""

    def quote(self, inner: str) -> str:
        """Paragraphs of somebody else's."""

    def row(self, cells: list[str], *, head: bool) -> str:
        """A row of a table."""

    def item(self, kinds: str, inner: str) -> str:
        """An entry of a list; ``kinds`` is ``*`` or ``#`` for each list that it is in."""

    def rule(self) -> str:
        """A line across."""


def convert(text: str, markup: Markup) -> str:
    """Markdown (CommonMark, and tables) in another markup."""
    if markup == "markdown":
        return text
    if markup == "redmine-markdown":
        return _telling_nobody(text)
    from markdown_it import MarkdownIt
    from markdown_it.tree import SyntaxTreeNode

    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    if markup == "html":
        return _LIQUID.sub("{ ", str(parser.render(text))).strip()
    tree = SyntaxTreeNode(parser.parse(text))
    return "\n\n".join(_blocks(tree.children, _DIALECTS[markup]()))


def _blocks(nodes: list[SyntaxTreeNode], dialect: Dialect) -> Iterator[str]:
    for node in nodes:
        match node.type:
            case "heading":
                yield dialect.heading(int(node.tag[1]), _inline(node, dialect))
            case "fence" | "code_block":
                yield dialect.block(node.content.rstrip("\n"))
            case "blockquote":
                yield dialect.quote("\n\n".join(_blocks(node.children, dialect)))
            case "table":
                yield "\n".join(_rows(node, dialect))
            case "bullet_list" | "ordered_list":
                yield "\n".join(_items(node, dialect, ""))
            case "hr":
                yield dialect.rule()
            case _:
                yield _inline(node, dialect)


def _rows(table: SyntaxTreeNode, dialect: Dialect) -> Iterator[str]:
    for part in table.children:
        for row in part.children:
            cells = [_inline(cell, dialect).replace("\n", " ") for cell in row.children]
            yield dialect.row(cells, head=part.type == "thead")


def _items(node: SyntaxTreeNode, dialect: Dialect, outer: str) -> Iterator[str]:
    kinds = outer + ("*" if node.type == "bullet_list" else "#")
    for item in node.children:
        lists = [child for child in item.children if child.type.endswith("_list")]
        rest = [child for child in item.children if child not in lists]
        inner = "\n".join(_blocks(rest, dialect))
        yield dialect.item(kinds, inner)
        for each in lists:
            yield from _items(each, dialect, kinds)


def _inline(node: SyntaxTreeNode, dialect: Dialect) -> str:
    made = []
    for child in node.children:
        match child.type:
            case "text" | "html_inline":
                made.append(dialect.text(child.content))
            case "code_inline":
                made.append(dialect.code(child.content))
            case "softbreak" | "hardbreak":
                made.append("\n")
            case "strong":
                made.append(dialect.strong(_inline(child, dialect)))
            case "em":
                made.append(dialect.emphasis(_inline(child, dialect)))
            case "link":
                made.append(dialect.link(_inline(child, dialect), str(child.attrs["href"])))
            case "image":
                made.append(dialect.link(dialect.text(child.content), str(child.attrs["src"])))
            case _:
                made.append(_inline(child, dialect))
    return "".join(made)


class _Plain:
    """For a person's eyes."""

    def text(self, text: str) -> str:
        return text

    def strong(self, inner: str) -> str:
        return inner

    def emphasis(self, inner: str) -> str:
        return inner

    def code(self, text: str) -> str:
        return text

    def link(self, inner: str, address: str) -> str:
        return inner if inner == address else f"{inner} <{address}>"

    def heading(self, level: int, inner: str) -> str:
        return f"{inner}\n{('=' if level == 1 else '-') * len(inner)}"

    def block(self, text: str) -> str:
        return "\n".join(f"    {line}" for line in text.split("\n"))

    def quote(self, inner: str) -> str:
        return "\n".join(f"> {line}".rstrip() for line in inner.split("\n"))

    def row(self, cells: list[str], *, head: bool) -> str:
        line = "  |  ".join(cells)
        return f"{line}\n{'-' * len(line)}" if head else line

    def item(self, kinds: str, inner: str) -> str:
        indent = "  " * (len(kinds) - 1)
        return f"{indent}- " + inner.replace("\n", f"\n{indent}  ")

    def rule(self) -> str:
        return "-" * 40


class _Textile:
    """Textile as Redmine reads it: a numeric character reference is text wherever it stands."""

    #: What begins or ends a phrase, a link, a macro, a cell or an element; within a word, the
    #: signs of phrases are harmless.
    _SIGNS = re.compile(
        r"[<>&|@#\[\]{}%]|!(?=\S)|\"(?=:)|\?(?=\?)|(?<=\?)\?|=(?==)|(?<==)="
        r"|(?<!\w)[*_+\-^~]|[*_+\-^~](?!\w)|(?<!\d):(?=\S)|(?<=\d):(?=[^\s\d])"
        r"|\br(?=\d)|(?<=www)\."
    )
    #: What would begin a block of its own at the beginning of a line.
    _BLOCK = re.compile(r"^(\s*(?:h[1-6]|p|bq|pre|bc|fn\d+|table|div)\S*)\.", re.MULTILINE)
    _FIRST = re.compile(r"^[\w.]", re.ASCII)

    def text(self, text: str) -> str:
        escaped = self._SIGNS.sub(_reference, text)
        return self._BLOCK.sub(r"\1&#46;", escaped)

    def strong(self, inner: str) -> str:
        return f"*{inner}*" if inner else ""

    def emphasis(self, inner: str) -> str:
        return f"_{inner}_" if inner else ""

    def code(self, text: str) -> str:
        """Redmine also tells people of it whose login it begins with, but for the reference."""
        return f"@{self._FIRST.sub(_reference, self._SIGNS.sub(_reference, text))}@"

    def link(self, inner: str, address: str) -> str:
        return f'"{inner}":{address}'

    def heading(self, level: int, inner: str) -> str:
        return f"h{level}. {_one_line(inner)}"

    def block(self, text: str) -> str:
        return f"<pre>\n{_TAG.sub('< ', text)}\n</pre>"

    def quote(self, inner: str) -> str:
        return "\n\n".join(f"bq. {part}" for part in inner.split("\n\n"))

    def row(self, cells: list[str], *, head: bool) -> str:
        return "".join(f"|_. {cell}" if head else f"|{cell}" for cell in cells) + "|"

    def item(self, kinds: str, inner: str) -> str:
        return f"{kinds} {inner}"

    def rule(self) -> str:
        return "---"


class _Jira:
    """Jira's wiki markup, as Data Center reads it and as the Cloud turns it into its documents:
    a backslash makes text of the sign after it, of most, and an entity is no sign at all.
    """

    #: What begins or ends a phrase, a link, a macro, an image, a list or an emoticon; and a
    #: backslash that would not stand for itself.
    _SIGNS = re.compile(
        r"[{}\[\]|!]|(?<!\w)[*_+\-^~?#@](?!\s)|(?<!\s)[*_+\-^~?](?!\w)|^[*#\-](?=\s)"
        r"|\((?=[\w/!?*+\-]{1,7}\))|(?<=[:;])[()]|\\(?![^\W_]|\s)"
    )
    #: No backslash holds these back.
    _BLOCK = re.compile(r"^(\s*(?:h[1-6]|bq))\.")

    def text(self, text: str) -> str:
        return self._BLOCK.sub(rf"\1{_JOINER}.", self._SIGNS.sub(_backslash, text))

    def strong(self, inner: str) -> str:
        return self._phrase("{*}", inner)

    def emphasis(self, inner: str) -> str:
        return self._phrase("{_}", inner)

    def _phrase(self, mark: str, inner: str) -> str:
        """In braces, it may stand beside a letter, or beside signs of Japanese.  Within a phrase
        the Cloud reads what is escaped once more: such words go without.
        """
        return inner if not inner or "\\" in inner or "{" in inner else mark + inner + mark

    def code(self, text: str) -> str:
        return "{{{}" + self._SIGNS.sub(_backslash, text) + "{}}}"

    def link(self, inner: str, address: str) -> str:
        return f"[{inner}|{address}]"

    def heading(self, level: int, inner: str) -> str:
        return f"h{level}. {_one_line(inner)}"

    def block(self, text: str) -> str:
        inert = text.replace("{noformat", "{ noformat")
        return "{noformat}\n" + inert + "\n{noformat}"

    def quote(self, inner: str) -> str:
        return "{quote}\n" + inner + "\n{quote}"

    def row(self, cells: list[str], *, head: bool) -> str:
        """In the Cloud any bar ends a cell, an escaped one, too: another sign takes its place."""
        bar = "||" if head else "|"
        return bar + bar.join(cell.replace("\\|", "¦") or " " for cell in cells) + bar

    def item(self, kinds: str, inner: str) -> str:
        return f"{kinds} {inner}"

    def rule(self) -> str:
        return "----"


#: The word joiner: not seen, and what it stands between is not read as one.
_JOINER = "\u2060"
#: What Redmine reads even among lines of code.
_TAG = re.compile(r"<(?=/?\s*(?:pre|code|notextile))", re.IGNORECASE)
_DIALECTS: dict[Markup, type[Dialect]] = {"plain": _Plain, "textile": _Textile, "jira": _Jira}


#: What Zendesk fills in, wherever it stands: ``{{placeholder}}`` and ``{% tag %}``.
_LIQUID = re.compile(r"\{(?=[{%])")
#: In Markdown, Redmine looks for those to tell of it everywhere but between two of these.
_UNREAD = re.compile(r"((?:~~~|```).*?(?:~~~|```))", re.DOTALL)
_MENTION = re.compile(r"(?<![A-Za-z0-9_])@(?=[A-Za-z0-9_.@-])")


def _telling_nobody(text: str) -> str:
    """Markdown in which a name after an at sign, be it code, is no login."""
    parts = _UNREAD.split(text)
    parts[::2] = [_MENTION.sub(f"@{_JOINER}", part) for part in parts[::2]]
    return "".join(parts)


def _reference(found: re.Match[str]) -> str:
    return f"&#{ord(found[0])};"


def _backslash(found: re.Match[str]) -> str:
    return f"\\{_JOINER}" if found[0] == "\\" else f"\\{found[0]}"


def _one_line(text: str) -> str:
    return text.replace("\n", " ")
