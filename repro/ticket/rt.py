"""Request Tracker 5.0.2 or later, through rt (REST 2.0).

An internal comment is a transaction of the type *Comment*, a public one is *Correspondence*, which
RT sends to the requestors.  RT keeps its transactions as they are, so a result that changes is
kept in a custom field of the ticket (option ``field``): the comment is made once, the field is
changed.  Without a field, and in public, a changed result is a comment of its own.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from ssl import create_default_context
from typing import TYPE_CHECKING, Any

from repro.errors import (
    SettingsError,
    TicketAuthError,
    TicketBusyError,
    TicketError,
    TicketGoneError,
)
from repro.model.ticket import Comment, Ticket, TicketKey, TicketPowers, Upload
from repro.settings import TicketSettings
from repro.ticket.message import beginning_of, ends_with, is_marker
from repro.ticket.network import Network
from repro.ticket.tokens import Token
from repro.ticket.trouble import TIMEOUT, refused, retry_after
from repro.ticket.web import READ_COMMENTS, address, require

if TYPE_CHECKING:
    from rt.rest2 import Rt

_DENIED = re.compile("permission denied", re.IGNORECASE)
_FIELDS = "Filename,ContentType,Content,Creator,TransactionId"


class _Refused(Exception):
    """An answer with a status of 400 or more."""

    def __init__(self, status: int, said: str, after: str | None) -> None:
        super().__init__(f"HTTP status {status}")
        self.status, self.said, self.after = status, said, after


def connect(settings: TicketSettings, token: Token, network: Network) -> RtSystem:
    """``url``: RT's address; ``user``: the token's account.  Option: ``field``."""
    if not settings.user:
        raise SettingsError(
            f"`tickets: {token.name}:` needs `user`, the account that its token belongs to",
            cause="RT does not say whose a token is",
        )
    require("rt")
    return RtSystem(settings, settings.user, token, network)


class RtSystem:
    """Tickets."""

    def __init__(self, settings: TicketSettings, user: str, token: Token, network: Network) -> None:
        self._url = address(settings, "Request Tracker")
        self._user = user.casefold()
        self._token = token
        self._network = network
        self._field = settings.options.get("field")
        self.powers = TicketPowers(
            markup="plain",
            internal=True,
            edits=self._field is not None,
            edits_public=False,
            file=9 * 2**20,
        )

    def read(self, key: str) -> Ticket:
        """The ticket's text and fields."""
        ticket = self._ticket(key)
        values = {each["name"]: each["values"] for each in ticket.get("CustomFields", ())}
        fields = {name: ", ".join(map(str, each)) for name, each in values.items() if each}
        fields |= {name: str(ticket[name]) for name in ("Status", "Priority") if ticket.get(name)}
        fields["Queue"] = str(ticket["Queue"].get("Name", ""))
        texts = _said(self._texts(key))
        return Ticket(
            key=TicketKey(system=self._token.name, key=key),
            title=ticket.get("Subject") or "",
            text=texts[0] if texts else "",
            url=self._address(key),
            fields=fields,
            comments=tuple(texts[1 : READ_COMMENTS + 1]),
        )

    def find(self, key: str, marker: str) -> tuple[Comment, ...]:
        """Our comments with the marker, the oldest first; their text is the field's, if there is
        one.
        """
        ticket = self._ticket(key)
        ours = self._ours(key, marker)
        if self._field is None or not ours or ours[0].public:
            return ours
        said = {"body": _result(self._kept(ticket), marker)}
        return tuple(each.model_copy(update=said) for each in ours)

    def create(self, key: str, body: str, *, public: bool) -> Comment:
        """Add a comment, or correspondence where it is ``public``."""
        self._say(key, body, f"no comment could be added to {self._name(key)}", public=public)
        if self._field is not None and not public:
            self._keep(key, body)
        made = self._ours(key, body.splitlines()[-1])
        if not made:
            raise TicketError(
                f"the comment on {self._name(key)} is not to be seen",
                cause="RT took it, but this account may not see it",
                action="give the account the right ShowTicketComments",
            )
        return made[-1]

    def update(self, key: str, comment: Comment, body: str) -> Comment:
        """Change the field."""
        self._keep(key, body)
        return comment.model_copy(update={"body": body})

    def files(self, key: str) -> dict[str, str]:
        """What is attached."""
        self._ticket(key)  # of one that is gone, RT lists nothing
        with self._asking(f"{self._name(key)} could not be read"):
            named = [{"field": "Filename", "operator": "IS NOT", "value": ""}]
            found = self._listed(key, named, "Filename")
        return {each["Filename"]: f"{self._url}/Ticket/Attachment/{each['id']}" for each in found}

    def attach(self, key: str, upload: Upload, *, public: bool) -> str:
        """Attach a file, to a comment or to correspondence of its own."""
        from rt.rest2 import Attachment

        what = f"{upload.name} could not be attached to {self._name(key)}"
        file = Attachment(upload.name, upload.type, upload.data)
        self._say(key, upload.name, what, public=public, files=(file,))
        return ""

    def close(self) -> None:
        """Let go of connections."""
        if "_client" in self.__dict__:
            self._client.session.close()

    @cached_property
    def _client(self) -> Rt:
        from rt.rest2 import Rt

        # It would write whole requests to the log, the customer's words included.
        logging.getLogger("rt.rest2").setLevel(logging.WARNING)
        client = Rt(f"{self._url}/REST/2.0/")
        client.session.close()
        connect, read = TIMEOUT
        client.session = type(client.session)(  # its own would heed variables of the environment
            headers={"Authorization": f"token {self._token()}"},
            timeout=(connect, read, read, connect),
            verify=create_default_context(cafile=self._network.ca_bundle),
            proxy=self._network.proxy_for(self._url),
            trust_env=False,
            event_hooks={"response": [_check]},
        )
        return client

    def _ticket(self, key: str) -> dict[str, Any]:
        if not key.isascii() or not key.isdigit():
            raise TicketError(f"{self._name(key)} should be a ticket's number")
        with self._asking(f"{self._name(key)} could not be read"):
            ticket = self._client.get_ticket(key)
        if ticket.get("Status") == "deleted":
            raise TicketGoneError(f"{self._name(key)} was deleted")
        return ticket

    def _say(
        self, key: str, text: str, what: str, *, public: bool, files: tuple[Any, ...] = ()
    ) -> None:
        self._ticket(key)  # of one that is gone, RT says only that this is not permitted
        with self._asking(what):
            say = self._client.reply if public else self._client.comment
            if not say(key, text, attachments=files):
                raise TicketError(what, cause="RT refused it without saying why")

    def _texts(self, key: str) -> list[dict[str, Any]]:
        """What was written there, the oldest first; files are left out."""
        with self._asking(f"the comments of {self._name(key)} could not be read"):
            texts = [{"field": "ContentType", "operator": "LIKE", "value": "text/"}]
            found = self._listed(key, texts, _FIELDS)
        kept = [each for each in found if not each.get("Filename") and each.get("Content")]
        return sorted(kept, key=lambda each: int(each["id"]))

    def _ours(self, key: str, marker: str) -> tuple[Comment, ...]:
        """Our comments with the marker, as they were written, the oldest first."""
        return tuple(
            self._comment(key, each)
            for each in self._texts(key)
            if ends_with(each["Content"], marker) and each["Creator"]["id"].casefold() == self._user
        )

    def _listed(self, key: str, only: list[dict[str, str]], fields: str) -> list[dict[str, Any]]:
        from rt.exceptions import NotFoundError

        try:
            return list(self._client.get_attachments(key, only, fields))
        except NotFoundError:  # how the client says that there are none
            return []

    def _comment(self, key: str, text: dict[str, Any]) -> Comment:
        number = text["TransactionId"]
        with self._asking(f"the comments of {self._name(key)} could not be read"):
            kind = self._client.get_transaction(number)["Type"]
        return Comment(
            id=str(number),
            body=text["Content"],
            url=f"{self._address(key)}#txn-{number}",
            public=kind != "Comment",
        )

    def _kept(self, ticket: dict[str, Any]) -> str:
        """What the field holds."""
        for field in ticket.get("CustomFields", ()):
            if field["name"] == self._field:
                return "\n".join(field["values"])
        raise TicketError(
            f"a ticket of {self._token.name} has no field {self._field!r}",
            cause="its queue has no such custom field, or this account may not see it",
            action="see docs/tickets.md: a custom field of the type Text, applied to the queue",
        )

    def _keep(self, key: str, body: str) -> None:
        """Put a result in the field, in the place of the case's earlier one."""
        kept = self._kept(self._ticket(key))
        marker = beginning_of(body)
        others = [each for each in _results(kept) if marker not in each]
        what = f"the field {self._field!r} of {self._name(key)} could not be changed"
        with self._asking(what):
            changed = {self._field: "\n\n".join([*others, body])}
            said = self._client.edit_ticket(key, CustomFields=changed)
        now = self._kept(self._ticket(key))
        if said and _result(now, marker) == body:
            return
        if now != kept:
            raise TicketBusyError(what, cause="somebody else changed it at the same moment")
        raise TicketAuthError(
            what, action="give the account the right ModifyCustomField on that field"
        )

    def _address(self, key: str) -> str:
        return f"{self._url}/Ticket/Display.html?id={key}"

    def _name(self, key: str) -> str:
        return f"{self._token.name}:{key}"

    @contextmanager
    def _asking(self, what: str) -> Iterator[None]:
        from rt.exceptions import ConnectionError as Unreachable
        from rt.exceptions import RtError

        hide = self._token.hide
        try:
            yield
        except _Refused as error:
            status = 403 if _DENIED.search(error.said) else error.status
            after = retry_after(error.after)
            raise refused(status, what, detail=hide(error.said), after=after) from None
        except (Unreachable, ConnectionError) as error:  # the client raises the one or the other
            raise refused(None, what, detail=hide(str(error.__cause__ or error))) from None
        except (RtError, ValueError, KeyError, TypeError) as error:
            raise TicketError(
                what,
                cause=f"the answer cannot be understood: {hide(str(error))}",
                action="check that `url` in the settings is RT's own address",
            ) from None


def _said(texts: list[dict[str, Any]]) -> list[str]:
    """What each transaction says: an e-mail may have said it in HTML once more."""
    plain = {each["TransactionId"] for each in texts if each["ContentType"] != "text/html"}
    html = {each["id"] for each in texts if each["ContentType"] == "text/html"}
    return [
        each["Content"]
        for each in texts
        if each["id"] not in html or each["TransactionId"] not in plain
    ]


def _check(response: Any) -> None:
    """Called with every answer, before the client looks at it."""
    if response.status_code < 400:
        return
    said = response.read().decode("utf-8", "replace")[:2_000]
    raise _Refused(response.status_code, said, response.headers.get("Retry-After"))


def _results(field: str) -> list[str]:
    """The results that a field holds, each to the line that it is found by."""
    found, lines = [], list[str]()
    for line in field.replace("\r\n", "\n").split("\n"):
        lines.append(line)
        if is_marker(line):
            found.append("\n".join(lines).strip("\n"))
            lines = []
    rest = "\n".join(lines).strip("\n")
    return [*found, rest] if rest else found


def _result(field: str, marker: str) -> str:
    return next((each for each in _results(field) if marker in each), "")
