"""Releases of a container image: those tags of its repository that are versions."""

from __future__ import annotations

import ipaddress
import json
import re
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit
from urllib.request import parse_http_list

from repro.errors import ServiceError, VersionError
from repro.settings import Settings
from repro.versions.release import Found, Release
from repro.versions.web import UNKNOWN, Answer, Validators, get

#: Bytes of one page of tags.
_LIMIT = 16 * 1024 * 1024
#: Tags asked for in one page, and pages read at most.
_PAGE, _PAGES = 1000, 100
_UNAUTHORIZED = 401
#: ``1.2.3``, ``v1.2``, ``3.13.0rc1``, ``1.2.3-alpine``; not ``latest``, dates with words, digests.
_VERSION = re.compile(
    r"v?\d+(\.\d+)*((a|b|c|rc|alpha|beta)\d*)?([-+_.][\w.+-]*)?", re.ASCII | re.IGNORECASE
)


def repositories(parsed: Any, settings: Settings) -> list[str]:
    """``HOST/PATH`` of each place that a parsed Package URL's image may be at, in order.

    As when images are pulled, the mirror of the settings has it under the name that it has
    without: ``mirrors.images`` / name.  Empty where nothing names a registry.
    Source: the Package URL types ``oci`` and ``docker``.
    """
    where = _bare((parsed.qualifiers or {}).get("repository_url", ""))
    name = "/".join(part for part in (parsed.namespace, parsed.name) if part)
    if parsed.type == "oci" and where.rpartition("/")[2].lower() == parsed.name:
        name = where
    elif where:
        name = f"{where}/{name}"
    own = [name] if _is_host(name.partition("/")[0]) else []
    mirror = _bare(settings.mirrors.images or "")
    if not mirror or (own and _is_loopback(own[0])):
        return own
    return [f"{mirror}/{name}", *own]


def ask(places: list[str], settings: Settings, known: Validators) -> Found | None:
    """The tags that are versions, from the first place that has them; None: they still stand.

    Raises VersionError when no place has such a repository, ServiceError on any trouble.
    """
    for place in places:
        # What is known is known of one place only.
        reader = _Reader(place, settings, known if len(places) == 1 else UNKNOWN)
        tags = reader.tags()
        if reader.unchanged:
            return None
        if tags is not None:
            return Found([Release(version=one) for one in _versions(tags)], reader.validators)
    raise VersionError(
        f"there is no image repository {' or '.join(places)}", action="correct `product`"
    )


def _versions(tags: list[str]) -> list[str]:
    """Without those that move: ``1.2`` stands for the newest of ``1.2.0``, ``1.2.1`` …."""
    longer = {".".join(parts[:n]) for tag in tags for parts in [tag.split(".")]
              for n in range(1, len(parts))}  # fmt: skip
    return [tag for tag in dict.fromkeys(tags) if _VERSION.fullmatch(tag) and tag not in longer]


class _Reader:
    """Reads the tags of one repository, with a token where its registry wants one.

    Source: the OCI distribution specification, "listing tags"; RFC 6750 and the token
    specification of the Distribution project.
    """

    def __init__(self, place: str, settings: Settings, known: Validators) -> None:
        host, _, self.name = place.partition("/")
        self.base = f"{'http' if _is_loopback(host) else 'https'}://{host}"
        self.what = f"the list of the tags of {place}"
        self.settings = settings
        self.known = known
        self.unchanged = False
        self.validators = UNKNOWN
        self._headers = {"accept": "application/json"}

    def tags(self) -> list[str] | None:
        """All tags; None where there is no such repository, or where nothing changed."""
        found: list[str] = []
        url: str | None = f"{self.base}/v2/{self.name}/tags/list?n={_PAGE}"
        for page in range(_PAGES):
            answer = self._get(url or "", UNKNOWN if page else self.known)
            if answer is None:
                return None
            if answer.unchanged:
                self.unchanged = True
                return None
            found += self._read(answer)
            url = self._following(answer)
            if url is None:
                # Several pages have no validator together.
                self.validators = UNKNOWN if page else answer.validators
                return found
        raise ServiceError(f"{self.what} has more than {_PAGES} pages")

    def _get(self, url: str, known: Validators) -> Answer | None:
        answer = self._once(url, known)
        if answer is not None and answer.status == _UNAUTHORIZED:
            token = self._token(answer.headers.get("www-authenticate", ""))
            self._headers["authorization"] = f"Bearer {token}"
            answer = self._once(url, known)
        if answer is not None and answer.status == _UNAUTHORIZED:
            raise ServiceError(
                f"{self.what} cannot be read",
                cause="its registry wants a login",
                action="list the releases in the product's profile",
            )
        return answer

    def _once(self, url: str, known: Validators) -> Answer | None:
        return get(
            url,
            self.settings,
            what=self.what,
            limit=_LIMIT,
            headers=self._headers,
            known=known,
            expected=(_UNAUTHORIZED,),
        )

    def _token(self, challenge: str) -> str:
        """An anonymous one, from where the registry says."""
        kind, _, rest = challenge.partition(" ")
        pairs = (item.partition("=") for item in parse_http_list(rest))
        fields = {key.strip().lower(): value.strip('"') for key, _, value in pairs}
        realm = urlsplit(fields.get("realm", ""))
        safe = realm.scheme == "https" or (realm.scheme == "http" and _is_loopback(realm.netloc))
        if kind.lower() != "bearer" or not safe:
            raise ServiceError(
                f"{self.what} cannot be read", cause="its registry wants a login of another kind"
            )
        wanted = [(key, fields[key]) for key in ("service", "scope") if key in fields]
        query = "&".join(part for part in (realm.query, urlencode(wanted)) if part)
        what = f"the token for {self.what}"
        answer = get(realm._replace(query=query).geturl(), self.settings, what=what, limit=_LIMIT)
        content = _json(answer.body, what) if answer is not None else {}
        token = content.get("token") or content.get("access_token")
        if not isinstance(token, str) or not token.isascii() or not token.isprintable():
            raise ServiceError(f"{what} cannot be understood")
        return token

    def _read(self, answer: Answer) -> list[str]:
        tags = _json(answer.body, self.what).get("tags", ...) or []
        if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
            raise ServiceError(f"{self.what} cannot be understood", cause="it names no tags")
        return tags

    def _following(self, answer: Answer) -> str | None:
        """The next page's address, which must be the same registry's: it gets the token."""
        if answer.following is None:
            return None
        url = urljoin(answer.url, answer.following)
        if not url.startswith(f"{self.base}/"):
            raise ServiceError(f"{self.what} goes on at another place, which is not followed")
        return url


def _json(body: bytes, what: str) -> dict[str, Any]:
    try:
        content = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ServiceError(f"{what} cannot be understood", cause=str(error)) from error
    if not isinstance(content, dict):
        raise ServiceError(f"{what} cannot be understood", cause="it is no mapping")
    return content


def _bare(address: str) -> str:
    return address.rpartition("://")[2].strip("/")


def _is_host(part: str) -> bool:
    """As container engines tell a registry from the first part of a name."""
    return "." in part or ":" in part or part == "localhost"


def _is_loopback(place: str) -> bool:
    host = urlsplit(f"//{place.partition('/')[0]}").hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
