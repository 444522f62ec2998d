"""Against a real server on loopback, and one look-up each of the public registries."""

from __future__ import annotations

import json
import lzma
import os
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from repro import settings as real_settings
from repro.errors import ServiceError, VersionError
from repro.settings import Mirrors, Proxy, Settings
from repro.versions import check, latest, released

SIMPLE = "application/vnd.pypi.simple.v1+json"


class Registry:
    """Answers GETs from a table: path → (status, content type, body)."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, str, bytes]] = {}
        self.asked: list[str] = []
        registry = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                registry.asked.append(self.path)
                status, kind, body = registry.answers.get(self.path, (404, "text/plain", b"no"))
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def json(self, path: str, content: object, kind: str = "application/json") -> None:
        self.answers[path] = (200, kind, json.dumps(content).encode())


@pytest.fixture
def registry() -> Iterator[Registry]:
    found = Registry()
    thread = threading.Thread(target=found.server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield found
    found.server.shutdown()
    thread.join()
    found.server.server_close()


@pytest.fixture
def settings(registry: Registry, tmp_path: Path) -> Settings:
    mirrors = Mirrors(
        pypi=f"{registry.url}/simple/", npm=f"{registry.url}/npm/", debian=f"{registry.url}/debian"
    )
    return Settings(home=tmp_path / "home", cache=tmp_path / "cache", mirrors=mirrors)


def file(version: str, *, yanked: bool = False, day: int = 1, kind: str = "") -> dict[str, object]:
    name = f"demo-{version}-py3-none-any.whl" if kind == "wheel" else f"demo-{version}.tar.gz"
    return {
        "filename": name,
        "url": f"https://mirror.example/{name}",
        "hashes": {},
        "yanked": yanked,
        "upload-time": f"2024-01-{day:02}T10:00:00.000000Z",
    }


def pypi(registry: Registry, *files: dict[str, object]) -> None:
    content = {"meta": {"api-version": "1.1"}, "name": "demo", "files": list(files)}
    registry.json("/simple/demo/", content, SIMPLE)


class TestPypi:
    def test_order_marks_and_dates(self, registry: Registry, settings: Settings) -> None:
        pypi(
            registry,
            file("1.10", day=4),
            file("1.9", day=3, yanked=True),
            file("1.9", day=2, yanked=True, kind="wheel"),
            file("1.8", yanked=True),
            file("1.8", kind="wheel"),
            file("2.0rc1", day=5),
        )
        found = released("pkg:pypi/demo", settings)
        assert found.versions == ("1.8", "1.9", "1.10", "2.0rc1")
        assert found.stable == ("1.8", "1.10")
        by_version = {one.version: one for one in found.releases}
        assert by_version["1.9"].yanked
        assert by_version["1.9"].date == "2024-01-02T10:00:00+00:00"
        assert by_version["2.0rc1"].prerelease
        assert latest("pkg:pypi/demo", settings) == "1.10"

    def test_only_prereleases(self, registry: Registry, settings: Settings) -> None:
        pypi(registry, file("1.0a1"), file("1.0a2"))
        assert latest("pkg:pypi/demo", settings) == "1.0a2"

    def test_a_package_that_is_not_there(self, settings: Settings) -> None:
        with pytest.raises(VersionError, match="no package none"):
            released("pkg:pypi/none", settings)


class TestNpm:
    def test_order_and_dates(self, registry: Registry, settings: Settings) -> None:
        content = {
            "versions": {"1.10.0": {}, "1.9.0": {}, "2.0.0-beta.1": {}},
            "time": {"1.9.0": "2024-01-02T10:00:00.000Z"},
        }
        registry.json("/npm/@scope%2Fdemo", content)
        found = released("pkg:npm/%40scope/demo", settings)
        assert found.versions == ("1.9.0", "1.10.0", "2.0.0-beta.1")
        assert found.releases[0].date == "2024-01-02T10:00:00.000Z"
        assert found.releases[1].date is None
        assert latest("pkg:npm/%40scope/demo", settings) == "1.10.0"

    def test_a_package_that_is_not_there(self, settings: Settings) -> None:
        with pytest.raises(VersionError, match="no package none"):
            released("pkg:npm/none", settings)


class TestDebian:
    INDEX = """\
Package: demo
Source: demo-src
Description: a demo
 of two lines
Version: 1.0-2+b1
Architecture: amd64

Package: demo-doc
Version: 9.9-1

Package: demo
Version: 1.0~rc1-1
"""
    PURL = "pkg:deb/debian/demo?arch=amd64"

    def test_versions_of_a_suite(self, registry: Registry, settings: Settings) -> None:
        path = "/debian/dists/bookworm/main/binary-amd64/Packages.xz"
        registry.answers[path] = (200, "application/x-xz", lzma.compress(self.INDEX.encode()))
        found = released(self.PURL, settings, suite="bookworm")
        assert found.versions == ("1.0~rc1-1", "1.0-2+b1")
        assert released(f"{self.PURL}&distro=bookworm", settings).versions == found.versions
        assert check(self.PURL, "1.0-2+b1", settings, suite="bookworm")

    def test_an_index_that_is_damaged(self, registry: Registry, settings: Settings) -> None:
        path = "/debian/dists/bookworm/main/binary-amd64/Packages.xz"
        registry.answers[path] = (200, "application/x-xz", b"no xz")
        with pytest.raises(ServiceError, match="cannot be understood"):
            released(self.PURL, settings, suite="bookworm")

    def test_without_a_suite_it_cannot_be_listed(self, settings: Settings) -> None:
        with pytest.raises(ServiceError, match="cannot be listed"):
            released(self.PURL, settings)
        assert check(self.PURL, "1.0-1", settings) is False


class TestCheck:
    def test_the_nearest_are_named(self, registry: Registry, settings: Settings) -> None:
        pypi(registry, *(file(one) for one in ["1.0", "1.1", "1.2", "1.4", "1.5", "1.6"]))
        with pytest.raises(VersionError) as caught:
            check("pkg:pypi/demo", "1.3", settings)
        assert caught.value.what == "demo 1.3 was never released"
        assert caught.value.cause == (
            "the nearest releases are 1.1, 1.2, 1.4, 1.5; the newest is 1.6"
        )

    def test_another_spelling_of_the_same_version(
        self, registry: Registry, settings: Settings
    ) -> None:
        pypi(registry, file("1.0"))
        assert check("pkg:pypi/demo", "1.0.0", settings)

    def test_types_without_a_registry(self, settings: Settings) -> None:
        assert check("pkg:generic/demo", "1.0.0", settings) is False
        with pytest.raises(ServiceError, match="cannot be listed"):
            released("pkg:generic/demo", settings)

    def test_a_list_is_taken_as_it_is(self, registry: Registry, settings: Settings) -> None:
        found = released("pkg:generic/demo", settings, listed=["1.10.0", "1.9.0", "no version"])
        assert found.versions == ("1.9.0", "1.10.0")
        assert registry.asked == []

    def test_no_package_url(self, settings: Settings) -> None:
        with pytest.raises(VersionError, match="is no Package URL"):
            released("redis", settings)


class TestKept:
    PURL = "pkg:pypi/demo"

    def only(self, settings: Settings) -> Path:
        (path,) = (settings.cache / "versions").iterdir()
        return path

    def test_a_second_call_asks_nothing(self, registry: Registry, settings: Settings) -> None:
        pypi(registry, file("1.0"))
        first = released(self.PURL, settings)
        assert released(self.PURL, settings) == first
        assert registry.asked == ["/simple/demo/"]

    def test_after_an_hour_it_is_asked_again(self, registry: Registry, settings: Settings) -> None:
        pypi(registry, file("1.0"))
        released(self.PURL, settings)
        os.utime(self.only(settings), times=(time.time() - 3700,) * 2)
        pypi(registry, file("1.0"), file("1.1"))
        assert released(self.PURL, settings).versions == ("1.0", "1.1")

    def test_what_was_released_once_stays_so(self, registry: Registry, settings: Settings) -> None:
        """An old answer serves to know a version, so a registry in trouble stops nobody."""
        pypi(registry, file("1.0"))
        released(self.PURL, settings)
        os.utime(self.only(settings), times=(time.time() - 10**6,) * 2)
        registry.answers["/simple/demo/"] = (503, "text/plain", b"down")
        assert check(self.PURL, "1.0", settings)
        with pytest.raises(ServiceError):
            check(self.PURL, "1.1", settings)

    def test_a_damaged_file_is_asked_again(self, registry: Registry, settings: Settings) -> None:
        pypi(registry, file("1.0"))
        released(self.PURL, settings)
        self.only(settings).write_text('{"purl": 5')
        assert released(self.PURL, settings).versions == ("1.0",)

    def test_mirrors_are_kept_apart(self, registry: Registry, settings: Settings) -> None:
        pypi(registry, file("1.0"))
        released(self.PURL, settings)
        registry.json("/other/demo/", {"meta": {"api-version": "1.0"}, "name": "demo", "files": []})
        registry.answers["/other/demo/"] = (200, SIMPLE, registry.answers["/other/demo/"][2])
        other = settings.model_copy(update={"mirrors": Mirrors(pypi=f"{registry.url}/other/")})
        assert released(self.PURL, other).versions == ()

    def test_a_cache_that_cannot_be_written(
        self, registry: Registry, settings: Settings, tmp_path: Path
    ) -> None:
        pypi(registry, file("1.0"))
        (tmp_path / "occupied").write_text("")
        without = settings.model_copy(update={"cache": tmp_path / "occupied"})
        assert released(self.PURL, without).versions == ("1.0",)


class TestTrouble:
    """Of the registry or the way there: never an InputError."""

    @pytest.mark.parametrize("purl", ["pkg:pypi/demo", "pkg:npm/demo"])
    @pytest.mark.parametrize(
        "answer",
        [
            (500, "text/plain", b"down"),
            (403, "text/plain", b"forbidden"),
            (200, SIMPLE, b"{"),
            (200, SIMPLE, b'{"meta": {"api-version": "9.0"}, "name": "demo", "files": []}'),
            (200, SIMPLE, b"[]"),
            (200, "image/png", b"\x89PNG"),
        ],
    )
    def test_bad_answers(
        self, registry: Registry, settings: Settings, purl: str, answer: tuple[int, str, bytes]
    ) -> None:
        for path in ("/simple/demo/", "/npm/demo"):
            registry.answers[path] = answer
        with pytest.raises(ServiceError):
            released(purl, settings)

    @pytest.mark.parametrize("purl", ["pkg:pypi/demo", "pkg:npm/demo"])
    def test_nobody_there(self, registry: Registry, settings: Settings, purl: str) -> None:
        mirrors = Mirrors(pypi="http://127.0.0.1:1/simple/", npm="http://127.0.0.1:1")
        with pytest.raises(ServiceError):
            released(purl, settings.model_copy(update={"mirrors": mirrors}))

    @pytest.mark.parametrize("purl", ["pkg:pypi/demo", "pkg:npm/demo"])
    @pytest.mark.parametrize("address", ["no address", "ftp://127.0.0.1/x", "http://"])
    def test_a_mirror_that_is_no_address(self, settings: Settings, purl: str, address: str) -> None:
        mirrors = Mirrors(pypi=address, npm=address)
        with pytest.raises(ServiceError):
            released(purl, settings.model_copy(update={"mirrors": mirrors}))


class TestProxy:
    """The registry's own server stands in: a proxy is asked for the whole address."""

    @pytest.mark.parametrize("purl", ["pkg:pypi/demo", "pkg:npm/demo"])
    def test_it_is_asked(self, registry: Registry, settings: Settings, purl: str) -> None:
        mirrors = Mirrors(pypi="http://mirror.example/simple/", npm="http://mirror.example/npm")
        there = settings.model_copy(
            update={"mirrors": mirrors, "proxy": Proxy(http=registry.url, no_proxy="localhost")}
        )
        with pytest.raises(VersionError):
            released(purl, there)
        assert registry.asked[0].startswith("http://mirror.example/")

    @pytest.mark.parametrize("purl", ["pkg:pypi/demo", "pkg:npm/demo"])
    def test_no_proxy(self, registry: Registry, settings: Settings, purl: str) -> None:
        proxy = Proxy(http="http://127.0.0.1:1", no_proxy="mirror.example,127.0.0.1")
        with pytest.raises(VersionError):
            released(purl, settings.model_copy(update={"proxy": proxy}))
        assert registry.asked


class TestPublicRegistries:
    """Real look-ups."""

    @pytest.fixture
    def public(self, tmp_path: Path) -> Settings:
        return real_settings.load().model_copy(update={"cache": tmp_path})

    def test_pypi(self, public: Settings) -> None:
        found = released("pkg:pypi/redis", public)
        versions = found.versions
        assert versions.index("4.5.3") < versions.index("4.5.4") < versions.index("4.6.0")
        assert next(one for one in found.releases if one.version == "5.0.0b1").prerelease
        with pytest.raises(VersionError, match=r"4\.5\.9 was never released"):
            check("pkg:pypi/redis", "4.5.9", public)

    def test_npm(self, public: Settings) -> None:
        versions = released("pkg:npm/ws", public).versions
        assert versions.index("8.17.0") < versions.index("8.17.1")
        assert check("pkg:npm/ws", "8.17.0", public)
