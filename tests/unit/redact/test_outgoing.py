"""One redaction for texts, values and files; what was replaced is counted, never told."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repro.errors import BinaryFileError
from repro.model.observation import Captured, Completed
from repro.model.record import HistoryRun
from repro.redact import Outgoing
from repro.redact.known import MARK, Redactor
from repro.settings import RedactSettings, Settings

TOKEN = "ghp_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"


def of(home: Path, environ: dict[str, str] | None = None, *secrets: str, **redact: Any) -> Outgoing:
    settings = Settings(home=home, cache=home, redact=RedactSettings(**redact))
    return Outgoing.of(settings, secrets, environ or {})


def test_a_known_secret_is_found_in_every_form(tmp_path: Path) -> None:
    cleaner = of(tmp_path, {"API_TOKEN": "zebra zebra"}, "kiwi")
    hidden = b"zebra zebra".hex(" ")
    text = f"kiwi, zebra zebra, zebra%20zebra, &#122;ebra zebra, {hidden}"
    assert cleaner.text(text) == ", ".join([MARK] * 5)
    assert cleaner.counts == {"known": 5}


def test_names_get_the_same_stand_in_in_all_reports(tmp_path: Path) -> None:
    redact: dict[str, Any] = {
        "hosts": ("db1", ".acme.test"), "users": ("alice",), "addresses": True, "emails": True,
    }  # fmt: skip
    text = (
        "alice@db1 (10.1.2.3, fd00::7) wrote to Bob.Ray@acme.test from /home/alice via x.acme.test"
    )
    first = of(tmp_path, **redact).text(text)
    assert first == (
        "user-1@host-1 (192.0.2.1, 2001:db8::1) wrote to person-1@example.com "
        "from /home/user-1 via host-2.example.com"
    )
    later = of(tmp_path, **redact)
    assert later.text("10.1.2.4 is not 10.1.2.3; ALICE is Alice") == (
        "192.0.2.2 is not 192.0.2.1; user-1 is user-1"
    )
    assert later.text(first) == first
    assert later.counts == {"address": 2, "user": 2}


def test_a_name_that_is_encoded_is_replaced_too(tmp_path: Path) -> None:
    cleaner = of(tmp_path, emails=True)
    assert cleaner.text("to=bob%40acme.test&n=1") == f"to={MARK}&n=1"
    assert cleaner.text("Ym9iQGFjbWUudGVzdCBib2JAYWNtZS50ZXN0") == MARK


def test_without_settings_names_stay(tmp_path: Path) -> None:
    text = "bob@acme.test on 10.1.2.3"
    assert of(tmp_path).text(text) == text
    assert not (tmp_path / "redacted.json").exists()


def test_values_by_their_names(tmp_path: Path) -> None:
    cleaner = of(tmp_path)
    tree = {
        "env": {"DB_PASSWORD": "hunter22", "PATH": "/bin", "TOKEN_COUNT": "12345678"},
        "argv": ["deploy", "--token", "a1b2c3d4e5", "--verbose"],
        "password": None,
        "vars": {"admin_password": {"value": "kiwi-kiwi-7", "secret": True}},
        "passwords": ["kiwi-kiwi-8", {"value": "kiwi-kiwi-9"}],
        "packages": {"passwd": "1:4.13+dfsg1-1", "base-passwd": "3.6.1"},
    }
    left = cleaner.tree(tree)
    assert left["env"] == {"DB_PASSWORD": MARK, "PATH": "/bin", "TOKEN_COUNT": "12345678"}
    assert left["argv"] == ["deploy", "--token", MARK, "--verbose"]
    assert left["packages"] is tree["packages"]
    assert left["vars"] == {"admin_password": {"value": MARK, "secret": True}}
    assert left["passwords"] == [MARK, {"value": MARK}]
    assert cleaner.counts == {"password": 5}


def test_what_has_nothing_to_hide_stays_the_same_object(tmp_path: Path) -> None:
    run = Completed(exit=0, stdout=Captured(text="fine\n", size=5))
    assert of(tmp_path).model(run) is run


def test_words_of_our_own_stay(tmp_path: Path) -> None:
    run = HistoryRun(
        run="20261122-051000-x-0a1b", case="x", title=f"said {TOKEN}", os="debian-12", version="1",
        topology="single", backend="docker", verdict="reproduced", reason="reproduced",
        started="2026-11-22T05:10:00+00:00", seconds=1.5, version_seen=None, interrupted=False,
        folder="/home/alice/runs/x",
    )  # fmt: skip
    left = of(tmp_path, users=("reproduced", "alice")).model(run)
    assert (left.verdict, left.run, left.seconds) == (run.verdict, run.run, run.seconds)
    assert (left.title, left.folder) == (f"said {MARK}", "/home/user-2/runs/x")


@given(
    st.dictionaries(
        st.text(max_size=8), st.text(max_size=30) | st.integers() | st.none(), max_size=5
    )
)
def test_what_leaves_twice_is_as_it_left_once(tree: dict[str, Any]) -> None:
    cleaner = Outgoing(Redactor(["hunter"]))
    once = cleaner.tree({**tree, "x": f"hunter {TOKEN}"})
    assert cleaner.tree(once) == once
    assert json.dumps(once).count(MARK) >= 2


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1"]
)
def test_a_file_keeps_its_encoding(encoding: str, tmp_path: Path) -> None:
    text = (
        f"é: {TOKEN}\r\nplain line, as it was\r\n" if encoding != "latin-1" else f"é {TOKEN} ü\r\n"
    )
    data = of(tmp_path).file("app.log", text.encode(encoding))
    assert data == text.replace(TOKEN, MARK).encode(encoding)


def test_a_file_without_secrets_is_the_same_to_the_byte(tmp_path: Path) -> None:
    for data in (b"", b"\xff\xfe", b"caf\xe9\r\n", "ä\n".encode("utf-16"), b"a\x1b[1mb\r\n\x08c"):
        assert of(tmp_path).file("f", data) == data


@pytest.mark.parametrize(
    "data",
    [
        gzip.compress(b"text", mtime=0),
        b"\x7fELF\x02\x01\0\0",
        b"a\0b",
        bytes(range(256)),
        b"PK\x03\x04",
    ],
    ids=["gzip", "elf", "nul", "all", "zip"],
)
def test_what_is_no_text_is_refused(data: bytes, tmp_path: Path) -> None:
    cleaner = of(tmp_path)
    with pytest.raises(BinaryFileError, match="core is no text"):
        cleaner.file("core", data)
    assert cleaner.file("core", data, binary=True) == data


def test_known_values_are_overwritten_in_a_binary_file(tmp_path: Path) -> None:
    cleaner = of(tmp_path, {}, "pässwort-1")
    forms = [b"\x7fELF\0" + "pässwort-1".encode(each) for each in ("utf-8", "utf-16-le")]
    left = [cleaner.file("core", form, binary=True) for form in forms]
    assert left == [b"\x7fELF\0" + b"*" * size for size in (11, 20)]
    assert cleaner.counts == {"known": 2}


def test_importing_what_a_run_needs_imports_no_detector() -> None:
    import subprocess
    import sys

    code = (
        "import sys; from repro.redact import Outgoing; from repro.redact.known import Redactor;"
        "Outgoing(Redactor()).text('GET /a 200\\n' * 500); print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"detect_secrets", "requests", "filelock"} & set(done.stdout.split())
