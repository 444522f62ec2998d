"""Against a registry on loopback that pages and wants tokens; a real one is in tests/e2e."""

from __future__ import annotations

import pytest
from packageurl import PackageURL

from repro.errors import ServiceError, VersionError
from repro.settings import Mirrors, Settings
from repro.versions import check, latest, released
from repro.versions.oci import repositories
from tests.unit.versions.registry import Registry, Reply

TAGS = "/v2/team/demo/tags/list?n=1000"


def purl(registry: Registry, path: str = "team/demo") -> str:
    return f"pkg:oci/demo?repository_url={registry.host}/{path}"


def test_tags_that_are_versions(registry: Registry, settings: Settings) -> None:
    tags = [
        "latest", "1", "1.9", "1.10", "1.9.1", "1.10.0", "v1.11.0", "2.0.0-rc.1", "1.9.0-slim",
        "bookworm", "sha256-0123.sig", "7f3a2c1e", "nightly-2024",
    ]  # fmt: skip
    registry.json(TAGS, {"name": "team/demo", "tags": tags})
    found = released(purl(registry), settings)
    assert found.versions == ("1.9.0-slim", "1.9.1", "1.10.0", "v1.11.0", "2.0.0-rc.1")
    assert found.stable == ("1.9.1", "1.10.0", "v1.11.0")
    assert latest(purl(registry), settings) == "v1.11.0"
    assert check(purl(registry), "1.11.0", settings)
    assert len(registry.asked) == 1


def test_pages(registry: Registry, settings: Settings) -> None:
    second, third = "/v2/team/demo/tags/list?last=b&n=2", f"{registry.url}/v2/team/demo/third"
    registry.json(TAGS, {"tags": ["1.0.0", "1.1.0"]}, Link=f'<{second}>; rel="next"', ETag='"a"')
    registry.json(second, {"tags": ["1.2.0"]}, Link=f'<{third}>; rel="next"')
    registry.json("/v2/team/demo/third", {"tags": None})
    for _ in range(2):
        found = released(purl(registry), settings, max_age=0.0)
        assert found.versions == ("1.0.0", "1.1.0", "1.2.0")
    # The first page's validator says nothing of the others.
    assert len(registry.asked) == 6


def test_one_page_is_asked_for_again_by_its_validator(
    registry: Registry, settings: Settings
) -> None:
    registry.json(TAGS, {"tags": ["1.0.0"]}, ETag='"a"')
    for _ in range(2):
        assert released(purl(registry), settings, max_age=0.0).versions == ("1.0.0",)
    assert registry.statuses == [200, 304]


@pytest.mark.parametrize("following", ["http://127.0.0.1:1/v2/team/demo", "//mirror.example/v2"])
def test_pages_of_another_place_are_not_followed(
    registry: Registry, settings: Settings, following: str
) -> None:
    registry.json(TAGS, {"tags": ["1.0.0"]}, Link=f'<{following}>; rel="next"')
    with pytest.raises(ServiceError, match="goes on at another place"):
        released(purl(registry), settings)


def test_pages_without_end(registry: Registry, settings: Settings) -> None:
    registry.json(TAGS, {"tags": ["1.0.0"]}, Link=f'<{TAGS}>; rel="next"')
    with pytest.raises(ServiceError, match="more than 100 pages"):
        released(purl(registry), settings)


class TestToken:
    """Source: the token specification of the Distribution project."""

    SCOPE = "repository:team/demo:pull,other"
    WHERE = "/token?account=x&service=the+registry&scope=repository%3Ateam%2Fdemo%3Apull%2Cother"

    def challenge(self, registry: Registry, realm: str) -> None:
        told = f'Bearer realm="{realm}",service="the registry",scope="{self.SCOPE}"'
        registry.first[TAGS] = [Reply(401, headers={"WWW-Authenticate": told})]
        registry.json(TAGS, {"tags": ["1.0.0"]})

    @pytest.mark.parametrize("key", ["token", "access_token"])
    def test_it_is_got_and_shown(self, registry: Registry, settings: Settings, key: str) -> None:
        self.challenge(registry, f"{registry.url}/token?account=x")
        registry.json(self.WHERE, {key: "abc"})
        assert released(purl(registry), settings).versions == ("1.0.0",)
        assert registry.asked == [TAGS, self.WHERE, TAGS]
        shown = [headers.get("authorization") for headers in registry.headers]
        assert shown == [None, None, "Bearer abc"]

    @pytest.mark.parametrize("content", [{}, {"token": 5}, {"token": "a\nb"}, [], "abc"])
    def test_it_is_none(self, registry: Registry, settings: Settings, content: object) -> None:
        self.challenge(registry, f"{registry.url}/token?account=x")
        registry.json(self.WHERE, content)
        with pytest.raises(ServiceError, match=r"the token .* cannot be understood"):
            released(purl(registry), settings)

    def test_it_is_not_asked_for_in_the_open(self, registry: Registry, settings: Settings) -> None:
        self.challenge(registry, "http://mirror.example/token")
        with pytest.raises(ServiceError, match="cannot be read"):
            released(purl(registry), settings)
        assert registry.asked == [TAGS]

    @pytest.mark.parametrize("told", ["Basic realm=x", "Negotiate", "", "Bearer", "Bearer =,=,x"])
    def test_another_kind_of_login(self, registry: Registry, settings: Settings, told: str) -> None:
        registry.answers[TAGS] = Reply(401, headers={"WWW-Authenticate": told})
        with pytest.raises(ServiceError) as caught:
            released(purl(registry), settings)
        assert caught.value.cause == "its registry wants a login of another kind"

    def test_it_is_not_enough(self, registry: Registry, settings: Settings) -> None:
        told = f'Bearer realm="{registry.url}/token"'
        registry.answers[TAGS] = Reply(401, headers={"WWW-Authenticate": told})
        registry.json("/token", {"token": "abc"})
        with pytest.raises(ServiceError) as caught:
            released(purl(registry), settings)
        assert caught.value.cause == "its registry wants a login"
        assert len(registry.asked) == 3


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b'{"tags": "1.0"}', b'{"tags": [1.0]}', b'{"errors": []}']
)
def test_answers_that_are_none(registry: Registry, settings: Settings, body: bytes) -> None:
    registry.answers[TAGS] = Reply(body=body)
    with pytest.raises(ServiceError, match="cannot be understood"):
        released(purl(registry), settings)


def test_a_repository_that_is_not_there(registry: Registry, settings: Settings) -> None:
    with pytest.raises(VersionError, match=f"no image repository {registry.host}/team/none"):
        released(f"pkg:docker/team/none?repository_url={registry.host}", settings)


@pytest.mark.parametrize(
    ("purl", "mirror", "expected"),
    [
        ("pkg:oci/demo?repository_url=reg.example/team/demo", None, ["reg.example/team/demo"]),
        ("pkg:oci/demo?repository_url=https://reg.example/team", None, ["reg.example/team/demo"]),
        ("pkg:docker/team/demo?repository_url=reg.example", None, ["reg.example/team/demo"]),
        ("pkg:docker/demo", None, []),
        ("pkg:docker/team/demo", "http://mirror.example/hub/", ["mirror.example/hub/team/demo"]),
        (
            "pkg:oci/demo?repository_url=reg.example:5000/demo",
            "mirror.example",
            ["mirror.example/reg.example:5000/demo", "reg.example:5000/demo"],
        ),
        ("pkg:oci/demo?repository_url=localhost:5000/demo", "mirror.example",
         ["localhost:5000/demo"]),
        ("pkg:oci/demo?repository_url=[::1]:5000/demo", "mirror.example", ["[::1]:5000/demo"]),
    ],
)  # fmt: skip
def test_where_it_may_be(
    settings: Settings, purl: str, mirror: str | None, expected: list[str]
) -> None:
    there = settings.model_copy(update={"mirrors": Mirrors(images=mirror)})
    assert repositories(PackageURL.from_string(purl), there) == expected


def test_without_a_registry_it_cannot_be_listed(settings: Settings) -> None:
    with pytest.raises(ServiceError, match="cannot be listed") as caught:
        released("pkg:docker/demo", settings)
    assert "repository_url" in caught.value.cause
    assert check("pkg:docker/demo", "1.0", settings) is False


def test_the_mirror_has_it_under_the_same_name(registry: Registry, settings: Settings) -> None:
    there = settings.model_copy(update={"mirrors": Mirrors(images=f"{registry.host}/hub")})
    registry.json("/v2/hub/team/demo/tags/list?n=1000", {"tags": ["1.0.0"]})
    assert released("pkg:docker/team/demo", there).versions == ("1.0.0",)
