"""GitHub and GitHub Enterprise Server, through PyGithub.

A key is ``OWNER/REPOSITORY#NUMBER``; a pull request's conversation is that of an issue.  Comments
are Markdown and public to whoever sees the repository.  The API takes no files (REST API,
version 2022-11-28, "Issues" and "Issue comments").
"""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from repro.errors import TicketBusyError, TicketError
from repro.model.ticket import Comment, Ticket, TicketKey, TicketPowers, Upload
from repro.settings import TicketSettings
from repro.ticket.message import ends_with
from repro.ticket.network import Network
from repro.ticket.tokens import Token
from repro.ticket.trouble import TIMEOUT, refused, retry_after
from repro.ticket.web import READ_COMMENTS, address, asking, confine, each_of, require

if TYPE_CHECKING:
    import requests
    from github import GithubException
    from github.Issue import Issue
    from github.IssueComment import IssueComment
    from github.Requester import Requester

_KEY = re.compile(r"([\w.-]+/[\w.-]+)#([1-9][0-9]{0,9})", re.ASCII)
#: Seconds to wait after a secondary rate limit that does not say how long.
_SECONDARY = 60.0


def connect(settings: TicketSettings, token: Token, network: Network) -> GithubSystem:
    """``url``: that of an Enterprise Server; left out: github.com.  ``user``: the login that the
    token stands for, where it may not ask for it itself (as one of GitHub Actions).
    """
    require("github")
    return GithubSystem(settings, token, network)


class GithubSystem:
    """Issues and pull requests."""

    powers = TicketPowers(markup="markdown", comment=65_536, file=0)

    def __init__(self, settings: TicketSettings, token: Token, network: Network) -> None:
        self._api = api_address(settings)
        self._login = settings.user
        self._token = token
        self._network = network

    def read(self, key: str) -> Ticket:
        """The ticket's text and fields."""
        with self._asking(f"{self._token.name}:{key} could not be read"):
            issue = self._lazy(key).complete()
            fields = {
                "state": issue.state,
                "labels": ", ".join(label.name for label in issue.labels),
                "milestone": issue.milestone.title if issue.milestone else "",
                "repository": key.partition("#")[0],
            }
            comments = itertools.islice(issue.get_comments(), READ_COMMENTS)
            return Ticket(
                key=TicketKey(system=self._token.name, key=key),
                title=issue.title or "",
                text=issue.body or "",
                url=issue.html_url or "",
                fields={name: value for name, value in fields.items() if value},
                comments=tuple(comment.body or "" for comment in comments),
            )

    def find(self, key: str, marker: str) -> tuple[Comment, ...]:
        """Our comments there with the marker; GitHub lists them by their ids, the oldest first."""
        with self._asking(f"the comments of {self._token.name}:{key} could not be read"):
            return tuple(
                _comment(each)
                for each in each_of(self._lazy(key).get_comments())
                if ends_with(each.body or "", marker) and self._is_ours(each)
            )

    def create(self, key: str, body: str, *, public: bool) -> Comment:  # noqa: ARG002
        """Add a comment; GitHub has public ones only."""
        with self._asking(f"no comment could be added to {self._token.name}:{key}"):
            return _comment(self._lazy(key).create_comment(body))

    def update(self, key: str, comment: Comment, body: str) -> Comment:
        """Change the text of a comment."""
        with self._asking(f"the comment of {self._token.name}:{key} could not be changed"):
            there = self._lazy(key).get_comment(int(comment.id))
            there.edit(body)
            return _comment(there)

    def withdraw(self, key: str, comment: Comment) -> None:
        """Delete a comment of ours."""
        with self._asking(f"a comment of {self._token.name}:{key} could not be deleted"):
            self._lazy(key).get_comment(int(comment.id)).delete()

    def files(self, key: str) -> dict[str, str]:  # noqa: ARG002
        """None: its API knows no files of an issue."""
        return {}

    def attach(self, key: str, upload: Upload, *, public: bool) -> str:  # noqa: ARG002
        """Raises TicketError."""
        raise TicketError(f"{upload.name} cannot be attached: GitHub's API takes no files")

    def close(self) -> None:
        """Let go of connections."""
        if "_client" in self.__dict__:
            self._client.close()

    @cached_property
    def _client(self) -> Requester:
        from github import Auth

        # The waiting and trying again of the client is off; between two writes it waits a second,
        # as GitHub asks ("Best practices for using the REST API").
        return _requester(self._api, self._network)(
            auth=Auth.Token(self._token()),
            base_url=self._api,
            timeout=int(TIMEOUT[1]),
            user_agent="repro",
            per_page=100,
            verify=self._network.verify,
            retry=None,
            pool_size=None,
            seconds_between_writes=1.0,
            lazy=True,
        )

    @cached_property
    def _own(self) -> str:
        """The login of the token's account."""
        from github.AuthenticatedUser import AuthenticatedUser

        return self._login or AuthenticatedUser(self._client, url="/user").login

    def _is_ours(self, comment: IssueComment) -> bool:
        """Logins are the same in capital and small letters."""
        return bool(comment.user) and comment.user.login.lower() == self._own.lower()

    def _lazy(self, key: str) -> Issue:
        """The issue, not asked for yet."""
        from github.Issue import Issue

        found = _KEY.fullmatch(key)
        if found is None:
            raise TicketError(f"{key!r} should be written OWNER/REPOSITORY#NUMBER")
        return Issue(self._client, url=f"/repos/{found[1]}/issues/{found[2]}")

    @contextmanager
    def _asking(self, what: str) -> Iterator[None]:
        from github import GithubException

        with asking(what, self._token.hide):
            try:
                yield
            except GithubException as error:
                raise _trouble(error, what, self._token) from None
            except (RuntimeError, AssertionError) as error:
                # What the client says of a server that redirects, or names another one.
                raise TicketError(
                    what,
                    cause=f"it points to another server: {self._token.hide(str(error))}",
                    action="check `url` in the settings, https or http included",
                ) from None


def api_address(settings: TicketSettings) -> str:
    """Where the REST API is: github.com and its relatives have a host for it."""
    if not settings.url:
        return "https://api.github.com"
    url = address(settings, "GitHub Enterprise Server")
    host = urlsplit(url).hostname or ""
    if host.startswith("api.") or url.endswith("/api/v3"):
        return url
    hosted = host == "github.com" or host.endswith(".ghe.com")
    return f"https://api.{host}" if hosted else f"{url}/api/v3"


def _requester(url: str, network: Network) -> type[Requester]:
    """The client's own way to ask, confined to one server."""
    from github.Requester import HTTPRequestsConnectionClass as Plain
    from github.Requester import HTTPSRequestsConnectionClass as Secure
    from github.Requester import Requester

    class ConfinedPlain(Plain):
        def __init__(self, *given: Any, **named: Any) -> None:
            super().__init__(*given, **named)
            _confine(self.session, url, network)

    class ConfinedSecure(Secure):
        def __init__(self, *given: Any, **named: Any) -> None:
            super().__init__(*given, **named)
            _confine(self.session, url, network)

    class Confined(Requester):
        """Its connections are a matter of the class; the client's own class stays as it is."""

    Confined.injectConnectionClasses(ConfinedPlain, ConfinedSecure)
    return Confined


def _confine(session: requests.Session, url: str, network: Network) -> None:
    """The client follows a lasting redirect, and takes any other one for an empty answer."""
    import requests

    def stay(response: requests.Response, *_: Any, **__: Any) -> None:
        if response.is_redirect and response.status_code != requests.codes.moved_permanently:
            response.close()
            raise requests.TooManyRedirects("it redirects", response=response)

    session.hooks["response"].append(stay)
    confine(session, url, network)


def _comment(comment: IssueComment) -> Comment:
    if not comment.id or not comment.body:
        raise TicketError(
            "GitHub took the request and answered with no comment",
            cause="the repository was renamed, the issue was moved, or a proxy or a login page "
            "answered in GitHub's place",
            action="look where it is now, and write the new key; check `url` in the settings",
        )
    url = comment.html_url or ""
    return Comment(id=str(comment.id), body=comment.body, url=url, public=True)


def _trouble(error: GithubException, what: str, token: Token) -> TicketError:
    """GitHub says 403 of both a missing right and a rate limit ("Rate limits for the REST API")."""
    headers = error.headers or {}
    data = error.data if isinstance(error.data, dict) else {}
    said = token.hide(str(data.get("message", "")))
    after = _after(headers, said)
    if error.status in (403, 429) and after is not None:
        return TicketBusyError(what, after=after, cause=f"GitHub's rate limit: {said}")
    return refused(error.status, what, detail=said, after=after)


def _after(headers: dict[str, str], said: str) -> float | None:
    asked = retry_after(headers.get("retry-after"))
    if asked is not None:
        return asked
    if headers.get("x-ratelimit-remaining") == "0":
        reset = headers.get("x-ratelimit-reset", "")
        return max(0.0, float(reset) - time.time()) if reset.isdigit() else _SECONDARY
    return _SECONDARY if "rate limit" in said.lower() else None
