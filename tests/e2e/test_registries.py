"""Releases as real registries list them: Debian's docker-registry, on loopback."""

from __future__ import annotations

import hashlib
import json
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from repro.errors import ServiceError, VersionError
from repro.settings import Mirrors, Settings
from repro.versions import choose, released
from tests.registry_server import registry_in

VERSIONS = [f"1.{minor}.{patch}" for minor in range(12) for patch in range(4)]
TAGS = [*VERSIONS, *(f"1.{minor}" for minor in range(12)), "latest", "nightly", "2.0.0-rc.1"]


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Its address.  ``team/demo`` there has one image under each of the tags."""
    with registry_in(tmp_path_factory.mktemp("registry")) as host:
        with httpx.Client(base_url=f"http://{host}/v2/", trust_env=False) as client:
            _push(client, "team/demo", TAGS)
        yield host


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", cache=tmp_path / "cache")


def _push(client: httpx.Client, name: str, tags: list[str]) -> None:
    """An image without layers.  Source: the OCI distribution and image specifications."""
    config = b"{}"
    digest = f"sha256:{hashlib.sha256(config).hexdigest()}"
    started = client.post(f"{name}/blobs/uploads/").raise_for_status()
    where = httpx.URL(started.headers["location"]).copy_merge_params({"digest": digest})
    binary = {"content-type": "application/octet-stream"}
    client.put(where, content=config, headers=binary).raise_for_status()
    kind = "application/vnd.docker.distribution.manifest.v2+json"
    manifest = {
        "schemaVersion": 2,
        "mediaType": kind,
        "config": {
            "mediaType": "application/vnd.docker.container.image.v1+json",
            "size": len(config),
            "digest": digest,
        },
        "layers": [],
    }
    body = json.dumps(manifest)
    for tag in tags:
        answer = client.put(f"{name}/manifests/{tag}", content=body, headers={"content-type": kind})
        answer.raise_for_status()


def test_tags_that_are_versions(registry: str, settings: Settings) -> None:
    """This registry tells all tags in one page; pages are in tests/unit/versions."""
    for purl in (
        f"pkg:oci/demo?repository_url={registry}/team/demo",
        f"pkg:docker/team/demo?repository_url={registry}",
    ):
        found = released(purl, settings)
        assert found.stable == tuple(VERSIONS)
        assert found.versions == (*VERSIONS, "2.0.0-rc.1")
        assert choose("latest:2,vers:generic/<1.0.2", found) == (
            "1.0.0", "1.0.1", "1.11.2", "1.11.3",
        )  # fmt: skip


def test_through_the_mirror(registry: str, settings: Settings) -> None:
    there = settings.model_copy(update={"mirrors": Mirrors(images=registry)})
    assert released("pkg:docker/team/demo", there).stable == tuple(VERSIONS)


def test_what_is_not_there(registry: str, settings: Settings) -> None:
    with pytest.raises(VersionError, match="there is no image repository"):
        released(f"pkg:oci/none?repository_url={registry}/team/none", settings)


def test_a_registry_that_is_not_there(settings: Settings) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{probe.getsockname()[1]}"
    with pytest.raises(ServiceError, match="the list of the tags of"):
        released(f"pkg:oci/demo?repository_url={host}/team/demo", settings)
