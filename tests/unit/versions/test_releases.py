"""Against a real server on loopback, and one look-up each of the public registries."""

from __future__ import annotations

import lzma
import os
import time
from pathlib import Path

import pytest

from repro import settings as real_settings
from repro.errors import ServiceError, VersionError
from repro.model.profile import ReleaseSource
from repro.settings import Mirrors, Proxy, Settings
from repro.versions import check, debian, latest, released
from tests.unit.versions.registry import SIMPLE, Registry, Reply, file, pypi


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
        registry.answers[path] = Reply(200, "application/x-xz", lzma.compress(self.INDEX.encode()))
        found = released(self.PURL, settings, suite="bookworm")
        assert found.versions == ("1.0~rc1-1", "1.0-2+b1")
        assert released(f"{self.PURL}&distro=bookworm", settings).versions == found.versions
        assert check(self.PURL, "1.0-2+b1", settings, suite="bookworm")

    def test_its_updates_are_asked_for_too(self, registry: Registry, settings: Settings) -> None:
        def index(version: str) -> Reply:
            stanza = f"Package: demo\nVersion: {version}\n\n"
            return Reply(kind="application/x-xz", body=lzma.compress(stanza.encode()))

        secure = f"{registry.url}/secure"
        mirrors = settings.mirrors.model_copy(update={"debian_security": secure})
        there = settings.model_copy(update={"mirrors": mirrors})
        for path, version in {
            "debian/dists/bookworm": "1.0-1",
            "debian/dists/bookworm-updates": "1.0-1",
            "secure/dists/bookworm-security": "1.0-1+deb12u1",
        }.items():
            registry.answers[f"/{path}/main/binary-amd64/Packages.xz"] = index(version)
        assert released(self.PURL, there, suite="bookworm").versions == ("1.0-1", "1.0-1+deb12u1")
        assert len(registry.asked) == 3
        assert latest(self.PURL, there, suite="bookworm") == "1.0-1+deb12u1"
        assert len(registry.asked) == 3

    def test_a_package_that_is_not_there(self, registry: Registry, settings: Settings) -> None:
        path = "/debian/dists/bookworm/main/binary-amd64/Packages.xz"
        registry.answers[path] = Reply(200, "application/x-xz", lzma.compress(b"Package: other\n"))
        with pytest.raises(VersionError, match="bookworm has no package demo"):
            released(self.PURL, settings, suite="bookworm")

    def test_a_suite_that_is_not_there(self, settings: Settings) -> None:
        with pytest.raises(ServiceError, match="the package index of nonesuch is not at"):
            released(self.PURL, settings, suite="nonesuch")

    def test_other_vendors_are_not_asked_for_at_debian(self, settings: Settings) -> None:
        with pytest.raises(ServiceError, match="cannot be listed"):
            released("pkg:deb/ubuntu/demo", settings, suite="noble")

    @pytest.mark.parametrize("cut", [10, -10])
    def test_an_index_that_is_cut_off(
        self, registry: Registry, settings: Settings, cut: int
    ) -> None:
        path = "/debian/dists/bookworm/main/binary-amd64/Packages.xz"
        body = lzma.compress(self.INDEX.encode() * 100)[:cut]
        registry.answers[path] = Reply(200, "application/x-xz", body)
        with pytest.raises(ServiceError, match="cannot be understood"):
            released(self.PURL, settings, suite="bookworm")

    def test_an_index_that_is_damaged(self, registry: Registry, settings: Settings) -> None:
        path = "/debian/dists/bookworm/main/binary-amd64/Packages.xz"
        registry.answers[path] = Reply(200, "application/x-xz", b"no xz")
        with pytest.raises(ServiceError, match="cannot be understood"):
            released(self.PURL, settings, suite="bookworm")

    def test_the_mirror_of_this_machine_serves_where_the_settings_name_none(
        self,
        registry: Registry,
        settings: Settings,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        path = "/debian/dists/trixie/main/binary-amd64/Packages.xz"
        registry.answers[path] = Reply(200, "application/x-xz", lzma.compress(self.INDEX.encode()))
        said = f"Vendor Vendor http://192.0.2.1/\nDebian Debian {registry.url}/debian\n"
        program = tmp_path / "apt-get"
        program.write_text(f"#!/bin/sh\nprintf '%s' '{said}'\n", "utf-8")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
        debian.apt_mirrors.cache_clear()
        try:
            unset = settings.model_copy(update={"mirrors": Mirrors()})
            found = released(self.PURL, unset, suite="trixie")
            program.unlink()
            debian.apt_mirrors.cache_clear()
            monkeypatch.setenv("PATH", str(tmp_path))
            with pytest.raises(ServiceError, match="cannot be listed"):
                released(self.PURL, unset, suite="trixie")
        finally:
            debian.apt_mirrors.cache_clear()
        assert found.versions == ("1.0~rc1-1", "1.0-2+b1")

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
        source = ReleaseSource(listed=("1.10.0", "1.9.0", "no version"))
        found = released("pkg:generic/demo", settings, source=source)
        assert found.versions == ("1.9.0", "1.10.0")
        assert latest("pkg:generic/demo", settings, source=source) == "1.10.0"
        assert check("pkg:generic/demo", "1.9", settings, source=source)
        with pytest.raises(VersionError, match="was never released"):
            check("pkg:generic/demo", "1.8", settings, source=source)
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
        registry.answers["/simple/demo/"] = Reply(503, "text/plain", b"down")
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
        empty = {"meta": {"api-version": "1.0"}, "name": "demo", "files": []}
        registry.json("/other/demo/", empty, SIMPLE)
        other = settings.model_copy(update={"mirrors": Mirrors(pypi=f"{registry.url}/other/")})
        assert released(self.PURL, other).versions == ()

    def test_a_cache_that_cannot_be_written(
        self, registry: Registry, settings: Settings, tmp_path: Path
    ) -> None:
        pypi(registry, file("1.0"))
        (tmp_path / "occupied").write_text("")
        without = settings.model_copy(update={"cache": tmp_path / "occupied"})
        assert released(self.PURL, without).versions == ("1.0",)


class TestAskedAgain:
    """What is kept is asked for again by its validators, and never lost."""

    PURL = "pkg:pypi/demo"

    def test_unchanged(self, registry: Registry, settings: Settings) -> None:
        pypi(registry, file("1.0"), ETag='"a"')
        first = released(self.PURL, settings)
        sent = registry.sent
        assert released(self.PURL, settings, max_age=0.0) == first
        assert registry.statuses == [200, 304]
        assert registry.sent == sent

    def test_an_old_one_that_still_stands_is_as_good_as_new(
        self, registry: Registry, settings: Settings
    ) -> None:
        pypi(registry, file("1.0"), Last_Modified="Wed, 21 Oct 2015 07:28:00 GMT")
        released(self.PURL, settings)
        (path,) = (settings.cache / "versions").iterdir()
        os.utime(path, times=(time.time() - 3700,) * 2)
        for _ in range(3):
            assert released(self.PURL, settings).versions == ("1.0",)
        assert registry.statuses == [200, 304]

    def test_changed(self, registry: Registry, settings: Settings) -> None:
        pypi(registry, file("1.0"), ETag='"a"')
        released(self.PURL, settings)
        pypi(registry, file("1.0"), file("1.1"), ETag='"b"')
        assert released(self.PURL, settings, max_age=0.0).versions == ("1.0", "1.1")
        assert released(self.PURL, settings, max_age=0.0).versions == ("1.0", "1.1")
        assert registry.statuses == [200, 200, 304]

    def test_npm_too(self, registry: Registry, settings: Settings) -> None:
        registry.json("/npm/demo", {"versions": {"1.0.0": {}}}, ETag='W/"a"')
        for _ in range(2):
            assert released("pkg:npm/demo", settings, max_age=0.0).versions == ("1.0.0",)
        assert registry.statuses == [200, 304]

    def test_without_validators_it_is_asked_for_as_a_whole(
        self, registry: Registry, settings: Settings
    ) -> None:
        pypi(registry, file("1.0"))
        for _ in range(2):
            assert released(self.PURL, settings, max_age=0.0).versions == ("1.0",)
        assert registry.statuses == [200, 200]

    @pytest.mark.parametrize(
        "trouble",
        [
            Reply(500),
            Reply(429, headers={"Retry-After": "999"}),
            Reply(404),
            Reply(200, SIMPLE, b'{"meta"', headers={"ETag": '"b"'}),
            Reply(200, "text/html", b"<title>Log in</title><a href='/login'>here</a>"),
            Reply(200, SIMPLE, b"x" * 100, half=True),
            Reply(drop=True),
        ],
    )
    def test_trouble_damages_nothing_that_is_kept(
        self, registry: Registry, settings: Settings, trouble: Reply
    ) -> None:
        pypi(registry, file("1.0"), ETag='"a"')
        first = released(self.PURL, settings)
        (path,) = (settings.cache / "versions").iterdir()
        kept, when = path.read_bytes(), path.stat().st_mtime_ns
        fine, registry.answers["/simple/demo/"] = registry.answers["/simple/demo/"], trouble
        with pytest.raises((ServiceError, VersionError)):
            released(self.PURL, settings, max_age=0.0)
        assert [one.name for one in path.parent.iterdir()] == [path.name]
        assert (path.read_bytes(), path.stat().st_mtime_ns) == (kept, when)
        assert released(self.PURL, settings) == first
        registry.answers["/simple/demo/"] = fine
        assert released(self.PURL, settings, max_age=0.0) == first
        assert registry.statuses[-1] == 304

    def test_a_version_that_came_out_since(self, registry: Registry, settings: Settings) -> None:
        """An answer of some minutes ago does not say that there is none."""
        pypi(registry, file("1.0"))
        released(self.PURL, settings)
        (path,) = (settings.cache / "versions").iterdir()
        os.utime(path, times=(time.time() - 300,) * 2)
        pypi(registry, file("1.0"), file("1.1"))
        assert check(self.PURL, "1.1", settings)

    def test_a_clock_that_was_ahead(self, registry: Registry, settings: Settings) -> None:
        pypi(registry, file("1.0"))
        released(self.PURL, settings)
        (path,) = (settings.cache / "versions").iterdir()
        os.utime(path, times=(time.time() + 10**6,) * 2)
        released(self.PURL, settings)
        assert len(registry.asked) == 2


class TestHtml:
    """The older form of the Python package index."""

    PAGE = b"<!DOCTYPE html><a href='demo-1.0.tar.gz'>demo-1.0.tar.gz</a>"

    def test_it_is_read(self, registry: Registry, settings: Settings) -> None:
        registry.answers["/simple/demo/"] = Reply(200, "text/html; charset=utf-8", self.PAGE)
        assert released("pkg:pypi/Demo", settings).versions == ("1.0",)

    def test_an_index_without_files_says_that_it_is_one(
        self, registry: Registry, settings: Settings
    ) -> None:
        page = b"<meta name='pypi:repository-version' content='1.0'>"
        registry.answers["/simple/demo/"] = Reply(200, "text/html", page)
        assert released("pkg:pypi/demo", settings).versions == ()

    @pytest.mark.parametrize(
        "page", [b"", b"<a href='/login'>log in</a>", b"<a href='x.zip'>x</a>"]
    )
    def test_any_other_page_is_none(
        self, registry: Registry, settings: Settings, page: bytes
    ) -> None:
        registry.answers["/simple/demo/"] = Reply(200, "text/html", page)
        with pytest.raises(ServiceError, match="cannot be understood") as caught:
            released("pkg:pypi/demo", settings)
        assert "login page" in caught.value.cause


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
            (200, SIMPLE, b"[" * 100_000),
            (200, SIMPLE, b'{"versions": ["1.0"], "files": 5}'),
            (200, SIMPLE, b'{"versions": {"1.0": {}}, "time": {"1.0": 5}, "files": [5]}'),
            (200, "text/html", b"<html><body>Please log in</body></html>"),
            (200, "image/png", b"\x89PNG"),
        ],
    )
    def test_bad_answers(
        self, registry: Registry, settings: Settings, purl: str, answer: tuple[int, str, bytes]
    ) -> None:
        for path in ("/simple/demo/", "/npm/demo"):
            registry.answers[path] = Reply(*answer)
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
