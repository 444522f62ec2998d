"""Tickets: what is read from one, and what goes to one."""

from typing import Literal

from pydantic import ConfigDict

from repro.model.base import Frozen

#: How a system writes a comment's text.
Markup = Literal["markdown", "redmine-markdown", "html", "textile", "jira", "plain"]


class TicketKey(Frozen):
    """``SYSTEM:KEY``: a system by its name in the settings, and the ticket's key there."""

    system: str
    key: str

    def __str__(self) -> str:
        return f"{self.system}:{self.key}"


class Ticket(Frozen):
    """A ticket as a draft case is made from it.  ``fields`` are those that the system names."""

    key: TicketKey
    title: str
    text: str
    url: str = ""
    fields: dict[str, str] = {}
    comments: tuple[str, ...] = ()


class Comment(Frozen):
    """A comment that was found, or made.  ``body`` is in the system's markup."""

    id: str
    body: str
    url: str = ""
    public: bool = False


class Upload(Frozen):
    """A file for a ticket.  It was redacted."""

    model_config = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")

    name: str
    data: bytes
    type: str = "text/plain"


class TicketPowers(Frozen):
    """What a system can do.  ``comment`` in characters, or ``in_bytes`` of UTF-8; ``file`` in
    bytes (0: no files).

    ``internal``: it tells an internal note from a public reply; ``internal_files``: files, too.
    ``edits``: a comment can be changed after it was made, ``edits_public``: a public one, too.
    ``carried``: a file comes to the ticket
    only with the comment that is made or changed after it.
    """

    markup: Markup
    comment: int = 60_000
    in_bytes: bool = False
    file: int = 5 * 2**20
    internal: bool = False
    internal_files: bool = True
    edits: bool = True
    edits_public: bool = True
    carried: bool = False
