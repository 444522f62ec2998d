"""A small GitHub on loopback, and in front of it a proxy that holds every request and response
against GitHub's published OpenAPI description (Prism; scripts/test-servers.sh fetches both).
"""

from __future__ import annotations

import json
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.browser import NPM
from tests.servers import Server, free_port
from tests.services import Answer, Asked, Handle, Service

PRISM = NPM / "prism-5.14.2" / "node_modules" / ".bin" / "prism"
DESCRIPTIONS = NPM / "octokit-openapi-23.0.2.tgz"
#: Where the client looks for the API of a server that is not github.com.
PREFIX = "/api/v3"
_REPOSITORY = f"{PREFIX}/repos/acme/shop"
_ABOUT = {"documentation_url": "https://docs.github.com/rest"}
_ISSUE = "/repos/{owner}/{repo}/issues/{issue_number}"
#: The operations that are used; all others of the description are left out.
PATHS = (
    "/user",
    _ISSUE,
    f"{_ISSUE}/comments",
    "/repos/{owner}/{repo}/issues/comments/{comment_id}",
)


def description(name: str) -> dict[str, Any]:
    """One of the published descriptions, with what is used of it."""
    with tarfile.open(DESCRIPTIONS) as archive:
        member = archive.extractfile(f"package/generated/{name}.json")
        assert member is not None
        whole = json.load(member)
    paths = {f"{PREFIX}{path}": whole["paths"][path] for path in PATHS}
    kept: dict[str, dict[str, Any]] = {}
    _follow(paths, whole["components"], kept)
    return {"openapi": whole["openapi"], "info": whole["info"], "paths": paths, "components": kept}


def _follow(value: Any, components: dict[str, Any], kept: dict[str, dict[str, Any]]) -> None:
    """Keep every component that the value refers to, and what those refer to."""
    if isinstance(value, list):
        for each in value:
            _follow(each, components, kept)
    elif isinstance(value, dict):
        if str(value.get("$ref", "")).startswith("#/components/"):
            kind, name = value["$ref"].split("/")[2:]
            if name not in kept.setdefault(kind, {}):
                kept[kind][name] = components[kind][name]
                _follow(components[kind][name], components, kept)
        for each in value.values():
            _follow(each, components, kept)


class Github(Service):
    """The issues of acme/shop, with their comments."""

    def __init__(self, examples: dict[str, Any]) -> None:
        super().__init__()
        self.examples = examples
        self.login = "repro-bot"
        self.proxy = ""
        self.clear()

    def clear(self) -> None:
        """One issue, and nothing on it."""
        self.comments: dict[int, list[dict[str, Any]]] = {7: []}
        self.deleted: set[int] = set()
        self.locked: set[int] = set()
        self.before, self.after, self.asked = [], [], []

    def add(self, issue: int, body: str, login: str) -> dict[str, Any]:
        """A comment of somebody's."""
        made = self._example("issue-comment")
        made["id"] = 1001 + sum(map(len, self.comments.values()))
        made["url"] = f"{self.proxy}{_REPOSITORY}/issues/comments/{made['id']}"
        made["body"] = body
        made["user"]["login"] = login
        self.comments[issue].append(made)
        return made

    def routes(self) -> dict[tuple[str, str], Handle]:
        issue = rf"{_REPOSITORY}/issues/(\d+)"
        return {
            ("GET", f"{PREFIX}/user"): self._user,
            ("GET", issue): self._issue,
            ("GET", f"{issue}/comments"): self._list,
            ("POST", f"{issue}/comments"): self._create,
            ("PATCH", rf"{_REPOSITORY}/issues/comments/(\d+)"): self._edit,
            ("DELETE", rf"{_REPOSITORY}/issues/comments/(\d+)"): self._delete,
        }

    def _example(self, name: str) -> dict[str, Any]:
        made: dict[str, Any] = json.loads(json.dumps(self.examples[name]["value"]))
        return made

    def _user(self, _: Asked) -> Answer:
        user = self._example("private-user-response-with-public-profile-information")
        return Answer(200, {**user, "login": self.login})

    def _gone(self, issue: int) -> Answer | None:
        if issue in self.deleted:
            return Answer(410, {"message": "This issue was deleted", **_ABOUT})
        return None if issue in self.comments else Answer(404, {"message": "Not Found", **_ABOUT})

    def _issue(self, asked: Asked) -> Answer:
        issue = int(asked.found[0])
        own = {"number": issue, "url": f"{self.proxy}{_REPOSITORY}/issues/{issue}"}
        return self._gone(issue) or Answer(200, {**self._example("issue"), **own})

    def _list(self, asked: Asked) -> Answer:
        issue = int(asked.found[0])
        size, page = int(asked.query.get("per_page", 30)), int(asked.query.get("page", 1))
        if gone := self._gone(issue):
            return gone
        listed = self.comments[issue]
        address = f"{self.proxy}{_REPOSITORY}/issues/{issue}/comments?per_page={size}"
        link = _links(address, page, -(-len(listed) // size))
        shown = listed[(page - 1) * size : page * size]
        return Answer(200, shown, {"Link": link} if link else {})

    def _create(self, asked: Asked) -> Answer:
        issue = int(asked.found[0])
        if issue in self.locked:
            words = "Unable to create comment because issue is locked."
            return Answer(403, {"message": words, **_ABOUT})
        return self._gone(issue) or Answer(201, self.add(issue, asked.given["body"], self.login))

    def _edit(self, asked: Asked) -> Answer:
        there = [each for listed in self.comments.values() for each in listed]
        found = next(each for each in there if each["id"] == int(asked.found[0]))
        found["body"] = asked.given["body"]
        return Answer(200, found)

    def _delete(self, asked: Asked) -> Answer:
        for listed in self.comments.values():
            listed[:] = [each for each in listed if each["id"] != int(asked.found[0])]
        return Answer(204)


def _links(address: str, page: int, last: int) -> str:
    """The Link header of a list (RFC 8288)."""
    pages = {"prev": page - 1, "next": page + 1, "last": last, "first": 1}
    there = {name: at for name, at in pages.items() if 1 <= at <= last and at != page}
    return ", ".join(f'<{address}&page={at}>; rel="{name}"' for name, at in there.items())


@contextmanager
def validated_github(name: str, folder: Path) -> Iterator[Github]:
    """The server behind its validating proxy, ``proxy``."""
    if not PRISM.exists() or not DESCRIPTIONS.exists() or shutil.which("node") is None:
        pytest.skip("Prism and GitHub's description are not there: scripts/test-servers.sh")
    described = description(name)
    (folder / "github.json").write_text(json.dumps(described), "utf-8")
    github = Github(described["components"]["examples"])
    port = free_port()
    github.proxy = f"http://127.0.0.1:{port}"
    with github.serving() as upstream:
        command = [str(PRISM), "proxy", "--errors", "-h", "127.0.0.1", "-p", str(port),
                   "github.json", upstream]  # fmt: skip
        proxy = Server(command, folder, {}, f"{github.proxy}{PREFIX}/user", folder / "prism.log")
        try:
            proxy.start()
            yield github
        finally:
            proxy.stop()
