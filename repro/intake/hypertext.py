"""HTML as people read it: what e-mail and rich editors leave in a ticket.

Only what says how words stand on lines is looked at, tag by tag and in one go: the text is
hostile, and need not be well-formed.  Converters that build a tree of it run out of stack on 500
elements within one another, and Python's parser takes minutes for 60,000 unfinished tags.
"""

from __future__ import annotations

import html
import re

#: The whole of a text: it begins with an element of HTML's own and ends with a tag.
_WHOLE = re.compile(
    r"\s*<(?:!doctype|html|head|body|div|p|pre|br|span|table|[ou]l|h[1-6]|b|strong|blockquote)\b"
    r"[^<>]{0,2000}>",
    re.IGNORECASE,
)
_TAG = re.compile(r"<![^<>]{0,2000}>|<(/?)([a-z][a-z0-9]{0,20})\b([^<>]{0,2000})>", re.IGNORECASE)
_LANGUAGE = re.compile(
    r"class\s*=\s*[\"'][^\"'<>]*?\blang(?:uage)?-([\w+-]+)|class\s*=\s*[\"']?([\w+-]+)",
    re.IGNORECASE,
)
#: Elements whose words are none of the text, and what the others begin and end with.
_HIDDEN = frozenset(["head", "script", "style", "title"])
_HEADINGS = [f"h{level}" for level in range(1, 7)]
_PARTED = ["p", "ul", "ol", "table", "blockquote"]
_BEGINS = {"br": "\n", "div": "\n", "tr": "\n", "li": "\n- ", "code": "`", "hr": "\n\n"}
_BEGINS |= dict.fromkeys(_PARTED, "\n\n") | dict.fromkeys(_HEADINGS, "\n\n## ")
_ENDS = {"div": "\n", "tr": "\n", "td": " | ", "th": " | ", "code": "`"}
_ENDS |= dict.fromkeys([*_PARTED, *_HEADINGS], "\n\n")


def readable(text: str) -> str:
    """The text; where all of it is HTML, as Markdown with fenced blocks of code."""
    if "```" in text or not _WHOLE.match(text) or not text.rstrip().endswith(">"):
        return text
    page = _Page()
    position = 0
    for tag in _TAG.finditer(text):
        page.words(text[position : tag.start()])
        page.tag(tag)
        position = tag.end()
    page.words(text[position:])
    return "".join(page.made)


class _Page:
    """Takes words and tags, and makes lines of them."""

    def __init__(self) -> None:
        self.made: list[str] = []
        self.hidden = ""  # the element that is gone through
        self.fence = 0  # where the language of the block stands

    def words(self, words: str) -> None:
        """What stands between two tags."""
        if not self.hidden:
            self.made.append(html.unescape(words if self.fence else re.sub(r"\s+", " ", words)))

    def tag(self, tag: re.Match[str]) -> None:
        """A tag, or a comment, which has no name."""
        ends, name = bool(tag[1]), (tag[2] or "").lower()
        if self.hidden:
            self.hidden = "" if ends and name == self.hidden else self.hidden
        elif name in _HIDDEN:
            self.hidden = "" if ends else name
        elif name == "pre":
            self._block(ends=ends)
        elif not self.fence:
            self.made.append((_ENDS if ends else _BEGINS).get(name, ""))
        elif name == "br" or (ends and name in ("div", "p")):
            self.made.append("\n")
        if self.fence and name in ("pre", "code") and (found := _LANGUAGE.search(tag[3] or "")):
            self.made[self.fence] = found[1] or found[2]

    def _block(self, *, ends: bool) -> None:
        """Begin a block of code, or end it; none is within another."""
        if ends and self.fence:
            self.made.append("\n```\n")
            self.fence = 0
        elif not ends and not self.fence:
            self.made += ["\n```", "", "\n"]
            self.fence = len(self.made) - 2
