"""Against a real server that is slow, short of breath or out of its mind."""

from __future__ import annotations

import datetime as dt
import subprocess
import time
from email.utils import format_datetime
from pathlib import Path

import pytest

from repro.errors import ServiceError
from repro.settings import Settings
from repro.versions.web import Answer, Patience, Validators, get, shown
from tests.unit.versions.registry import Registry, Reply, serving

QUICK = Patience(pause=0.01)
IMPATIENT = Patience(timeout=2, pause=0.01)
FINE = Reply(kind="text/plain", body=b"all is well")


def ask(registry: Registry, settings: Settings, **rest: object) -> Answer | None:
    keys = {"what": "the page", "limit": 1000, "patience": QUICK, **rest}
    return get(f"{registry.url}/page", settings, **keys)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "trouble",
    [
        Reply(500),
        Reply(503, headers={"Retry-After": "0"}),
        Reply(429, headers={"Retry-After": "nonsense"}),
        Reply(body=b"all is " * 10, half=True),
        Reply(drop=True),
        Reply(hang=True),
        Reply(kind="text/plain", body=b"no gzip", headers={"Content-Encoding": "gzip"}),
    ],
    ids=["500", "503", "429", "half", "drop", "hang", "garbled"],
)
def test_trouble_that_passes(registry: Registry, settings: Settings, trouble: Reply) -> None:
    registry.answers["/page"] = FINE
    registry.first["/page"] = [trouble, trouble]
    answer = ask(registry, settings, patience=IMPATIENT if trouble.hang else QUICK)
    assert answer is not None
    assert answer.body == b"all is well"
    assert len(registry.asked) == 3


@pytest.mark.parametrize("trouble", [Reply(502), Reply(body=b"1234", half=True), Reply(drop=True)])
def test_trouble_that_stays(registry: Registry, settings: Settings, trouble: Reply) -> None:
    registry.answers["/page"] = trouble
    with pytest.raises(ServiceError, match="the page cannot be read") as caught:
        ask(registry, settings)
    assert "(3 tries)" in caught.value.cause
    assert len(registry.asked) == 3


@pytest.mark.parametrize("status", [400, 401, 403, 418, 204, 304])
def test_what_another_try_would_not_change(
    registry: Registry, settings: Settings, status: int
) -> None:
    registry.answers["/page"] = Reply(status)
    with pytest.raises(ServiceError, match="cannot be read") as caught:
        ask(registry, settings)
    assert str(status) in caught.value.cause
    assert len(registry.asked) == 1


@pytest.mark.parametrize("status", [404, 410])
def test_what_is_not_there(registry: Registry, settings: Settings, status: int) -> None:
    registry.answers["/page"] = Reply(status)
    assert ask(registry, settings) is None
    assert len(registry.asked) == 1


def test_a_certificate_that_nobody_vouches_for(settings: Settings, tmp_path: Path) -> None:
    """Another try would not change it."""
    with (
        serving(certificate=_own_certificate(tmp_path)) as registry,
        pytest.raises(ServiceError, match="the page cannot be read") as caught,
    ):
        ask(registry, settings)
    assert "CERTIFICATE_VERIFY_FAILED" in caught.value.cause
    assert "CA" in caught.value.action
    assert "tries" not in caught.value.cause


def test_a_certificate_that_the_settings_vouch_for(settings: Settings, tmp_path: Path) -> None:
    certificate = _own_certificate(tmp_path)
    trusting = settings.model_copy(update={"ca_bundle": certificate})
    with serving(certificate=certificate) as registry:
        registry.answers["/page"] = FINE
        answer = ask(registry, trusting)
    assert answer is not None
    assert answer.body == b"all is well"


def _own_certificate(folder: Path) -> Path:
    """Key and certificate of 127.0.0.1, in one file."""
    path, key = folder / "own.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=x",
         "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", path],
        check=True, capture_output=True,
    )  # fmt: skip
    path.write_bytes(key.read_bytes() + path.read_bytes())
    return path


class TestRetryAfter:
    def test_it_is_waited_for(self, registry: Registry, settings: Settings) -> None:
        registry.answers["/page"] = FINE
        registry.first["/page"] = [Reply(429, headers={"Retry-After": "1"})]
        began = time.monotonic()
        assert ask(registry, settings) is not None
        assert time.monotonic() - began >= 1

    @pytest.mark.parametrize("as_date", [False, True])
    def test_but_not_for_long(self, registry: Registry, settings: Settings, as_date: bool) -> None:
        then = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=120)
        after = format_datetime(then, usegmt=True) if as_date else "120"
        registry.answers["/page"] = Reply(429, headers={"Retry-After": after})
        with pytest.raises(ServiceError) as caught:
            ask(registry, settings)
        assert caught.value.cause == "the answer is 429 Too Many Requests"
        assert "try again in 1" in caught.value.action
        assert len(registry.asked) == 1

    def test_a_date_that_is_past(self, registry: Registry, settings: Settings) -> None:
        registry.answers["/page"] = FINE
        after = "Wed, 21 Oct 2015 07:28:00 GMT"
        registry.first["/page"] = [Reply(503, headers={"Retry-After": after})]
        assert ask(registry, settings) is not None


class TestBounds:
    def test_of_the_body(self, registry: Registry, settings: Settings) -> None:
        registry.answers["/page"] = Reply(body=b"x" * 1001)
        with pytest.raises(ServiceError, match="longer than 1000 bytes"):
            ask(registry, settings)
        assert len(registry.asked) == 1

    def test_of_all_the_time(self, registry: Registry, settings: Settings) -> None:
        registry.answers["/page"] = Reply(500)
        with pytest.raises(ServiceError) as caught:
            ask(registry, settings, patience=Patience(pause=0.2, whole=0.1))
        assert "tries" not in caught.value.cause
        assert len(registry.asked) == 1


class TestConditional:
    @pytest.mark.parametrize(
        ("header", "known"),
        [
            ("ETag", Validators(etag='"a"')),
            ("Last-Modified", Validators(modified="Wed, 21 Oct 2015 07:28:00 GMT")),
        ],
    )
    def test_unchanged(
        self, registry: Registry, settings: Settings, header: str, known: Validators
    ) -> None:
        value = known.etag or known.modified
        registry.answers["/page"] = Reply(body=b"body", headers={header: value})
        first = ask(registry, settings)
        assert first is not None
        assert first.validators == known
        assert not first.unchanged
        again = ask(registry, settings, known=first.validators)
        assert again is not None
        assert again.unchanged
        assert again.body == b""

    def test_changed(self, registry: Registry, settings: Settings) -> None:
        registry.answers["/page"] = Reply(body=b"new", headers={"ETag": '"b"'})
        answer = ask(registry, settings, known=Validators(etag='"a"'))
        assert answer is not None
        assert (answer.body, answer.validators.etag) == (b"new", '"b"')


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://me:secret@mirror.example/x@y", "https://mirror.example/x@y"),
        ("https://mirror.example/x", "https://mirror.example/x"),
        ("no address", "no address"),
    ],
)
def test_passwords_are_not_shown(url: str, expected: str) -> None:
    assert shown(url) == expected
