"""Redmine 5.0 or later, through python-redmine.

A comment is a journal of the issue: added with ``notes`` and ``private_notes`` of
``PUT /issues/ID.json``, changed by ``PUT /journals/ID.json`` (REST API of Redmine, "Issues" and
"Issue Journals").  Redmine has no private files: whoever sees the issue sees what is attached.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from repro.errors import SettingsError, TicketAuthError, TicketError
from repro.model.ticket import Comment, Markup, Ticket, TicketKey, TicketPowers, Upload
from repro.settings import TicketSettings
from repro.ticket.tokens import Token
from repro.ticket.trouble import TIMEOUT
from repro.ticket.web import READ_COMMENTS, address, asking, one_try, require

if TYPE_CHECKING:
    import requests
    from redminelib import Redmine
    from redminelib.engines import BaseEngine

#: What an account needs so that its notes are private; without it Redmine publishes them.
_PRIVATE = "set_notes_private"


def connect(settings: TicketSettings, token: Token, ca_bundle: Path | None) -> RedmineSystem:
    """``url``: Redmine's address.  Options: ``markup`` (textile or markdown, as Redmine is set),
    ``files: visible`` (who sees the issue may see evidence).
    """
    require("redminelib")
    return RedmineSystem(settings, token, ca_bundle)


class RedmineSystem:
    """Issues."""

    def __init__(self, settings: TicketSettings, token: Token, ca_bundle: Path | None) -> None:
        self._url = address(settings, "Redmine")
        self._token = token
        self._verify: str | bool = str(ca_bundle) if ca_bundle else True
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

    def find(self, key: str, marker: str) -> Comment | None:
        """Our newest note there that has the marker in its text."""
        issue = self._issue(key)
        own = self._account["id"]
        ours = (each for each in issue["journals"] if each["user"]["id"] == own)
        found = [self._comment(key, each) for each in ours if marker in (each.get("notes") or "")]
        return found[-1] if found else None

    def create(self, key: str, body: str, *, public: bool) -> Comment:
        """Add a note, a private one unless ``public``."""
        if not public:
            self._must_be_private(key)
        with self._asking(f"no comment could be added to {self._name(key)}"):
            self._client.issue.update(int(key), notes=body, private_notes=not public)
        made = self.find(key, body.splitlines()[-1])
        if made is None:
            raise TicketError(
                f"the comment on {self._name(key)} is not to be seen",
                cause="Redmine took it, but this account may not see it, or a plug-in changed it",
            )
        return made

    def update(self, key: str, comment: Comment, body: str) -> Comment:
        """Change a note's text; who sees it stays."""
        with self._asking(f"the comment of {self._name(key)} could not be changed"):
            self._client.issue_journal.update(int(comment.id), notes=body)
        return comment.model_copy(update={"body": body})

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
            self._url, key=self._token(), requests={"verify": self._verify}, engine=_engine()
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
            except (BaseRedmineError, KeyError, TypeError) as error:
                raise TicketError(
                    what,
                    cause=f"the answer cannot be understood: {self._token.hide(str(error))}",
                    action="check that `url` in the settings is Redmine's own address",
                ) from None


def _markup(settings: TicketSettings) -> Markup:
    asked = settings.options.get("markup", "textile")
    if asked not in ("textile", "markdown"):
        raise SettingsError(f"`markup` of a Redmine should be textile or markdown, not {asked!r}")
    return cast("Markup", asked)


def _engine() -> type[BaseEngine]:
    """python-redmine's own, with a limit of time, and with answers that say when to try again."""
    from redminelib.engines import SyncEngine

    class Engine(SyncEngine):  # type: ignore[misc]
        @staticmethod
        def create_session(**params: Any) -> requests.Session:
            session = one_try(params.pop("verify"))
            for name, value in params.items():
                setattr(session, name, value)
            return session

        @staticmethod
        def construct_request_kwargs(*given: Any) -> dict[str, Any]:
            made = SyncEngine.construct_request_kwargs(*given)
            return {**made, "timeout": TIMEOUT}

    return Engine
