"""GitLab, Jira and Zendesk, as small as adapters need them; each has one ticket."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from typing import Any

from tests.services import Answer, Asked, Handle, Service


@dataclass
class Said:
    """A comment that a service keeps."""

    id: int
    body: str
    public: bool
    files: list[str] = field(default_factory=list)


class TicketService(Service):
    """What the three have in common: the comments, and the names of files on the ticket."""

    key = ""

    def __init__(self) -> None:
        super().__init__()
        self.comments: list[Said] = []
        self.uploaded: list[str] = []

    def add(self, body: str, *, public: bool, files: list[str] | None = None) -> Said:
        self.comments.append(Said(101 + len(self.comments), body, public, files or []))
        return self.comments[-1]

    def change(self, asked: Asked) -> Said:
        said = next(each for each in self.comments if str(each.id) == asked.found[0])
        said.body = asked.given["body"]
        return said

    def delete(self, asked: Asked) -> Answer:
        there = [each for each in self.comments if str(each.id) == asked.found[0]]
        self.comments = [each for each in self.comments if each not in there]
        return Answer(204) if there else self.missing()

    def upload(self, asked: Asked) -> str:
        """The name of a file that came as a form."""
        found = re.search(rb'filename="([^"]+)"', asked.body)
        assert found is not None
        self.uploaded.append(found[1].decode())
        return self.uploaded[-1]


class GitlabService(TicketService):
    """REST API v4."""

    key = "acme/shop#7"

    def routes(self) -> dict[tuple[str, str], Handle]:
        project = "/api/v4/projects/acme%2Fshop"
        notes = f"{project}/issues/7/notes"
        return {
            ("GET", "/api/v4/user"): lambda _: Answer(200, {"id": 7, "username": "bot"}),
            ("GET", project): lambda _: Answer(200, {"id": 1}),
            ("GET", f"{project}/issues/7"): lambda _: Answer(
                200, {"iid": 7, "title": "It fails", "state": "opened", "description": "It fails."}
            ),
            ("GET", notes): lambda _: Answer(200, [*map(self._note, self.comments)]),
            ("POST", notes): lambda asked: Answer(201, self._note(self._add(asked))),
            ("PUT", f"{notes}/([0-9]+)"): lambda asked: Answer(200, self._note(self.change(asked))),
            ("DELETE", f"{notes}/([0-9]+)"): self.delete,
            ("POST", "/api/v4/projects/1/uploads"): self._upload,
        }

    def _add(self, asked: Asked) -> Said:
        return self.add(asked.given["body"], public=not asked.given.get("internal"))

    def _note(self, said: Said) -> dict[str, Any]:
        author = {"username": "bot"}
        return {"id": said.id, "body": said.body, "internal": not said.public, "system": False,
                "author": author}  # fmt: skip

    def _upload(self, asked: Asked) -> Answer:
        name = self.upload(asked)
        url = f"/uploads/{len(self.uploaded):032x}/{name}"
        return Answer(201, {"url": url, "full_path": f"/-{url}", "markdown": f"[{name}]({url})"})


class JiraService(TicketService):
    """REST API v2 of the Cloud; Data Center gives all comments at once, oldest first."""

    key = "SUP-7"
    cloud = True

    def routes(self) -> dict[tuple[str, str], Handle]:
        issue = "/rest/api/2/issue/SUP-7"
        one = f"{issue}/comment/([0-9]+)"
        return {
            ("GET", "/rest/api/2/myself"): lambda _: Answer(200, {"accountId": "bot"}),
            ("GET", issue): lambda _: Answer(200, self._issue()),
            ("GET", f"{issue}/comment"): self._list,
            ("POST", f"{issue}/comment"): lambda asked: Answer(
                201, self._comment(self.add(asked.given["body"], public=self._is_public(asked)))
            ),
            ("GET", one): lambda asked: Answer(200, self._comment(self._one(asked))),
            ("PUT", one): lambda asked: Answer(200, self._comment(self._changed(asked))),
            ("DELETE", one): self.delete,
            ("POST", f"{issue}/attachments"): self._attach,
        }

    def _issue(self) -> dict[str, Any]:
        files = [{"filename": name, "content": f"{self.base}/{name}"} for name in self.uploaded]
        fields = {"summary": "It fails", "description": "It fails.", "attachment": files}
        return {"id": "10", "key": "SUP-7", "self": self.base, "fields": fields}

    def _list(self, asked: Asked) -> Answer:
        shown = self.comments
        if self.cloud:
            start, size = int(asked.query["startAt"]), int(asked.query["maxResults"])
            newest_first = asked.query.get("orderBy") == "-created"
            shown = (shown[::-1] if newest_first else shown)[start : start + size]
        return Answer(200, {"comments": [self._comment(each) for each in shown]})

    def _one(self, asked: Asked) -> Said:
        return next(each for each in self.comments if str(each.id) == asked.found[0])

    def _is_public(self, asked: Asked) -> bool:
        given = asked.given.get("properties") or [{"value": {"internal": False}}]
        return not given[0]["value"]["internal"]

    def _changed(self, asked: Asked) -> Said:
        """Whoever may see it is told anew at every change."""
        said = self.change(asked)
        said.public = self._is_public(asked)
        return said

    def _comment(self, said: Said) -> dict[str, Any]:
        own = f"{self.base}/rest/api/2/issue/SUP-7/comment/{said.id}"
        return {"id": str(said.id), "body": said.body, "jsdPublic": said.public, "self": own,
                "author": {"accountId": "bot"}}  # fmt: skip

    def _attach(self, asked: Asked) -> Answer:
        name = self.upload(asked)
        made = {"id": "1", "filename": name, "size": 1, "content": f"{self.base}/{name}"}
        return Answer(200, [{**made, "self": f"{self.base}/a/1"}])


class ZendeskService(TicketService):
    """The Ticketing API; its comments carry the files that were uploaded for them."""

    key = "35436"

    def routes(self) -> dict[tuple[str, str], Handle]:
        ticket = "/api/v2/tickets/35436"
        return {
            ("GET", "/api/v2/users/me.json"): lambda _: Answer(200, {"user": {"id": 77}}),
            ("GET", f"{ticket}.json"): lambda _: Answer(200, {"ticket": self._ticket()}),
            ("PUT", f"{ticket}.json"): self._add,
            ("GET", f"{ticket}/comments.json"): self._list,
            ("POST", "/api/v2/uploads.json"): self._upload,
            ("GET", "/api/v2/ticket_fields.json"): lambda _: Answer(
                200, {"ticket_fields": [], "meta": {"has_more": False}}
            ),
        }

    def missing(self) -> Answer:
        return Answer(404, {"error": "RecordNotFound", "description": "Not found"})

    def _ticket(self) -> dict[str, Any]:
        return {"id": 35436, "subject": "It fails", "description": "It fails.", "status": "open",
                "priority": None, "tags": [], "custom_fields": []}  # fmt: skip

    def _add(self, asked: Asked) -> Answer:
        given = asked.given["ticket"]["comment"]
        names = [self.uploaded[int(token)] for token in given.get("uploads", ())]
        said = self.add(given["html_body"], public=given["public"], files=names)
        event = {"id": said.id, "type": "Comment", "public": said.public}
        audit = {"id": 1, "ticket_id": 35436, "events": [event]}
        return Answer(200, {"ticket": self._ticket(), "audit": audit})

    def _list(self, _: Asked) -> Answer:
        shown = [
            {
                "id": each.id,
                "author_id": 77,
                "public": each.public,
                "html_body": each.body.replace("·", "&middot;"),
                "plain_body": html.unescape(each.body),
                "attachments": [
                    {"id": 1, "file_name": name, "content_url": f"{self.base}/{name}"}
                    for name in each.files
                ],
            }
            for each in self.comments
        ]
        return Answer(200, {"comments": shown, "meta": {"has_more": False}, "links": {}})

    def _upload(self, asked: Asked) -> Answer:
        self.uploaded.append(asked.query["filename"])
        token = str(len(self.uploaded) - 1)
        made = {"id": 1, "file_name": self.uploaded[-1], "content_url": f"{self.base}/f"}
        return Answer(201, {"upload": {"token": token, "attachment": made}})
