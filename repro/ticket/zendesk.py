"""Zendesk Support, through Zenpy.

A key is a ticket's number.  Comments are HTML; one that was made cannot be changed ("Ticket
comments" of the Ticketing API), so a later result is another comment.  A file goes up first and
is attached to the comment that follows.  With ``user`` (an agent's e-mail address) the token is
an API token, without one an OAuth access token.
"""

from __future__ import annotations

import html
import itertools
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from repro.errors import TicketError
from repro.model.ticket import Comment, Ticket, TicketKey, TicketPowers, Upload
from repro.settings import TicketSettings
from repro.ticket.message import ends_with
from repro.ticket.network import Network
from repro.ticket.tokens import Token
from repro.ticket.web import READ_COMMENTS, address, asking, each_of, one_try, require

_LINES = re.compile(r"</?(?:div|p|br)\b[^<>]*>")


def connect(settings: TicketSettings, token: Token, network: Network) -> ZendeskSystem:
    """``url`` of the account (https://NAME.zendesk.com); ``user`` beside an API token."""
    require("zenpy")
    return ZendeskSystem(settings, token, network)


class ZendeskSystem:
    """Tickets."""

    powers = TicketPowers(
        markup="html",
        comment=65_535,
        in_bytes=True,
        file=50 * 10**6,
        internal=True,
        edits=False,
        carried=True,
    )

    def __init__(self, settings: TicketSettings, token: Token, network: Network) -> None:
        self._url = f"https://{urlsplit(address(settings, 'Zendesk')).netloc}"
        self._user = settings.user
        self._token = token
        self._network = network
        self._uploads: dict[str, list[str]] = {}

    def read(self, key: str) -> Ticket:
        """The ticket's text and fields, by the names that agents see."""
        with self._asking(f"{self._token.name}:{key} could not be read"):
            found = self._client.tickets(id=_number(key))
            later = itertools.islice(self._comments(key), 1, 1 + READ_COMMENTS)
            return Ticket(
                key=TicketKey(system=self._token.name, key=key),
                title=found.subject or "",
                text=found.description or "",
                url=self._page(key),
                fields=self._fields(found),
                comments=tuple(comment.plain_body or "" for comment in later),
            )

    def find(self, key: str, marker: str) -> tuple[Comment, ...]:
        """Our comments there with the marker, the oldest first."""
        with self._asking(f"the comments of {self._token.name}:{key} could not be read"):
            marked = [each for each in self._comments(key) if ends_with(_text(each), marker)]
            ours = [each for each in marked if each.author_id == self._own]
            return tuple(self._comment(key, each) for each in ours)

    def create(self, key: str, body: str, *, public: bool) -> Comment:
        """Add a comment, an internal note unless ``public``, with what was uploaded for it."""
        from zenpy.lib.api_objects import Comment as ZenpyComment
        from zenpy.lib.api_objects import Ticket as ZenpyTicket

        with self._asking(f"no comment could be added to {self._token.name}:{key}"):
            uploads = self._uploads.pop(key, [])
            wanted = ZenpyComment(html_body=body, public=public, uploads=uploads)
            audit = self._client.tickets.update(ZenpyTicket(id=_number(key), comment=wanted)).audit
            found = (each for each in audit.events if each["type"] == "Comment")
            made: dict[str, Any] = next(found, {})
            return Comment(
                id=str(made.get("id", "")),
                body=body,
                url=self._page(key),
                public=made.get("public", public),  # an end user's comments always are
            )

    def update(self, key: str, comment: Comment, body: str) -> Comment:  # noqa: ARG002
        """Raises TicketError."""
        raise TicketError("a comment of Zendesk cannot be changed once it is made")

    def files(self, key: str) -> dict[str, str]:
        """What is attached to the ticket's comments."""
        with self._asking(f"the comments of {self._token.name}:{key} could not be read"):
            return {
                each.file_name: each.content_url or ""
                for comment in self._comments(key)
                for each in comment.attachments or ()
            }

    def attach(self, key: str, upload: Upload, *, public: bool) -> str:  # noqa: ARG002
        """Upload a file; the next comment carries it.  Its address."""
        with self._asking(f"{upload.name} could not be attached to {self._token.name}:{key}"):
            made = self._client.attachments.upload(
                upload.data, target_name=upload.name, content_type=upload.type
            )
            self._uploads.setdefault(key, []).append(made.token)
            return str(made.attachment.content_url or "")

    def close(self) -> None:
        """Let go of connections."""
        if "_client" in self.__dict__:
            self._client.tickets.session.close()

    @cached_property
    def _client(self) -> Any:
        from zenpy import Zenpy

        host = urlsplit(self._url).netloc
        subdomain, _, domain = host.partition(".")
        secret = "token" if self._user else "oauth_token"
        return Zenpy(
            subdomain=subdomain,
            domain=domain,
            email=self._user,
            session=one_try(self._url, self._network),
            disable_cache=True,
            **{secret: self._token()},
        )

    @cached_property
    def _own(self) -> int:
        """The account of the token."""
        return int(self._client.users.me().id)

    def _page(self, key: str) -> str:
        return f"{self._url}/agent/tickets/{key}"

    def _comments(self, key: str) -> Iterator[Any]:
        """Oldest first: the client knows no other order."""
        return each_of(self._client.tickets.comments(_number(key)))

    def _comment(self, key: str, found: Any) -> Comment:
        return Comment(
            id=str(found.id),
            body=_text(found),
            url=self._page(key),
            public=bool(found.public),
        )

    def _fields(self, ticket: Any) -> dict[str, str]:
        names = {each.id: each.title for each in self._client.ticket_fields()}
        given = {
            names.get(each["id"], str(each["id"])): each["value"]
            for each in ticket.custom_fields or ()
        }
        given |= {"status": ticket.status, "priority": ticket.priority}
        given["tags"] = ", ".join(ticket.tags or ())
        return {name: str(value) for name, value in given.items() if value not in (None, "")}

    @contextmanager
    def _asking(self, what: str) -> Iterator[None]:
        from zenpy.lib.exception import ZenpyException

        with asking(what, self._token.hide):
            try:
                yield
            except ZenpyException as error:  # a refusal was raised by the session before
                raise TicketError(what, cause=self._token.hide(str(error))) from None


def _text(comment: Any) -> str:
    """Its HTML, with signs rather than the entities that Zendesk may write for them, and with
    lines in place of what it wraps them in.  A quotation stays one.
    """
    return html.unescape(_LINES.sub("\n", comment.html_body or ""))


def _number(key: str) -> int:
    if not (key.isascii() and key.isdigit() and len(key) <= 15):
        raise TicketError(f"{key!r} should be a ticket's number")
    return int(key)
