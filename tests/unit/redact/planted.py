"""Secrets of many kinds, made up but in the form of real ones, and ways to encode text."""

from __future__ import annotations

import base64
import html
import json
import quopri
import random
import string
from collections.abc import Callable
from urllib.parse import quote

LETTERS = string.ascii_letters + string.digits
HEX = "0123456789abcdef"
URLSAFE = LETTERS + "-_"
BASE64 = LETTERS + "+/"
UPPER = string.ascii_uppercase + string.digits

Made = tuple[str, str]
"""A secret, and the text that it stands in."""
Maker = Callable[[random.Random], Made]


def some(r: random.Random, signs: str, count: int) -> str:
    return "".join(r.choices(signs, k=count))


def password(r: random.Random) -> str:
    """Letters and at least two digits, as people choose them."""
    word = some(r, string.ascii_letters, r.randint(6, 12))
    return word + some(r, string.digits, r.randint(2, 4)) + r.choice("!_.x")


def _token(prefix: str, signs: str, count: int) -> Maker:
    def make(r: random.Random) -> Made:
        secret = prefix + some(r, signs, count)
        return secret, f"step 3 printed {secret} and went on"

    return make


def _named(form: str, value: Callable[[random.Random], str] = password) -> Maker:
    def make(r: random.Random) -> Made:
        secret = value(r)
        return secret, form.replace("SECRET", secret)

    return make


def _of(signs: str, count: int) -> Callable[[random.Random], str]:
    return lambda r: "a1B" + some(r, signs, count - 3)


def _jwt(r: random.Random) -> Made:
    parts = ({"alg": "HS256", "typ": "JWT"}, {"sub": some(r, HEX, 12), "iat": r.randrange(2**31)})
    coded = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts
    ]
    secret = ".".join([*coded, some(r, URLSAFE, 43)])
    return secret, f"token from the browser: {secret}"


def _pem(kind: str) -> Maker:
    def make(r: random.Random) -> Made:
        lines = [some(r, BASE64, 64) for _ in range(12)] + [some(r, BASE64, 30) + "=="]
        body = "\n".join(lines)
        return body, f"-----BEGIN {kind}PRIVATE KEY-----\n{body}\n-----END {kind}PRIVATE KEY-----"

    return make


def _basic(r: random.Random) -> Made:
    secret = base64.b64encode(f"admin:{password(r)}".encode()).decode()
    return secret, f"> Authorization: Basic {secret}"


def _docker(r: random.Random) -> Made:
    secret = base64.b64encode(f"robot:{password(r)}".encode()).decode()
    return secret, f'{{"auths": {{"registry.example.com": {{"auth": "{secret}"}}}}}}'


def _crypt(r: random.Random) -> Made:
    secret = f"$6${some(r, LETTERS, 12)}${some(r, LETTERS + './', 86)}"
    return secret, f"deploy:{secret}:19858:0:99999:7:::"


def _sendgrid(r: random.Random) -> Made:
    secret = f"SG.{some(r, URLSAFE, 22)}.{some(r, URLSAFE, 43)}"
    return secret, f"mailer started with {secret}"


def _telegram(r: random.Random) -> Made:
    secret = f"{r.randrange(10**9, 10**10)}:AA{some(r, URLSAFE, 33)}"
    return secret, f"GET /bot{secret}/getMe HTTP/1.1"


#: By the name of the kind.
KINDS: dict[str, Maker] = {
    "jwt": _jwt,
    "rsa key": _pem("RSA "),
    "key": _pem(""),
    "ssh key": _pem("OPENSSH "),
    "aws id": _token("AKIA", UPPER, 16),
    "aws secret": _named("aws_secret_access_key = SECRET", _of(BASE64, 40)),
    "gcp key": _token("AIza", URLSAFE, 35),
    "azure storage": _named(
        "DefaultEndpointsProtocol=https;AccountName=logs;AccountKey=SECRET;EndpointSuffix=x",
        lambda r: some(r, BASE64, 86) + "==",
    ),
    "github": _token("ghp_", LETTERS, 36),
    "github fine": _token("github_pat_", LETTERS + "_", 60),
    "gitlab": _token("glpat-", URLSAFE, 20),
    "slack": _named("it says SECRET is not allowed",
                    lambda r: f"xoxb-{some(r, string.digits, 12)}-{some(r, LETTERS, 24)}"),
    "slack hook": _named("POST https://hooks.slack.com/services/SECRET 404",
                         lambda r: f"T{some(r, UPPER, 9)}/B{some(r, UPPER, 9)}/{some(r, HEX, 24)}"),
    "stripe": _token("sk_live_", LETTERS, 24),
    "twilio": _token("SK", HEX, 32),
    "sendgrid": _sendgrid,
    "npm": _token("npm_", LETTERS, 36),
    "pypi": _token("pypi-AgEIcHlwaS5vcmc", URLSAFE, 80),
    "openai": _token("sk-proj-", LETTERS, 48),
    "hugging face": _token("hf_", string.ascii_letters, 34),
    "digitalocean": _token("dop_v1_", HEX, 64),
    "vault": _token("hvs.", LETTERS, 24),
    "docker hub": _token("dckr_pat_", URLSAFE, 27),
    "telegram": _telegram,
    "shopify": _token("shpat_", HEX, 32),
    "bearer": _named("Authorization: Bearer SECRET", _of(LETTERS, 40)),
    "basic": _basic,
    "docker config": _docker,
    "url": _named("could not connect to postgresql://app:SECRET@db.example.com:5432/app"),
    "cookie": _named("Cookie: lang=en; sid=SECRET; theme=dark", _of(LETTERS, 32)),
    "set-cookie": _named("< Set-Cookie: JSESSIONID=SECRET; Path=/; HttpOnly", _of(UPPER, 32)),
    "env": _named("export DB_PASSWORD=SECRET"),
    "yaml": _named("database:\n  user: app\n  password: SECRET\n  port: 5432"),
    "json": _named('{"user": "app", "password": "SECRET", "port": 5432}'),
    "python": _named("client = Client(host='db', password='SECRET')"),
    "xml": _named("<server><username>ci</username><password>SECRET</password></server>"),
    "option": _named("+ deploy --user ci --password SECRET --verbose"),
    "ado": _named("Server=db.example.com;User Id=app;Password=SECRET;Encrypt=yes"),
    "netrc": _named("machine api.example.com login bob password SECRET"),
    "pgpass": _named("db.example.com:5432:app:owner:SECRET"),
    "crypt": _crypt,
    "api key": _named("X-Api-Key: SECRET", _of(HEX, 32)),
    "client secret": _named('"client_secret":"SECRET"', _of(URLSAFE, 36)),
    "query": _named("GET /v1/items?page=2&access_token=SECRET&sort=asc HTTP/1.1", _of(LETTERS, 32)),
    "curl": _named("+ curl -sS -u admin:SECRET https://api.example.com/v1"),
    "german": _named("Benutzer: app, Kennwort: SECRET"),
    "sql": _named("CREATE USER app IDENTIFIED BY 'SECRET'"),
}  # fmt: skip


def _within(text: str, secret: str, sign: str) -> str:
    """The sign in the middle of the secret."""
    middle = text.index(secret) + len(secret) // 2
    return text[:middle] + sign + text[middle:]


def _wrapped(text: str, size: int) -> str:
    return "\n".join(text[at : at + size] for at in range(0, len(text), size))


def _b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


#: Name → how a text with a secret in it is encoded.
ENCODINGS: dict[str, Callable[[str, str], str]] = {
    "plain": lambda text, _: text,
    "json": lambda text, _: json.dumps({"out": text}),
    "json twice": lambda text, _: json.dumps({"out": json.dumps({"out": text})}),
    "percent": lambda text, _: quote(text, safe=""),
    "percent, all": lambda text, _: "".join(f"%{byte:02x}" for byte in text.encode()),
    "html": lambda text, _: html.escape(text),
    "html, all": lambda text, _: "".join(f"&#{ord(sign)};" for sign in text),
    "html, hex": lambda text, _: "".join(f"&#x{ord(sign):x};" for sign in text),
    r"\x": lambda text, _: "".join(f"\\x{byte:02x}" for byte in text.encode()),
    r"\u": lambda text, _: "".join(f"\\u{ord(sign):04x}" for sign in text),
    "base64": lambda text, _: f"data: {_b64(text)}",
    "base64, urlsafe": lambda text, _: base64.urlsafe_b64encode(text.encode()).decode(),
    "base64, in lines": lambda text, _: _wrapped(_b64("x " * 40 + text), 76),
    "base64 in a path": lambda text, _: f"/var/lib/x/{_b64(text)}",
    "base64 twice": lambda text, _: _b64(_b64(text)),
    "base64 of utf-16": lambda text, _: base64.b64encode(text.encode("utf-16-le")).decode(),
    "hex": lambda text, _: text.encode().hex(),
    "hex, in bytes": lambda text, _: text.encode().hex(" ").upper(),
    "quoted-printable": lambda text, _: quopri.encodestring(text.encode()).decode(),
    "utf-16 le": lambda text, _: text.encode("utf-16-le").decode("latin-1"),
    "utf-16 be": lambda text, _: text.encode("utf-16-be").decode("latin-1"),
    "colour": lambda text, secret: _within(text, secret, "\x1b[0;31m"),
    "title": lambda text, secret: _within(text, secret, "\x1b]0;a title\x07"),
    "zero width": lambda text, secret: _within(text, secret, "\u200b"),
    "direction": lambda text, secret: _within(text, secret, "\u202e"),
    "soft hyphen": lambda text, secret: _within(text, secret, "\xad"),
}
