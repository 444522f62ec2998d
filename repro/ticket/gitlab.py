"""GitLab, its own or one's own, through python-gitlab.

A key is ``GROUP/PROJECT#NUMBER`` for an issue, ``GROUP/PROJECT!NUMBER`` for a merge request.
Comments are Markdown; an internal note is seen by who may at least report in the project
(REST API v4, "Notes").  Files are uploads of the project ("Project Markdown uploads"): a comment of
ours links to them, which is also how they are found again.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from repro.errors import TicketError
from repro.model.ticket import Comment, Ticket, TicketKey, TicketPowers, Upload
from repro.settings import TicketSettings
from repro.ticket.message import ends_with
from repro.ticket.network import Network
from repro.ticket.tokens import Token
from repro.ticket.web import READ_COMMENTS, address, asking, each_of, one_try, require

if TYPE_CHECKING:
    from gitlab import Gitlab

_KEY = re.compile(r"([\w.-]+(?:/[\w.-]+)+)([#!])([1-9][0-9]{0,9})")
#: A link to an upload, as GitLab words it for us.
_UPLOAD = re.compile(r"!?\[[^\[\]\n]*\]\((\S*/uploads/[0-9a-f]{32}/([^()\s/]+))\)")
#: Links to earlier files that a changed comment keeps.
_KEPT_LINKS = 30


def connect(settings: TicketSettings, token: Token, network: Network) -> GitlabSystem:
    """``url``: that of a self-managed GitLab; left out: gitlab.com."""
    require("gitlab")
    return GitlabSystem(settings, token, network)


class GitlabSystem:
    """Issues and merge requests."""

    powers = TicketPowers(
        markup="markdown", comment=900_000, file=10 * 2**20, internal=True, carried=True
    )

    def __init__(self, settings: TicketSettings, token: Token, network: Network) -> None:
        self._url = address(settings, "GitLab") if settings.url else "https://gitlab.com"
        self._token = token
        self._network = network
        self._links: dict[str, list[str]] = {}

    def read(self, key: str) -> Ticket:
        """The ticket's text and fields."""
        with self._asking(f"{self._token.name}:{key} could not be read"):
            found = self._ticket(key, lazy=False)
            milestone = found.attributes.get("milestone") or {}
            fields = {
                "state": found.state,
                "labels": ", ".join(found.attributes.get("labels") or ()),
                "milestone": milestone.get("title", ""),
                "project": re.split("[#!]", key)[0],
            }
            notes = itertools.islice(self._notes(key), READ_COMMENTS)
            return Ticket(
                key=TicketKey(system=self._token.name, key=key),
                title=found.title or "",
                text=found.attributes.get("description") or "",
                url=found.attributes.get("web_url") or "",
                fields={name: value for name, value in fields.items() if value},
                comments=tuple(note.body for note in notes),
            )

    def find(self, key: str, marker: str) -> tuple[Comment, ...]:
        """Our comments there with the marker, the oldest first."""
        with self._asking(f"the comments of {self._token.name}:{key} could not be read"):
            notes = [note for note in self._notes(key) if ends_with(note.body, marker)]
            ours = [note for note in notes if self._is_ours(note)]
            return tuple(map(_comment, sorted(ours, key=lambda note: int(note.get_id()))))

    def create(self, key: str, body: str, *, public: bool) -> Comment:
        """Add a comment, an internal note unless ``public``."""
        what = f"no comment could be added to {self._token.name}:{key}"
        with self._asking(what):
            notes = self._ticket(key).notes
            given = {"body": self._with_links(key, body)}
            made = notes.create(given if public else {**given, "internal": True})
            comment = _comment(made)
            if comment.public and not public:
                notes.delete(made.get_id())
                raise TicketError(
                    what,
                    cause="this GitLab knows no internal notes there; ours was taken back at once",
                    action="add --public, if it may be seen by everyone who sees the ticket",
                )
            return comment

    def update(self, key: str, comment: Comment, body: str) -> Comment:
        """Change the text of a comment; who sees it stays."""
        with self._asking(f"the comment of {self._token.name}:{key} could not be changed"):
            text = self._with_links(key, body, comment.body)
            self._ticket(key).notes.update(int(comment.id), {"body": text})
            return comment.model_copy(update={"body": text})

    def withdraw(self, key: str, comment: Comment) -> None:
        """Delete a comment of ours; what it links to waits for the next one."""
        with self._asking(f"a comment of {self._token.name}:{key} could not be deleted"):
            self._ticket(key).notes.delete(int(comment.id))
        self._links.setdefault(key, []).extend(each[0] for each in _UPLOAD.finditer(comment.body))

    def files(self, key: str) -> dict[str, str]:
        """The uploads that our comments link to."""
        with self._asking(f"the comments of {self._token.name}:{key} could not be read"):
            return {
                unquote(name): url
                for note in self._notes(key)
                for url, name in _UPLOAD.findall(note.body)
                if self._is_ours(note)
            }

    def attach(self, key: str, upload: Upload, *, public: bool) -> str:  # noqa: ARG002
        """Upload a file to the project; the next comment links to it.  Its address."""
        with self._asking(f"{upload.name} could not be attached to {self._token.name}:{key}"):
            project = self._client.projects.get(self._parts(key)[0])
            made = project.upload(upload.name, filedata=upload.data)
            self._links.setdefault(key, []).append(made["markdown"])
            return f"{self._url}{made.get('full_path') or made['url']}"

    def close(self) -> None:
        """Let go of connections."""
        if "_client" in self.__dict__:
            self._client.session.close()

    @cached_property
    def _client(self) -> Gitlab:
        from gitlab import Gitlab

        return Gitlab(
            self._url,
            private_token=self._token(),
            ssl_verify=self._network.verify,
            per_page=100,
            keep_base_url=True,
            session=one_try(self._url, self._network),
        )

    @cached_property
    def _own(self) -> str:
        """The name of the token's account."""
        self._client.auth()
        assert self._client.user is not None
        return str(self._client.user.username)

    @staticmethod
    def _parts(key: str) -> tuple[str, str, int]:
        found = _KEY.fullmatch(key)
        if found is None:
            raise TicketError(f"{key!r} should be written GROUP/PROJECT#NUMBER (or !NUMBER)")
        return found[1], found[2], int(found[3])

    def _ticket(self, key: str, *, lazy: bool = True) -> Any:
        path, sign, number = self._parts(key)
        project = self._client.projects.get(path, lazy=True)
        tickets = project.issues if sign == "#" else project.mergerequests
        return tickets.get(number, lazy=lazy)

    def _notes(self, key: str) -> Iterator[Any]:
        """What people wrote there; GitLab's own notes of changes are left out."""
        listed = self._ticket(key).notes.list(iterator=True, order_by="created_at", sort="asc")
        return (note for note in each_of(listed) if not note.system)

    def _with_links(self, key: str, body: str, before: str = "") -> str:
        """The text with links to what was uploaded for it, and to what it linked to before."""
        earlier = [found[0] for found in _UPLOAD.finditer(before)]
        links = dict.fromkeys([*self._links.pop(key, []), *earlier])
        text, _, marker = body.rpartition("\n\n")
        return "\n\n".join(filter(None, [text, *list(links)[:_KEPT_LINKS], marker]))

    def _is_ours(self, note: Any) -> bool:
        return bool(note.author.get("username") == self._own)

    @contextmanager
    def _asking(self, what: str) -> Iterator[None]:
        from gitlab import GitlabError

        with asking(what, self._token.hide):
            try:
                yield
            except GitlabError as error:  # a refusal was raised by the session before
                raise TicketError(what, cause=self._token.hide(str(error))) from None


def _comment(note: Any) -> Comment:
    hidden = note.attributes.get("internal") or note.attributes.get("confidential")
    return Comment(id=str(note.get_id()), body=note.body, public=not hidden)
