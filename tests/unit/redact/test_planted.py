"""What must not leave does not, however it is written; ordinary lines stay as they are."""

from __future__ import annotations

import base64
import html
import json
import quopri
import random
import re
from collections.abc import Iterator
from time import process_time
from urllib.parse import quote, unquote_to_bytes

import pytest

from repro.model.observation import Captured, Completed, ProbeObservation
from repro.redact import Outgoing
from repro.redact.known import Redactor
from tests.unit.redact.ordinary import lines
from tests.unit.redact.planted import ENCODINGS, KINDS, Made, some

#: Secrets of each kind in each encoding: over 10,000.
SEEDS = 9
_UNSEEN = re.compile(r"\x1b\[[0-9;]*m|\x1b\][^\x07]*\x07|[\x00\u200b\u202e\xad]")
_ESCAPE = re.compile(r"\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|(.))")
_SIGNS = {"n": "\n", "t": "\t"}


def outgoing() -> Outgoing:
    return Outgoing(Redactor())


def made(kind: str, seed: object) -> Made:
    return KINDS[kind](random.Random(f"{kind} {seed}"))


def unescaped(text: str) -> str:
    return _ESCAPE.sub(
        lambda found: (
            chr(int(found[1] or found[2], 16))
            if found[1] or found[2]
            else _SIGNS.get(found[3], found[3])
        ),
        text,
    )


def from_base64(text: str) -> Iterator[str]:
    """Every stretch that could be base64, from each of four places on."""
    for stretch in re.findall(r"[A-Za-z0-9+/_=\n-]{12,}", text) + re.findall(
        r"[\w+/=-]{12,}", text
    ):
        signs = re.sub(r"[\n=]", "", stretch).translate(str.maketrans("-_", "+/"))
        for skipped in range(4):
            rest = signs[skipped:]
            rest = rest[: len(rest) - (len(rest) % 4 == 1)]
            data = base64.b64decode(rest + "=" * (-len(rest) % 4))
            yield data.replace(b"\0", b"").decode("latin-1")


def readings(text: str) -> Iterator[str]:
    """The text as somebody would read it who looks for a secret in it."""
    clean = _UNSEEN.sub("", text)
    yield from (text, clean, html.unescape(clean), unquote_to_bytes(clean).decode("latin-1"))
    yield quopri.decodestring(clean.encode()).decode("latin-1")
    yield unescaped(clean)
    yield unescaped(unescaped(clean))
    for inner in from_base64(clean):
        yield inner
        if re.fullmatch(r"[A-Za-z0-9+/]{16,}=*", inner):
            yield from from_base64(inner)
    for digits in re.findall(r"(?:[0-9a-fA-F]{2} ?){6,}", clean):
        yield bytes.fromhex(digits).decode("latin-1")


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_planted_is_left_in_a_text(kind: str) -> None:
    cleaner = outgoing()
    for name, encode in ENCODINGS.items():
        for seed in range(SEEDS):
            secret, text = made(kind, f"{name} {seed}")
            encoded = f"begin\n{encode(text, secret)}\nend of it"
            assert any(secret in reading for reading in readings(encoded)), name
            left = cleaner.text(encoded)
            assert not any(secret in reading for reading in readings(left)), (name, encoded, left)
            # The end of base64 looks like a soft line break: then a word more goes.
            assert left.endswith(" of it"), (name, left)
    assert sum(cleaner.counts.values()) >= len(ENCODINGS) * SEEDS


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_planted_is_left_in_values_and_files(kind: str) -> None:
    cleaner = outgoing()
    for seed in range(3):
        secret, text = made(kind, seed)
        output = Captured(text=f"{text}\nmore", size=9999, cut=10, cut_at=len(text) + 1)
        seen = ProbeObservation(
            key="k", node="node", command=text, result=Completed(exit=0, stdout=output)
        )
        left = cleaner.model(seen)
        kept = left.result.stdout
        assert secret not in left.model_dump_json()
        assert kept.cut_at is not None
        assert kept.text[kept.cut_at :] == "more"
        assert secret not in str(cleaner.tree({"lines": [text, {text: 1}], "n": 1}))
        for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1"):
            data = f"Grüße\n{text}\n".encode(encoding)
            decoded = cleaner.file("f", data).decode(encoding)
            assert secret not in decoded
            assert decoded.startswith("Grüße\n")


@pytest.mark.parametrize("width", [72, 80, 120])
@pytest.mark.parametrize("kind", ["github", "pypi", "jwt", "stripe", "gcp key", "openai"])
def test_a_terminal_may_have_wrapped_the_line(kind: str, width: int) -> None:
    for seed in range(20):
        secret, _ = made(kind, seed)
        before = "x" * (width - 12) + " "
        whole = f"{before}{secret} tail"
        wrapped = "\n".join(whole[at : at + width] for at in range(0, len(whole), width))
        left = outgoing().text(wrapped)
        assert secret[:11] not in left
        assert secret[-8:] not in left
        assert left.startswith(before)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_long_value_may_go_on_in_the_lines_below(end: str) -> None:
    value = some(random.Random(5), "0123456789abcdef", 200)
    text = f"SECRET_KEY_BASE={value}"
    lines = [text[at : at + 80] for at in range(0, len(text), 80)]
    left = outgoing().text(end.join([*lines, "next line, 2026-11-22T10:00:00Z"]))
    assert left == f"SECRET_KEY_BASE=[redacted]{end}next line, 2026-11-22T10:00:00Z"


@pytest.mark.parametrize("kind", ["github", "slack", "gitlab", "key"])
def test_what_is_left_of_a_secret_at_a_cut_goes_too(kind: str) -> None:
    secret, text = made(kind, "cut")
    at = text.index(secret) + len(secret) // 2
    output = Captured(text=text, size=5000, cut=100, cut_at=at)
    left = outgoing().model(Completed(exit=0, stdout=output)).stdout
    assert left.cut_at is not None
    assert secret[:8] not in left.text
    assert left.text[: left.cut_at].startswith(text[:8] if kind != "key" else "[redacted]")


def test_ordinary_lines_stay() -> None:
    ordinary = lines()
    cleaner = outgoing()
    touched = [line for line in ordinary if cleaner.text(line) != line]
    assert len(ordinary) >= 20_000
    assert len(touched) * 1000 < len(ordinary), touched[:30]


def test_ordinary_lines_stay_in_one_text() -> None:
    whole = "\n".join(lines())
    left = outgoing().text(whole).split("\n")
    assert len(left) == whole.count("\n") + 1
    touched = sum(old != new for old, new in zip(whole.split("\n"), left, strict=True))
    assert touched * 1000 < len(left)


@pytest.mark.parametrize(
    "piece",
    [
        "a", "\\", "%41", "\x1b[31m", ":", "password", "token: none ",
        "-----BEGIN PRIVATE KEY-----",
        "1.2.3.4 ", '{"key": "v"}, ', "://a:b", "=\n", "&#65;", "curl ", "eyJ", "\x1b]", "ghp_",
        'password="', "=3D", "0f", "a,password\n", "|token|b\n", "<b>", "</b>", "\x9b", "cat key\n",
        "a@b.", "key=", "\\u0041",
    ],
)  # fmt: skip
def test_the_time_it_takes_grows_with_the_length(piece: str) -> None:
    def seconds(size: int) -> float:
        text = piece * (size // len(piece))
        started = process_time()
        outgoing().text(text)
        return process_time() - started

    seconds(20_000)  # what is imported and compiled on first use
    small, large = seconds(30_000), seconds(300_000)
    assert large < 40 * max(small, 0.005)


@pytest.mark.parametrize("sign", ["a", "1", "-", ".", "a1", "1.", "a.", "a-", "=a", "a b", "A/"])
@pytest.mark.parametrize(
    "before",
    ["token=1.1", "password: ", "key=a-1", "Cookie: a=", "//a:", "a@", "10.0.0.", "-u x:", "eyJa."],
)
def test_no_value_keeps_a_pattern_busy(before: str, sign: str) -> None:
    started = process_time()
    outgoing().text(f"x {before}{sign * 2000}! {before}{sign * 2000}\n")
    assert process_time() - started < 5


@pytest.mark.parametrize(
    "name",
    ["パスワード", "暗証番号", "密码", "비밀번호", "Passwort", "contraseña", "password"],
)
def test_names_of_other_languages_say_it_too(name: str) -> None:
    text = f"user: app {name}: Zebra-2026 / port: 1"
    whole = (text, quote(text), json.dumps(text), text.replace(": ", "\uff1a"))
    for encoded in whole[: 3 + (name == "パスワード")]:
        left = outgoing().text(encoded)
        assert "Zebra" not in left
        assert left.endswith(encoded[-6:])
    assert b"Z" not in outgoing().file("f", text.encode("utf-16")).replace(b"\0", b"")


def test_random_base64_is_no_secret() -> None:
    blob = some(
        random.Random(7), "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", 200_000
    )
    assert outgoing().text(blob) == blob
