"""Redmine 5.0 or later, through python-redmine.

A comment is a journal of the issue: added with ``notes`` and ``private_notes`` of
``PUT /issues/ID.json``, changed by ``PUT /journals/ID.json`` (REST API of Redmine, "Issues" and
"Issue Journals").  Redmine has no private files: whoever sees the issue sees what is attached.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from repro.errors import SettingsError, TicketAuthError, TicketBusyError, TicketError
from repro.model.ticket import Comment, Markup, Ticket, TicketKey, TicketPowers, Upload
from repro.settings import TicketSettings
from repro.ticket.message import ends_with
from repro.ticket.network import Network
from repro.ticket.tokens import Token
from repro.ticket.web import READ_COMMENTS, Refused, address, asking, one_try, require, unclear

if TYPE_CHECKING:
    import requests
    from redminelib import Redmine
    from redminelib.engines import BaseEngine

#: What an account needs so that its notes are private; without it Redmine publishes them.
_PRIVATE = "set_notes_private"
_RARE = re.compile("[\U00010000-\U0010ffff]")
_MARKUPS: dict[str, Markup] = {"textile": "textile", "markdown": "redmine-markdown"}


def connect(settings: TicketSettings, token: Token, network: Network) -> RedmineSystem:
    """``url``: Redmine's address.  Options: ``markup`` (textile or markdown, as Redmine is set),
    ``files: visible`` (who sees the issue may see evidence).
    """
    require("redminelib")
    return RedmineSystem(settings, token, network)


class RedmineSystem:
    """Issues."""

    def __init__(self, settings: TicketSettings, token: Token, network: Network) -> None:
        self._url = address(settings, "Redmine")
        self._token = token
        self._network = network
        self.powers = TicketPowers(
            markup=_markup(settings),
            internal=True,
            internal_files=settings.options.get("files") == "visible",
        )

    def read(self, key: str) -> Ticket:
        """The issue's text and fields; private notes too, where the account sees them."""
        issue = self._issue(key)
        fields = {
            name: str(issue[name]["name"])
            for name in ("project", "tracker", "status", "priority", "category", "fixed_version")
            if issue.get(name)
        }
        for field in issue.get("custom_fields", ()):
            if field.get("value"):
                fields[field["name"]] = str(field["value"])
        notes = [each["notes"] for each in issue["journals"] if each.get("notes")]
        return Ticket(
            key=TicketKey(system=self._token.name, key=key),
            title=issue["subject"],
            text=issue.get("description") or "",
            url=f"{self._url}/issues/{key}",
            fields=fields,
            comments=tuple(notes[:READ_COMMENTS]),
        )

    def find(self, key: str, marker: str) -> tuple[Comment, ...]:
        """Our notes there with the marker, the oldest first."""
        own = self._account["id"]
        ours = [
            each
            for each in self._issue(key)["journals"]
            if each.get("user", {}).get("id") == own and ends_with(each.get("notes") or "", marker)
        ]
        return tuple(self._comment(key, each) for each in sorted(ours, key=lambda each: each["id"]))

    def create(self, key: str, body: str, *, public: bool) -> Comment:
        """Add a note, a private one unless ``public``."""
        if not public:
            self._must_be_private(key)
        marker = body.splitlines()[-1]
        with self._asking(f"no comment could be added to {self._name(key)}"):
            try:
                self._client.issue.update(int(key), notes=body, private_notes=not public)
            except Refused as error:
                plain = _without_rare(body, error)
                if not self.find(key, marker):
                    self._client.issue.update(int(key), notes=plain, private_notes=not public)
        made = self.find(key, marker)
        if not made:
            raise TicketError(
                f"the comment on {self._name(key)} is not to be seen",
                cause="Redmine took it, but this account may not see it, or a plug-in changed it",
            )
        return made[-1]

    def update(self, key: str, comment: Comment, body: str) -> Comment:
        """Change a note's text; who sees it stays."""
        with self._asking(f"the comment of {self._name(key)} could not be changed"):
            try:
                self._client.issue_journal.update(int(comment.id), notes=body)
            except Refused as error:
                body = _without_rare(body, error)
                self._client.issue_journal.update(int(comment.id), notes=body)
        return comment.model_copy(update={"body": body})

    def withdraw(self, key: str, comment: Comment) -> None:
        """Empty a note, which removes it."""
        with self._asking(f"a comment of {self._name(key)} could not be removed"):
            self._client.issue_journal.update(int(comment.id), notes="")

    def files(self, key: str) -> dict[str, str]:
        """What is attached."""
        found = self._issue(key).get("attachments", ())
        return {each["filename"]: each["content_url"] for each in found}

    def attach(self, key: str, upload: Upload, *, public: bool) -> str:  # noqa: ARG002
        """Attach a file; everyone who sees the issue sees it."""
        with self._asking(f"{upload.name} could not be attached to {self._name(key)}"):
            made = self._client.upload(io.BytesIO(upload.data), filename=upload.name)
            given = {"token": made["token"], "filename": upload.name, "content_type": upload.type}
            self._client.issue.update(int(key), uploads=[given])
        return f"{self._url}/attachments/{made['id']}"

    def close(self) -> None:
        """Let go of connections."""
        if "_client" in self.__dict__:
            self._client.engine.session.close()

    @cached_property
    def _client(self) -> Redmine:
        from redminelib import Redmine

        return Redmine(
            self._url, key=self._token(), engine=_engine(one_try(self._url, self._network))
        )

    @cached_property
    def _account(self) -> dict[str, Any]:
        """The token's account, with its memberships."""
        with self._asking(f"{self._token.name} does not say whose token it is"):
            return self._get("users/current", "user", include="memberships")

    def _issue(self, key: str) -> dict[str, Any]:
        if not key.isascii() or not key.isdigit():
            raise TicketError(f"{self._name(key)} should be an issue's number")
        with self._asking(f"{self._name(key)} could not be read"):
            issue = self._get(f"issues/{key}", "issue", include="journals,attachments")
            return {"journals": [], **issue}

    def _must_be_private(self, key: str) -> None:
        """Raises TicketAuthError where Redmine would publish what was meant to be private."""
        if self._account.get("admin"):
            return
        project = self._issue(key)["project"]["id"]
        memberships = self._account.get("memberships", ())
        roles = {
            role["id"]
            for each in memberships
            if each["project"]["id"] == project
            for role in each["roles"]
        }
        with self._asking(f"{self._token.name} does not say what a role may do"):
            granted = [self._get(f"roles/{role}", "role")["permissions"] for role in sorted(roles)]
        if not any(_PRIVATE in permissions for permissions in granted):
            raise TicketAuthError(
                f"no private note can be added to {self._name(key)}",
                cause="no role of this account has the permission to set notes as private; "
                "Redmine would show the note to everyone who sees the issue",
                action="give its role that permission, or say --public",
            )

    def _get(self, path: str, part: str, **params: str) -> dict[str, Any]:
        answer = self._client.engine.request("get", f"{self._url}/{path}.json", params=params)
        return cast("dict[str, Any]", answer[part])

    def _comment(self, key: str, journal: dict[str, Any]) -> Comment:
        return Comment(
            id=str(journal["id"]),
            body=journal["notes"],
            url=f"{self._url}/issues/{key}#change-{journal['id']}",
            public=not journal.get("private_notes"),
        )

    def _name(self, key: str) -> str:
        return f"{self._token.name}:{key}"

    @contextmanager
    def _asking(self, what: str) -> Iterator[None]:
        from redminelib.exceptions import BaseRedmineError

        with asking(what, self._token.hide):
            try:
                yield
            except Refused as error:
                if not _conflicts(error.response):
                    raise
                raise TicketBusyError(
                    what, after=1.0, cause="somebody else changed the issue at the same moment"
                ) from None
            except BaseRedmineError as error:
                raise unclear(error, what, self._token.hide) from None


def _markup(settings: TicketSettings) -> Markup:
    asked = settings.options.get("markup", "textile")
    if asked not in _MARKUPS:
        raise SettingsError(f"`markup` of a Redmine should be textile or markdown, not {asked!r}")
    return _MARKUPS[asked]


def _conflicts(response: requests.Response) -> bool:
    """Redmine locks no issue: of two changes at once, it refuses one without saying why."""
    return response.status_code == 422 and response.text.replace(" ", "") == '{"errors":[]}'


def _without_rare(body: str, error: Refused) -> str:
    """The text for another try, with code points in place of characters beyond U+FFFF: a database
    that keeps three bytes of each (MySQL's utf8) cannot store those, and Redmine fails with 500.
    Raises the error where that is not it.
    """
    plain = _RARE.sub(lambda found: f"U+{ord(found[0]):X}", body)
    if error.response.status_code != 500 or plain == body:
        raise error
    return plain


def _engine(session: requests.Session) -> type[BaseEngine]:
    """python-redmine's own, with a session of ours."""
    from redminelib.engines import SyncEngine

    class Engine(SyncEngine):  # type: ignore[misc]
        @staticmethod
        def create_session(**params: Any) -> requests.Session:
            for name, value in params.items():
                setattr(session, name, value)
            return session

    return Engine
