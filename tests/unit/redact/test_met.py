"""Secrets in the places where support cases have them."""

from __future__ import annotations

import base64
import json
import random

import pytest

from repro.redact import Outgoing
from repro.redact.known import MARK, Redactor
from tests.unit.redact.met import PASSWORDS, TABLES, TOKENS, password, token

SEEDS = 4


@pytest.mark.parametrize("form", TOKENS)
def test_tokens_go(form: str) -> None:
    _gone([token(form, random.Random(f"{form} {seed}")) for seed in range(SEEDS)])


@pytest.mark.parametrize("form", PASSWORDS)
def test_passwords_go(form: str) -> None:
    _gone([password(form, random.Random(f"{form} {seed}")) for seed in range(SEEDS)])


@pytest.mark.parametrize("form", TABLES)
def test_columns_go(form: str) -> None:
    for seed in range(SEEDS):
        secret, table = password(form, random.Random(f"{form} {seed}"))
        for text in (table, f"before\n{table}\nafter"):
            assert Outgoing(Redactor()).text(text) == text.replace(secret, MARK)


def _gone(planted: list[tuple[str, str]]) -> None:
    cleaner = Outgoing(Redactor())
    for secret, text in planted:
        assert secret in text
        for encoded in (text, f"before\n{text}\nafter", json.dumps({"out": text})):
            assert secret not in cleaner.text(encoded), encoded
        packed = base64.b64encode(text.encode()).decode()
        assert packed[8:-8] not in cleaner.text(packed)


@pytest.mark.parametrize(
    "line",
    [
        "PASS tests/unit2.test.js (1.2 s)",
        "locks are identified by the file",
        "password for user alice:",
        "pod secret my-secret-tls is mounted",
        "the token is invalid",
        "cookie policy: none, session: 12",
        "default login shell: /bin/bash",
        "echo done | tee log2.txt",
        "zip -r a.zip b && unzip -l a.zip",
        "docker run -p 8080:80 web",
        "curl -u $USER:$PASSWORD https://h",
        "PWD=/home/alice/src2",
        "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "00000000: 7f45 4c46 0201 0100 0000 0000 0000 0000  .ELF............",
        "[1, 2, 3, 100, 200, 255, 0, 12, 44, 9]",
        "community support: see the forum2024 pages",
        '"value": "eu-central-1", "type": "string", "sensitive": false',
        "user, password\nbob, unchanged\nann, 1.2.3-4",
        "the cell says |password| and 4b|x86_64|",
        "cat tokens.py\ndef token4(value):",
        "keys: api key, access key\nprivate key: /etc/ssl/private/host1.key",
        "a table on >=3.8 is the access key of release-2024.11.22",
        "kind: Secrets of a good kitchen\ndata:\n  a: b",
        "https://docs.example.com:8443/a@b/c?key=short",
    ],
)
def test_what_is_ordinary_stays(line: str) -> None:
    assert Outgoing(Redactor()).text(line) == line
