"""Jira Cloud and Jira Data Center, through the ``jira`` client.

Version 2 of the REST API, which both speak and which takes comments in Jira's wiki markup.  With
``user`` the token is an API token (Cloud), without one a personal access token (Data Center).

A comment is internal by the property that Jira Service Management goes by
(``sd.public.comment``); other projects show it to everyone who sees the issue, unless the option
``visibility`` names a ``role:`` or ``group:``.  An attachment belongs to the issue as a whole: an
internal result comes without files, unless the option ``files: visible`` allows for that.
"""

from __future__ import annotations

import io
import itertools
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

from repro.errors import SettingsError, TicketAuthError, TicketError
from repro.model.ticket import Comment, Ticket, TicketKey, TicketPowers, Upload
from repro.settings import TicketSettings
from repro.ticket.message import ends_with
from repro.ticket.network import Network
from repro.ticket.tokens import Token
from repro.ticket.web import (
    READ_COMMENTS,
    address,
    asking,
    confine,
    each_of,
    of_response,
    require,
)

if TYPE_CHECKING:
    import requests
    from jira import JIRA
    from jira.resources import Comment as JiraComment

_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]*-[1-9][0-9]{0,9}", re.ASCII)
_PAGE = 100
_INTERNAL = "sd.public.comment"
#: What Jira says of the log-in, whatever the status ("Basic auth for REST APIs").
_LOGIN = "X-Seraph-LoginReason"
_NOT_LOGGED_IN = {
    "AUTHENTICATED_FAILED": "Jira does not know this token, or not with this `user`; API tokens "
    "expire after a year at most",
    "AUTHENTICATION_DENIED": "after failed log-ins, Jira asks this account for a CAPTCHA: log in "
    "with a browser once",
}


def connect(settings: TicketSettings, token: Token, network: Network) -> JiraSystem:
    """``url`` of the site; ``user`` for Jira Cloud; options ``visibility`` (``role:NAME`` or
    ``group:NAME``: who sees what is internal) and ``files``.
    """
    require("jira")
    return JiraSystem(settings, token, network)


class JiraSystem:
    """Issues, and requests of a service project."""

    def __init__(self, settings: TicketSettings, token: Token, network: Network) -> None:
        self._url = address(settings, "Jira")
        self._user = settings.user
        self._visibility = _visibility(settings)
        self.powers = TicketPowers(
            markup="jira",
            comment=32_767,
            file=10 * 2**20,
            internal=True,
            internal_files=settings.options.get("files") == "visible",
        )
        self._token = token
        self._network = network

    def read(self, key: str) -> Ticket:
        """The ticket's text and fields, by the names that people know them by."""
        with self._asking(f"{self._token.name}:{key} could not be read"):
            raw: dict[str, Any] = self._client.issue(_checked(key), expand="names").raw
            given, names = raw["fields"], raw.get("names") or {}
            comments = self._client.comments(key, start_at=0, max_results=READ_COMMENTS)
            return Ticket(
                key=TicketKey(system=self._token.name, key=key),
                title=given.get("summary") or "",
                text=given.get("description") or "",
                url=f"{self._url}/browse/{key}",
                fields=_told({names.get(field, field): given[field] for field in given}),
                comments=tuple(comment.body for comment in comments[:READ_COMMENTS]),
            )

    def find(self, key: str, marker: str) -> tuple[Comment, ...]:
        """Our comments there with the marker, the oldest first."""
        with self._asking(f"the comments of {self._token.name}:{key} could not be read"):
            found = [
                each
                for each in each_of(self._comments(_checked(key)))
                if ends_with(each.body, marker)
            ]
            ours = [each for each in found if _account(each.raw.get("author")) == self._own]
            oldest_first = sorted(ours, key=lambda each: int(each.id))
            return tuple(_comment(each, self._page(key)) for each in oldest_first)

    def create(self, key: str, body: str, *, public: bool) -> Comment:
        """Add a comment, an internal one unless ``public``."""
        what = f"no comment could be added to {self._token.name}:{key}"
        with self._asking(what):
            made = self._client.add_comment(_checked(key), body, **self._audience(public=public))
            if not made.raw.get("id"):
                raise TicketError(what, cause="Jira answered with no comment")
            # Who is no agent of a service project comments internally, whatever is asked for.
            public = public and made.raw.get("jsdPublic") is not False
            return _comment(made, self._page(key)).model_copy(update={"public": public})

    def update(self, key: str, comment: Comment, body: str) -> Comment:
        """Change the text of a comment; who sees it is told again, or Jira would forget it."""
        with self._asking(f"the comment of {self._token.name}:{key} could not be changed"):
            there = self._client.comment(_checked(key), comment.id)
            there.update(body=body, **self._audience(public=comment.public))
            return comment.model_copy(update={"body": body})

    def withdraw(self, key: str, comment: Comment) -> None:
        """Delete a comment of ours."""
        with self._asking(f"a comment of {self._token.name}:{key} could not be deleted"):
            self._client.comment(_checked(key), comment.id).delete()

    def files(self, key: str) -> dict[str, str]:
        """The issue's attachments."""
        with self._asking(f"the attachments of {self._token.name}:{key} could not be read"):
            raw = self._client.issue(_checked(key), fields="attachment").raw
            listed = raw["fields"].get("attachment") or []
            return {each["filename"]: each.get("content") or "" for each in listed}

    def attach(self, key: str, upload: Upload, *, public: bool) -> str:  # noqa: ARG002
        """Attach a file; its address."""
        with self._asking(f"{upload.name} could not be attached to {self._token.name}:{key}"):
            made = self._client.add_attachment(
                _checked(key),
                io.BytesIO(upload.data),
                upload.name,
            )
            return str(made.raw.get("content") or "")

    def close(self) -> None:
        """Let go of connections."""
        if "_client" in self.__dict__:
            self._client.close()  # type: ignore[no-untyped-call]

    @cached_property
    def _client(self) -> JIRA:
        from jira import JIRA

        client = JIRA(
            self._url,
            options={
                "verify": self._network.verify,
                "rest_api_version": "2",
                "check_update": False,
            },
            basic_auth=(self._user, self._token()) if self._user else None,
            token_auth=None if self._user else self._token(),
            get_server_info=False,
            max_retries=0,
        )
        confine(client._session, self._url, self._network)  # noqa: SLF001 - it takes no other
        return client

    @cached_property
    def _own(self) -> str:
        """The account of the token."""
        return _account(self._client.myself())

    def _audience(self, *, public: bool) -> dict[str, Any]:
        return {} if public else {"is_internal": True, "visibility": self._visibility}

    def _page(self, key: str) -> str:
        return f"{self._url}/browse/{key}?focusedCommentId="

    def _comments(self, key: str) -> Iterator[JiraComment]:
        """Page by page; Data Center may give them all at once."""
        seen: set[str] = set()
        for start in itertools.count(0, _PAGE):
            page = self._client.comments(
                key, expand="properties", start_at=start, max_results=_PAGE, order_by="created"
            )
            fresh = [each for each in page if each.id not in seen]
            seen.update(each.id for each in fresh)
            yield from fresh
            if len(page) != _PAGE or not fresh:
                return

    @contextmanager
    def _asking(self, what: str) -> Iterator[None]:
        from jira import JIRAError

        with asking(what, self._token.hide):
            try:
                yield
            except JIRAError as error:
                # Its own text shows the headers of the request, and so the token.
                if error.response is not None:
                    raise _of_response(error.response, what, self._token) from None
                raise TicketError(what, cause=self._token.hide(error.text or "")) from None


def _of_response(response: requests.Response, what: str, token: Token) -> TicketError:
    """Jira may take a token that it does not know for nobody's, who may see nothing: 404."""
    told = response.headers.get(_LOGIN, "")
    reason = next((said for name, said in _NOT_LOGGED_IN.items() if name in told), None)
    if reason is None:
        return of_response(response, what, token.hide)
    return TicketAuthError(what, cause=f"HTTP status {response.status_code}: {reason}")


def _checked(key: str) -> str:
    if not _KEY.fullmatch(key):
        raise TicketError(f"{key!r} should be written PROJECT-NUMBER")
    return key


def _visibility(settings: TicketSettings) -> dict[str, str] | None:
    text = settings.options.get("visibility")
    if text is None:
        return None
    kind, _, name = text.partition(":")
    if kind not in ("role", "group") or not name:
        raise SettingsError(f"`visibility: {text}` should be written role:NAME or group:NAME")
    return {"type": kind, "value": name}


def _comment(comment: JiraComment, page: str) -> Comment:
    raw = comment.raw
    marked = [each.get("value") or {} for each in raw.get("properties") or ()
              if each.get("key") == _INTERNAL]  # fmt: skip
    internal = any(value.get("internal") for value in marked) or raw.get("jsdPublic") is False
    public = not internal and not raw.get("visibility")
    return Comment(id=str(raw["id"]), body=raw["body"], url=f"{page}{raw['id']}", public=public)


def _account(user: dict[str, Any] | None) -> str:
    """What identifies a person: Cloud has account ids, Data Center names."""
    given = user or {}
    return str(given.get("accountId") or given.get("name") or "")


def _told(fields: dict[str, Any]) -> dict[str, str]:
    """The fields that hold a word or a few; texts and structures of Jira's own are left out."""
    told = {str(name): _word(value) for name, value in fields.items()}
    return {name: value for name, value in told.items() if value}


def _word(value: Any) -> str:
    if isinstance(value, str):
        return value if len(value) <= 300 else ""
    if isinstance(value, list):
        return ", ".join(filter(None, map(_word, value)))
    if isinstance(value, dict):
        return next((_word(value[key]) for key in ("name", "value") if key in value), "")
    return ""
