"""A result on its way to a ticket, and the line in it that finds it there again."""

from __future__ import annotations

import bisect
import hashlib
import re
from collections.abc import Callable

from repro.model.base import Frozen
from repro.model.ticket import TicketKey, Upload

#: Between two paragraphs of Markdown; within a fence it separates nothing.
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_MARKER = re.compile(r"(repro(?: note)?: \S+ · )[0-9a-f]{8}")


def units(text: str) -> int:
    """Characters, those beyond U+FFFF counted twice: Jira, for one, counts units of UTF-16."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def octets(text: str) -> int:
    """Bytes of UTF-8."""
    return len(text.encode("utf-8", "surrogatepass"))


class Message(Frozen):
    """One result for one ticket, redacted.  ``text`` and ``end`` are Markdown.

    A text that is too long is shortened: then ``cut_note`` stands where the rest was.  What follows
    is always there: the files below ``attached_note``, but those that the system has ``refused``
    below ``refused_note``; then ``end``.  ``about`` is the run or campaign that it tells of.
    """

    ticket: TicketKey
    case: str
    about: str
    text: str
    end: str = ""
    cut_note: str = ""
    attached_note: str = ""
    refused_note: str = ""
    public: bool = False
    files: tuple[Upload, ...] = ()
    refused: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        """What a later result for the same place replaces."""
        return f"{self.ticket} {self.case} {'public' if self.public else 'internal'}"

    @property
    def beginning(self) -> str:
        """What the line that finds the comment again begins with: its place.

        An internal comment is never taken for a public one, nor the other way round.
        """
        return f"repro{'' if self.public else ' note'}: {self.case} · "

    @property
    def digest(self) -> str:
        """Of what it tells: what says whether a comment has to be changed."""
        named = "\n".join(file.name for file in self.files)
        told = f"{self.text}\n{named}\n{self.end}"
        return hashlib.sha256(told.encode()).hexdigest()[:8]

    @property
    def marker(self) -> str:
        """The line: short, visible, and left as it is by every markup."""
        return f"{self.beginning}{self.digest}"

    def body(
        self, convert: Callable[[str], str], limit: int, size: Callable[[str], int] = units
    ) -> str:
        """The comment as a system takes it, of at most ``limit`` by its ``size``."""
        room = limit - size(self.marker) - 2
        parts, ending = paragraphs(self.text), self._ending()

        def made(count: int) -> str:
            """The text with so many of its paragraphs."""
            rest = [] if count == len(parts) else [self.cut_note]
            return convert("\n\n".join(filter(None, [*parts[:count], *rest, ending])))

        whole = made(len(parts))
        if size(whole) > room:
            fits = bisect.bisect_right(
                range(1, len(parts)), room, key=lambda count: size(made(count))
            )
            whole = made(fits)
        return f"{whole}\n\n{self.marker}"

    def _ending(self) -> str:
        """What stands below the text."""
        taken = [file.name for file in self.files if file.name not in self.refused]
        lists = [(self.attached_note, taken), (self.refused_note, self.refused)]
        told = [
            f"{note}\n\n" + "\n".join(f"- `{name}`" for name in names)
            for note, names in lists
            if note and names
        ]
        return "\n\n".join([*told, self.end]).strip("\n")


def is_marker(line: str) -> bool:
    """Whether a comment is found by this line."""
    return _MARKER.fullmatch(line.strip()) is not None


def ends_with(body: str, marker: str) -> bool:
    """Whether a comment ends in a line of ours that begins with the marker.

    A reply that quotes it has it elsewhere, or behind a sign.  A comment that somebody went on
    writing below is theirs from then on.
    """
    last = body.rstrip().rpartition("\n")[2].strip()
    return last.startswith(marker) and is_marker(last)


def beginning_of(body: str) -> str:
    """What the line at a comment's end begins with: its place."""
    found = _MARKER.search(body.rstrip().split("\n")[-1])
    assert found, "every comment of ours ends with its marker"
    return found[1]


def paragraphs(text: str) -> list[str]:
    """Markdown in pieces that can be left out one by one: a fence is never torn."""
    parts: list[list[str]] = [[]]
    fence = ""
    for line in text.strip("\n").split("\n"):
        if not line.strip() and not fence:
            if parts[-1]:
                parts.append([])
            continue
        parts[-1].append(line)
        if opened := _FENCE.match(line):
            fence = _after(fence, opened[1], line)
    return ["\n".join(part) for part in parts if part]


def _after(fence: str, marks: str, line: str) -> str:
    """The fence that is open after a line with such marks (CommonMark 0.31, 4.5)."""
    if not fence:
        return marks
    closes = marks.startswith(fence) and not line.strip().strip(marks[0])
    return "" if closes else fence
