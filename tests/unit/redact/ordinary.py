"""Lines as logs, package managers and programs print them: nothing in them is to be hidden."""

from __future__ import annotations

import base64
import importlib.metadata
import inspect
import json
import random
import re
import string
import traceback
import uuid
from collections.abc import Iterator
from pathlib import Path

from tests.support import ROOT

HEX = "0123456789abcdef"
WORDS = [
    "server",
    "worker",
    "request",
    "index",
    "cache",
    "queue",
    "session",
    "table",
    "column",
    "release",
    "package",
    "module",
    "handler",
    "socket",
    "thread",
    "buffer",
    "record",
    "schema",
    "branch",
    "commit",
    "filter",
    "router",
    "parser",
    "lexer",
    "monitor",
    "cluster",
]

#: What is in braces is made up anew for each line.
LOGS = (
    '{ip} - - [{date}] "GET /{word}/{n}?page={n}&sort=asc HTTP/1.1" 200 {n} "-" "curl/7"',
    '{ip} - {word} [{date}] "POST /v1/{word} HTTP/2.0" 500 {n} "https://www.example.com/"',
    "{time} UTC [{n}] LOG:  duration: {n}.{n} ms  statement: SELECT {word} WHERE id = {n}",
    '{time} UTC [{n}] ERROR:  relation "{word}_{word}" does not exist at character {n}',
    "{time} UTC [{n}] DETAIL:  Key (id)=({n}) already exists.",
    "{time},{n} INFO  [main] com.example.{word}.{Word}Service - Started {Word}Service in {n} ms",
    "{time},{n} WARN  [http-nio-8080-exec-{n}] o.a.c.{Word} - token {n} of {n} skipped",
    "\tat com.example.{word}.{Word}.handle({Word}.java:{n}) ~[app-{n}.{n}.{n}.jar:{n}.{n}.{n}]",
    "Caused by: java.lang.IllegalStateException: no {word} for key {word}.{word}.{n}",
    "Nov 22 05:0{n} host systemd[1]: Started {word}.service - {Word} of the {word}.",
    "Nov 22 05:0{n} host kernel: [{n}.{n}] {word}: port {n}(veth{hex7}) entered blocking state",
    "Nov 22 05:0{n} host sshd[{n}]: Failed password for invalid user {word} from {ip} port {n}",
    "Nov 22 05:0{n} host sshd[{n}]: Accepted publickey for {word} from {ip}: ED25519 SHA256:{b64}",
    "ii  lib{word}{n}:amd64   {n}.{n}.{n}+dfsg-{n}+deb12u{n}  amd64  {word} library (runtime)",
    "ii  {word}-{word}-dev    {n}:{n}.{n}.{n}~rc{n}-{n}ubuntu{n}.{n}   all   {word} for {word}",
    "Unpacking lib{word}-secret-1-0:amd64 ({n}.{n}-{n}) over ({n}.{n}-{n}) ...",
    "{word}-{n}.{n}.{n}-{n}.el9_4.x86_64",
    "{word}=={n}.{n}.{n}.post{n} --hash=sha256:{sha256}",
    '"{word}": {{"version": "{n}.{n}.{n}", "integrity": "sha512-{sha512}", "dev": true}},',
    "{sha256}  dist/{word}-{n}.{n}.{n}-py3-none-any.whl",
    "{md5}  usr/share/doc/{word}/copyright",
    "Digest: sha256:{sha256}",
    '"dpkg": {{"passwd": "{n}:{n}.13+dfsg1-1+deb12u2", "libsecret-1-0": "0.{n}.{n}-3"}}',
    "commit {sha1}",
    "index {hex7}..{hex7} 100644",
    "Merge branch '{word}/{word}-{n}' into main ({hex7})",
    "run 20261122-0510{n}-{word}-{word}-{hex4} of {uuid} took {n} s",
    "X-Request-Id: {uuid}",
    'ETag: W/"{hex7}-{n}"',
    "{word} {word} {text64} {word}",
    "Content-Type: multipart/form-data; boundary=----WebKitFormBoundary{b16}",
    "E   AssertionError: assert {{'{word}': {n}, 'token': None}} == {{'token': {n}}}",
    "    {word} = self.{word}.get(key, default={word}.{Word}({n}))",
    '  File "/usr/lib/python3.11/{word}/{word}.py", line {n}, in {word}_{word}',
    "password for user {word}:",
    "error: unexpected token '{word}' at line {n}, column {n}",
    "DEBUG tokenizer: {n} tokens, secret sauce: none, keys: {n}",
    "npm warn deprecated {word}@{n}.{n}.{n}: use @{word}/{word} instead",
    "PASS tests/{word}.test.js ({n}.{n} s)   pass: {n} fail: {n} skip: {n}",
    'kubelet[{n}]: I1122 05:10:0{n}.{n} {n} {word}.go:{n}] pod="default/{word}-{hex7}-{b5}"',
    "GET https://registry.example.com/v2/{word}/manifests/sha256:{sha256} 404 Not Found",
    "#{n} {n}.{n} Get:{n} http://deb.example.com bookworm/main amd64 lib{word} amd64 {n}.{n}",
    "0x00007f{hex7}{hex4} in {word}_{word} () from /lib/x86_64-linux-gnu/lib{word}.so.{n}",
    "{ip}:{n} -> {ip}:{n} {word} seq {n} ack {n} win {n}",
)  # fmt: skip


def _fields(r: random.Random) -> dict[str, object]:
    def some(signs: str, count: int) -> str:
        return "".join(r.choices(signs, k=count))

    b64 = string.ascii_letters + string.digits + "+/"
    sentence = " ".join(r.choices(WORDS, k=6)).encode()
    return {
        "ip": ".".join(str(r.randrange(256)) for _ in range(4)),
        "date": f"22/Nov/2026:05:{r.randrange(10, 60)}:{r.randrange(10, 60)} +0000",
        "time": f"2026-11-{r.randrange(10, 30)} 05:{r.randrange(10, 60)}:{r.randrange(10, 60)}.123",
        "sha256": some(HEX, 64),
        "sha512": some(b64, 86) + "==",
        "sha1": some(HEX, 40),
        "md5": some(HEX, 32),
        "hex7": some(HEX, 7),
        "hex4": some(HEX, 4),
        "b64": some(b64, 43),
        "b16": some(b64[:62], 16),
        "b5": some(string.ascii_lowercase, 5),
        "uuid": uuid.UUID(int=r.getrandbits(128), version=4),
        "text64": base64.b64encode(sentence).decode(),
    }


def logs(count: int) -> Iterator[str]:
    """Made from the forms above."""
    r = random.Random(4)
    for number in range(count):
        fields = _fields(r)
        line = LOGS[number % len(LOGS)]
        line = re.sub(r"(?<!\{)\{n\}", lambda _: str(r.randrange(10 ** r.randrange(1, 6))), line)
        line = re.sub(r"(?<!\{)\{word\}", lambda _: r.choice(WORDS), line)
        line = re.sub(r"(?<!\{)\{Word\}", lambda _: r.choice(WORDS).title(), line)
        yield line.format(**fields)


def installed() -> Iterator[str]:
    """As package managers list what is installed, with its digests."""
    for each in sorted(importlib.metadata.distributions(), key=lambda each: each.name):
        yield f"{each.name}=={each.version}"
        yield from (each.read_text("METADATA") or "").splitlines()[:60]
        yield from (each.read_text("RECORD") or "").splitlines()[:150]


def tracebacks() -> Iterator[str]:
    """Of programs that failed, in several ways."""
    for failing in (
        lambda: json.loads('{"token": "abc", '),
        lambda: {"password": 1}["secret"],
        lambda: int("0xdeadbeef"),
        lambda: Path("/nowhere/credentials.json").read_text(),
        lambda: base64.b64decode("=a"),
        lambda: importlib.metadata.version("no-such-package"),
    ):
        try:
            failing()
        except Exception:  # noqa: BLE001
            yield from traceback.format_exc().splitlines()


def sources() -> Iterator[str]:
    """Programs, and what this project keeps as data."""
    for module in (json.decoder, traceback, inspect, random, importlib.metadata):
        yield from inspect.getsource(module).splitlines()
    for path in sorted((ROOT / "tests" / "golden").rglob("*.json")):
        yield from path.read_text("utf-8").splitlines()


def lines() -> list[str]:
    """All of them."""
    return [*logs(16_000), *installed(), *tracebacks(), *sources()]
